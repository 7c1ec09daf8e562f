// Reading a conversation: one's place is kept, and only what was seen counts as read.

import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/**
 * Two people in a conversation with many messages.
 * @param {import("@playwright/test").Page} seller
 * @param {import("@playwright/test").Page} buyer
 * @param {number} messages
 */
async function talk(seller, buyer, messages) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Hero Sprint cycle")).id, "Message 1")
  const id = url.match(/(\d+)\/$/)?.[1]
  for (let n = 2; n <= messages; n++)
    await call(seller, "POST", `/api/v1/conversations/${id}/messages`, { client_id: `n.${n}`, message: `Message ${n}` })
  return { url, api: `/api/v1/conversations/${id}` }
}

/** Where the first message stands that is wholly below the top of the timeline. */
function place(/** @type {import("@playwright/test").Page} */ page) {
  return page.evaluate(() => {
    const top = document.querySelector(".timeline")?.getBoundingClientRect().top ?? 0
    const first = [...document.querySelectorAll(".message")].find((one) => one.getBoundingClientRect().top >= top)
    return { id: first?.id, y: Math.round(first?.getBoundingClientRect().top ?? 0) }
  })
}

test("older messages come in front, newer ones behind, and what one reads stays where it is", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url, api } = await talk(seller, buyer, 120)
  await call(buyer, "PUT", `${api}/read`, { seq: 120 })
  await buyer.goto(url)
  await connected(buyer)
  await expect(bubbles(buyer)).toHaveCount(50)
  // It opens at the end.
  await expect(bubbles(buyer, "Message 120")).toBeInViewport()

  await buyer.locator(".timeline").evaluate((timeline) => {
    timeline.scrollTop = -(timeline.scrollHeight - timeline.clientHeight - 350)
  })
  const before = await place(buyer)
  await expect(bubbles(buyer)).toHaveCount(100)
  expect(await place(buyer)).toEqual(before)

  await call(seller, "POST", `${api}/messages`, { client_id: "late", message: "While you read above" })
  await expect(bubbles(buyer, "While you read above")).toHaveCount(1)
  expect(await place(buyer)).toEqual(before)
  const jump = buyer.locator(".jump")
  await expect(jump).toContainText("1")
  await jump.click()
  await expect(bubbles(buyer, "While you read above")).toBeInViewport()
  await expect(jump).toBeHidden()

  // Near the end it follows.
  await call(seller, "POST", `${api}/messages`, { client_id: "later", message: "And now" })
  await expect(bubbles(buyer, "And now")).toBeInViewport()

  await buyer.locator(".timeline").evaluate((timeline) => (timeline.scrollTop = -timeline.scrollHeight))
  await expect(bubbles(buyer)).toHaveCount(122)
  await expect(buyer.getByRole("link", { name: "Older messages" })).toHaveCount(0)
})

test("it opens at the first new message, which stays set off", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url, api } = await talk(seller, buyer, 100)
  await call(buyer, "PUT", `${api}/read`, { seq: 30 })
  await buyer.goto(url)
  await connected(buyer)
  const divider = buyer.locator("li.unread")
  await expect(divider).toBeInViewport()
  await expect(divider.locator("xpath=following-sibling::li[contains(@class, 'message')][1]")).toContainText(
    "Message 31",
  )
  await write(buyer, "Answer")
  await expect(bubbles(buyer, "Answer")).toBeInViewport()
  await expect(divider).toHaveCount(1)
})

test("what nobody looked at is not read", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url } = await talk(seller, buyer, 1)
  await seller.addInitScript(() => {
    let looking = false
    document.hasFocus = () => looking
    addEventListener("look", () => {
      looking = true
      dispatchEvent(new Event("focus"))
    })
  })
  await buyer.goto(url)
  await seller.goto(url)
  await connected(buyer)
  await connected(seller)
  await write(buyer, "Are you there?")
  const asked = bubbles(buyer, "Are you there?")
  await expect(asked).toHaveAttribute("data-state", "delivered")
  await expect(seller).toHaveTitle(/^\(1\)/)
  await seller.evaluate(() => dispatchEvent(new Event("look")))
  await expect(asked).toHaveAttribute("data-state", "read")
  await expect(seller).not.toHaveTitle(/^\(1\)/)
})

test("Enter sends, Shift+Enter breaks the line, and neither in the middle of a composition", async ({
  page: buyer,
  newPerson,
}) => {
  const seller = await newPerson()
  const { url } = await talk(seller, buyer, 1)
  await buyer.goto(url)
  await connected(buyer)
  const box = buyer.getByRole("textbox", { name: "Message" })
  await expect(box).toBeFocused()
  await buyer.keyboard.type("first")
  await buyer.keyboard.press("Shift+Enter")
  await buyer.keyboard.type("second")
  for (const composing of [{ isComposing: true }, { keyCode: 229 }])
    await box.evaluate(
      (input, init) =>
        input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init })),
      composing,
    )
  await expect(box).toHaveValue("first\nsecond")
  await buyer.keyboard.press("Enter")
  await expect(box).toHaveValue("")
  await expect(box).toBeFocused()
  await expect(bubbles(buyer, "second")).toHaveAttribute("data-state", "sent")
})

test("a draft survives a reload and shows in the list", async ({ page: buyer, newPerson }) => {
  const seller = await newPerson()
  const { url } = await talk(seller, buyer, 1)
  await buyer.goto(url)
  await buyer.getByRole("textbox", { name: "Message" }).fill("Half a sent")
  await buyer.reload()
  await expect(buyer.getByRole("textbox", { name: "Message" })).toHaveValue("Half a sent")
  await buyer.goto("/chat/")
  await expect(buyer.locator(".inbox-last")).toHaveText("Draft:Half a sent")
  await buyer.goto(url)
  await connected(buyer)
  await write(buyer, "Whole")
  await expect(bubbles(buyer, "Whole")).toHaveAttribute("data-state", "sent")
  await buyer.goto("/chat/")
  await expect(buyer.locator(".inbox-last")).toContainText("Whole")
})

test("without JavaScript one pages back, and marks as read with a button", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  const buyer = await newPerson({ javaScriptEnabled: false })
  const { url, api } = await talk(seller, buyer, 70)
  await buyer.goto(url)
  await expect(buyer.getByText("New messages", { exact: true })).toHaveCount(1)
  // More is new than one page holds: it is read from its beginning, page by page.
  const last = bubbles(buyer, /Message 70 \d\d:/) // with the time behind it
  await expect(last).toHaveCount(0)
  await buyer.getByRole("button", { name: "Mark as read up to here" }).click()
  await expect(last).toHaveCount(1)
  await buyer.getByRole("button", { name: "Mark as read" }).click()
  await expect(buyer.getByRole("button", { name: "Mark as read" })).toHaveCount(0)
  const { conversation } = await call(buyer, "GET", api)
  expect(conversation.unread).toBe(0)

  await expect(bubbles(buyer)).toHaveCount(50)
  await buyer.getByRole("link", { name: "Older messages" }).click()
  await expect(bubbles(buyer)).toHaveCount(20)
  await expect(bubbles(buyer).first()).toContainText("Message 1")
  await buyer.getByRole("link", { name: "Newer messages" }).click()
  await expect(last).toHaveCount(1)

  // A refusal keeps the text and says why.
  problems.allow(/status of 422/)
  await buyer.locator("textarea").fill("x".repeat(4001))
  await buyer.getByRole("button", { name: "Send" }).click()
  await expect(buyer.getByRole("alert")).toContainText("too long")
  await expect(buyer.locator("textarea")).toHaveValue("x".repeat(4001))
})

test("a form that is sent twice is one message", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ javaScriptEnabled: false })
  const { url, api } = await talk(seller, buyer, 1)
  await buyer.goto(url)
  const clientId = await buyer.locator('input[name="client_id"]').getAttribute("value")
  for (let i = 0; i < 2; i++)
    await buyer.request.post(url, { form: { client_id: clientId ?? "", message: "Once" }, maxRedirects: 0 })
  const { messages } = await call(buyer, "GET", `${api}/messages`)
  expect(messages.map((/** @type {{ message: string }} */ one) => one.message)).toEqual(["Message 1", "Once"])
})
