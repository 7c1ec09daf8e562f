// Reactions: for both people live, by mouse, keyboard and finger, made offline, and how many there may be.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

/** Two people in a conversation, with the buyer's message "Sold?". */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Lamp")).id, "Sold?")
  for (const page of [seller, buyer]) {
    await page.goto(url)
    await connected(page)
  }
  return url
}

const reaction = (/** @type {Page} */ page, /** @type {string} */ emoji) =>
  bubbles(page, "Sold?").locator(`.reaction[data-emoji="${emoji}"]`)

/** Opens the six of a message, as a mouse does. */
async function six(/** @type {Page} */ page, text = "Sold?") {
  const message = bubbles(page, text)
  await message.locator(".bubble").hover()
  await message.getByRole("button", { name: "React", exact: true }).click()
  return message.getByRole("group", { name: "React", exact: true })
}

/** Opens the dialog with all emoji. */
async function picker(/** @type {Page} */ page) {
  await (await six(page)).getByRole("button", { name: "All emoji" }).click()
  const dialog = page.getByRole("dialog", { name: "Choose an emoji" })
  await expect(dialog.getByRole("searchbox", { name: "Search emoji" })).toBeFocused()
  return dialog
}

test("a reaction shows to both, is counted, toggled, and says who it was; the thirteenth is refused", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  await (await six(seller)).getByRole("button", { name: "❤️" }).click()
  await expect(reaction(seller, "❤️")).toHaveAttribute("aria-pressed", "true")
  await expect(reaction(buyer, "❤️")).toHaveAccessibleName(/^Meera.* reacted with ❤️$/)
  await expect(reaction(buyer, "❤️")).toHaveAttribute("aria-pressed", "false")
  await reaction(buyer, "❤️").click()
  for (const page of [seller, buyer]) {
    await expect(reaction(page, "❤️")).toHaveAccessibleName(/^You and .* reacted with ❤️$/)
    await expect(reaction(page, "❤️").locator(".reaction-count")).toHaveText("2")
  }
  await reaction(buyer, "❤️").hover()
  await expect(reaction(buyer, "❤️").locator(".reaction-who")).toBeVisible()
  expect(await violations(buyer)).toEqual([])
  // Nothing is unread for it, and the list stands as it did.
  await expect(seller).not.toHaveTitle(/^\(/)
  await expect(seller.locator(".inbox-last").first()).toContainText("Sold?")
  // The page that the server renders says the same.
  await buyer.goto(url)
  await connected(buyer)
  await expect(reaction(buyer, "❤️")).toHaveAccessibleName(/^You and Meera.* reacted with ❤️$/)
  await reaction(buyer, "❤️").click()
  await expect(reaction(seller, "❤️").locator(".reaction-count")).toHaveText("1")
  await reaction(seller, "❤️").click()
  for (const page of [seller, buyer]) await expect(page.locator(".reaction")).toHaveCount(0)

  const id = url.match(/(\d+)\/$/)?.[1]
  const { messages } = await call(buyer, "GET", `/api/v1/conversations/${id}/messages`)
  const path = `/api/v1/conversations/${id}/messages/${messages[0].message_id}`
  for (const emoji of "😀😁😂😃😄😅😆😇😈😉😊😋")
    await call(buyer, "PUT", `${path}/reactions/${encodeURIComponent(emoji)}`)
  await expect(bubbles(seller, "Sold?").locator(".reaction")).toHaveCount(12)
  await (await six(seller)).getByRole("button", { name: "🎉" }).click()
  await expect(seller.locator(".toast")).toHaveText(/12 different emoji/)
  await expect(reaction(seller, "🎉")).toHaveCount(0)
  await reaction(seller, "😋").click()
  await expect(reaction(buyer, "😋").locator(".reaction-count")).toHaveText("2")
  // A deleted message loses them, and takes no more.
  await call(buyer, "DELETE", path)
  for (const page of [seller, buyer]) await expect(page.locator(".reaction, .message-react")).toHaveCount(0)
})

test("any emoji is found by keyboard, and stands among those used last", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await two(seller, buyer)
  // From the bubble to its time, its menu and its button, and along the six.
  await bubbles(seller, "Sold?").locator(".bubble").focus()
  for (let i = 0; i < 3; i++) await seller.keyboard.press("Tab")
  await expect(bubbles(seller, "Sold?").getByRole("button", { name: "React", exact: true })).toBeFocused()
  await seller.keyboard.press("Enter")
  await seller.keyboard.press("ArrowLeft")
  await expect(seller.getByRole("button", { name: "All emoji" })).toBeFocused()
  await seller.keyboard.press("Enter")
  const dialog = seller.getByRole("dialog", { name: "Choose an emoji" })
  await expect(dialog.getByRole("searchbox")).toBeFocused()
  expect(await violations(seller)).toEqual([])
  await seller.keyboard.type("no such thing")
  await expect(dialog.getByRole("status")).toHaveText(/No emoji has this name/)
  await dialog.getByRole("searchbox").fill("hand")
  await expect(dialog.getByRole("status")).toHaveText(/^\d+ found$/)
  await dialog.getByRole("searchbox").fill("handsh")
  await seller.keyboard.press("ArrowDown")
  await expect(dialog.getByRole("option", { name: "handshake" })).toBeFocused()
  await seller.keyboard.press("Enter")
  await expect(dialog).toBeHidden()
  await expect(bubbles(seller, "Sold?").getByRole("button", { name: "React", exact: true })).toBeFocused()
  await expect(reaction(buyer, "🤝")).toHaveCount(1)

  await picker(seller)
  const recent = dialog.getByRole("listbox", { name: "Recently used" }).getByRole("option")
  await expect(recent).toHaveText(["🤝"])
  await expect(recent).toHaveAttribute("aria-selected", "true")
  await seller.keyboard.press("Tab")
  await seller.keyboard.press("Tab")
  await expect(dialog.getByRole("radio", { name: "Recently used" })).toBeFocused()
  await seller.keyboard.press("ArrowRight")
  const faces = dialog.getByRole("listbox", { name: "Smileys" }).getByRole("option")
  await expect(faces.first()).toHaveAccessibleName("grinning face")
  await seller.keyboard.press("Tab")
  await expect(faces.first()).toBeFocused()
  await seller.keyboard.press("ArrowRight")
  await expect(faces.nth(1)).toBeFocused()
  await seller.keyboard.press("ArrowDown")
  await seller.keyboard.press("ArrowUp")
  await expect(faces.nth(1)).toBeFocused()
  await seller.keyboard.press("ArrowUp")
  await expect(dialog.getByRole("searchbox")).toBeFocused()
  await seller.keyboard.press("Escape")
  await expect(dialog).toBeHidden()
  // By keyboard also what is there: Enter takes it back.
  await bubbles(seller, "Sold?").locator(".bubble").focus()
  await reaction(seller, "🤝").focus()
  await expect(reaction(seller, "🤝").locator(".reaction-who")).toBeVisible()
  await seller.keyboard.press("Enter")
  await expect(reaction(buyer, "🤝")).toHaveCount(0)
})

test("what is done offline shows at once and arrives once, as it was last", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/)
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  const context = buyer.context()
  await context.setOffline(true)
  await expect(buyer.locator("line-badge")).toHaveAttribute("data-state", /reconnecting|disconnected/, {
    timeout: 60_000,
  })
  for (const emoji of ["👍", "😮"]) await (await six(buyer)).getByRole("button", { name: emoji }).click()
  await reaction(buyer, "😮").click() // and back
  await expect(bubbles(buyer, "Sold?").locator(".reaction")).toHaveCount(1)
  // What the other does meanwhile counts beside it.
  await (await six(seller)).getByRole("button", { name: "👍" }).click()
  await write(seller, "Yes")
  await context.setOffline(false)
  await connected(buyer)
  for (const page of [seller, buyer]) {
    await expect(reaction(page, "👍").locator(".reaction-count")).toHaveText("2")
    await expect(page.locator(".reaction")).toHaveCount(1)
  }
  await expect(bubbles(buyer, "Yes")).toHaveCount(1)
  const { head } = await call(buyer, "GET", `/api/v1/conversations/${url.match(/(\d+)\/$/)?.[1]}`)
  expect(head, "a message, an answer, and two reactions").toBe(4)
})

test("on a phone the button comes with a touch, and a long press tells who it was", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await two(seller, buyer)
  await bubbles(buyer, "Sold?").locator(".bubble").tap()
  await bubbles(buyer, "Sold?").getByRole("button", { name: "React", exact: true }).tap()
  const row = bubbles(buyer, "Sold?").getByRole("group", { name: "React", exact: true })
  const box = await row.boundingBox()
  expect(box && box.x >= 0 && box.x + box.width <= 390, "the six are on the screen").toBe(true)
  await row.getByRole("button", { name: "🙏" }).tap()
  await expect(reaction(seller, "🙏")).toHaveCount(1)
  const finger = await buyer.context().newCDPSession(buyer)
  const at = await reaction(buyer, "🙏").boundingBox()
  if (!at) throw new Error("it has no place")
  const point = { x: at.x + at.width / 2, y: at.y + at.height / 2 }
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] })
  await expect(reaction(buyer, "🙏").locator(".reaction-who")).toHaveText("You")
  await expect(reaction(buyer, "🙏").locator(".reaction-who")).toBeVisible()
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] })
  await expect(reaction(seller, "🙏")).toHaveCount(1) // it was no press
})
