// Answering a message: the quote of it, live and after a reload, and without a line.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, fill, offer, register, waits, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const box = (/** @type {Page} */ page) => page.getByRole("textbox", { name: "Message" })
const bar = (/** @type {Page} */ page) => page.locator(".composer-reply")
const send = (/** @type {Page} */ page) => page.getByRole("button", { name: "Send" }).click()
const quote = (/** @type {Page} */ page, /** @type {string} */ text) => bubbles(page, text).locator(".quote")

/** Two people in a conversation that begins with "Is it there?". */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Lamp")).id, "Is it there?")
  for (const page of [seller, buyer]) {
    await page.goto(url)
    await connected(page)
  }
  return { url, id: /** @type {string} */ (url.match(/(\d+)\/$/)?.[1]) }
}

/** Chooses Reply in the menu of a message, as a mouse does. */
async function reply(/** @type {Page} */ page, /** @type {string} */ text) {
  const message = bubbles(page).filter({ has: page.locator(".text", { hasText: text }) })
  await message.hover()
  await message.getByRole("button", { name: "Message options" }).click()
  await message.getByRole("button", { name: "Reply" }).click()
  await expect(bar(page)).toBeVisible()
  await expect(box(page)).toBeFocused()
}

test("an answer shows what it answers, as that is now, to both", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url, id } = await two(seller, buyer)
  await reply(seller, "Is it there?")
  await expect(bar(seller)).toContainText("Aarav Is it there?")
  expect(await violations(seller)).toEqual([])
  await box(seller).fill("Yes, come")
  await seller.reload() // the draft keeps what it answers
  await connected(seller)
  await expect(bar(seller)).toContainText("Is it there?")
  await expect(box(seller)).toHaveValue("Yes, come")
  await send(seller)
  await expect(bar(seller)).toBeHidden()
  for (const page of [seller, buyer])
    await expect(quote(page, "Yes, come")).toHaveText("In reply to Aarav Is it there?")

  // An answer to the answer, begun while that is edited.
  await reply(buyer, "Yes, come")
  await box(seller).press("ArrowUp")
  await box(seller).fill("Yes, come at six")
  await box(seller).press("Enter")
  await expect(bar(buyer)).toContainText("Yes, come at six")
  await box(buyer).fill("Fine")
  await send(buyer)
  await expect(quote(seller, "Fine")).toContainText("Meera Yes, come at six")

  // Edited and deleted afterwards: the quotes follow, and the page of the server agrees.
  const [first] = (await call(buyer, "GET", `/api/v1/conversations/${id}/messages`)).messages
  const path = `/api/v1/conversations/${id}/messages/${first.message_id}`
  await call(buyer, "PATCH", path, { message: "Is the lamp there?" })
  for (const page of [seller, buyer])
    await expect(quote(page, "Yes, come at six").first()).toContainText("Aarav Is the lamp there?")
  await call(buyer, "DELETE", path)
  for (const page of [seller, buyer]) {
    await expect(quote(page, "Yes, come at six").first()).toHaveText("In reply to Aarav This message was deleted")
    await page.goto(url)
    await expect(quote(page, "Yes, come at six").first()).toHaveText("In reply to Aarav This message was deleted")
    await expect(quote(page, "Fine")).toContainText("Meera Yes, come at six")
  }
  expect(await violations(buyer)).toEqual([])
})

test("a quote leads to what it is of, on this page or another, and without a script", async ({
  page: seller,
  newPerson,
  browser,
}) => {
  const buyer = await newPerson()
  const { url, id } = await two(seller, buyer)
  await fill(buyer, id, 120)
  await expect(seller.locator('.message[data-seq="121"]')).toHaveCount(1) // and nothing moves any more
  await reply(seller, "Line 120")
  await box(seller).fill("Near")
  await send(seller)
  await quote(seller, "Near").click()
  const near = bubbles(seller, "Line 120").first()
  await expect(near.locator(".bubble")).toBeFocused()
  await expect(near).toHaveAttribute("data-shown", "")
  await box(seller).focus()
  await expect(near).not.toHaveAttribute("data-shown")

  const [first] = (await call(seller, "GET", `/api/v1/conversations/${id}/messages?after=0&limit=1`)).messages
  await call(seller, "POST", `/api/v1/conversations/${id}/messages`, {
    client_id: "far",
    message: "Far",
    reply_to: first.message_id,
  })
  await seller.goto(url)
  await connected(seller)
  await expect(seller.locator(`#m${first.message_id}`)).toHaveCount(0) // it is further up than this page
  await quote(seller, "Far").focus()
  await seller.keyboard.press("Enter")
  await expect(seller).toHaveURL(new RegExp(`message=${first.message_id}#m${first.message_id}$`))
  await expect(seller.locator(`#m${first.message_id}`)).toBeInViewport()

  const plain = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await seller.context().storageState(),
  })
  const still = await plain.newPage()
  await still.goto(new URL(url, seller.url()).href)
  await quote(still, "Far").click()
  await expect(still.locator(`#m${first.message_id}`)).toBeInViewport()
  await plain.close()
})

test("an answer that was written without a line arrives once, and as a plain message when what it answers is gone", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/)
  const buyer = await newPerson()
  const { url, id } = await two(seller, buyer)
  const [first] = (await call(buyer, "GET", `/api/v1/conversations/${id}/messages`)).messages
  await seller.context().setOffline(true)
  await expect(seller.locator("line-badge")).toHaveAttribute("data-state", /reconnecting|disconnected/, {
    timeout: 60_000,
  })
  await reply(seller, "Is it there?")
  await box(seller).fill("It is")
  await send(seller)
  await waits(seller, "It is")
  await expect(quote(seller, "It is")).toContainText("Aarav Is it there?")
  await seller.context().setOffline(false)
  await seller.goto(url) // a new page takes up what the last one has left
  await expect(bubbles(seller, "It is")).toHaveAttribute("data-state", /sent|delivered|read/)
  for (const page of [seller, buyer]) {
    await expect(bubbles(page)).toHaveCount(2)
    await expect(quote(page, "It is")).toContainText("Aarav Is it there?")
  }
  const { messages } = await call(seller, "GET", `/api/v1/conversations/${id}/messages`)
  expect(messages.map((/** @type {any} */ one) => one.reply_to?.message_id)).toEqual([undefined, first.message_id])

  await seller.context().setOffline(true)
  await expect(seller.locator("line-badge")).toHaveAttribute("data-state", /reconnecting|disconnected/, {
    timeout: 60_000,
  })
  await reply(seller, "Is it there?")
  await box(seller).fill("Come and see")
  await send(seller)
  await call(buyer, "DELETE", `/api/v1/conversations/${id}/messages/${first.message_id}`)
  await seller.context().setOffline(false)
  const failed = bubbles(seller, "Come and see")
  await expect(failed).toHaveAttribute("data-state", "failed", { timeout: 60_000 })
  await expect(failed).toContainText("The message that this answers was deleted. Send it without the quote.")
  await expect(failed.locator(".quote")).toHaveCount(0)
  await failed.getByRole("button", { name: "Retry" }).click()
  await expect(bubbles(buyer, "Come and see")).toHaveCount(1)
  await expect(quote(buyer, "Come and see")).toHaveCount(0)
})

test("a finger that pulls a message aside answers it, and one that scrolls does not", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await two(seller, buyer)
  await write(seller, "Yes")
  const theirs = bubbles(buyer, "Yes").locator(".bubble")
  const { x = 0, y = 0 } = (await theirs.boundingBox()) ?? {}
  const touch = await buyer.context().newCDPSession(buyer)
  const drag = async (/** @type {number} */ dx, /** @type {number} */ dy) => {
    const at = (/** @type {number} */ n) => [{ x: x + 20 + (dx * n) / 8, y: y + 10 + (dy * n) / 8 }]
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) })
    for (let n = 1; n <= 8; n++) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(n) })
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] })
  }
  await drag(30, 0) // not far enough
  await drag(-100, 0) // the other way
  await drag(20, -200)
  await expect(bar(buyer)).toBeHidden()
  await drag(100, 0)
  await expect(bar(buyer)).toContainText("Meera Yes")
  expect((await theirs.boundingBox())?.x).toBe(x) // it went back
})
