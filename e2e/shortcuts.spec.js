// Everything that is done in the chat pages, by keys alone.

import { violations } from "./axe.js"
import { ask, bubbles, connected, offer, register } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const box = (/** @type {Page} */ page) => page.getByRole("textbox", { name: "Message" })
const dialog = (/** @type {Page} */ page) => page.getByRole("dialog", { name: "Keyboard shortcuts" })
const bubble = (/** @type {Page} */ page, /** @type {string} */ text) =>
  page.locator(".bubble").filter({ has: page.locator(".text", { hasText: text }) })

test("a conversation is opened, answered, edited, deleted in, muted and left without a mouse", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  await ask(buyer, (await offer(seller, "Lamp")).id, "A lamp?")
  await ask(buyer, (await offer(seller, "Radio")).id, "A radio?")
  await buyer.context().grantPermissions(["clipboard-read", "clipboard-write"])
  await buyer.goto("/chat/")
  await connected(buyer)
  const press = async (/** @type {string[]} */ ...keys) => {
    for (const key of keys) await buyer.keyboard.press(key)
  }

  // The list, and a conversation of it.
  await press("l")
  await expect(buyer.locator(".inbox-name").first()).toBeFocused()
  await press("Enter")
  await buyer.waitForURL("**/chat/conversation/**")
  await connected(buyer)
  await expect(box(buyer)).toBeFocused()
  await buyer.keyboard.type("w is a letter, and so are l and ?")
  await expect(box(buyer)).toHaveValue("w is a letter, and so are l and ?")
  await press("Enter")
  await expect(bubbles(buyer)).toHaveCount(2)

  // The messages: Escape leads there, the arrows about, and each key does what the list says.
  await press("Escape")
  await expect(bubble(buyer, "w is a letter")).toBeFocused()
  await press("Home")
  await expect(bubble(buyer, "A radio?")).toBeFocused()
  await press("c")
  await expect(buyer.getByText("Copied")).toBeVisible()
  expect(await buyer.evaluate(() => navigator.clipboard.readText())).toBe("A radio?")
  await press("r")
  await expect(box(buyer)).toBeFocused()
  await press("Escape") // not this one
  await expect(buyer.locator(".composer-reply")).toBeHidden()
  await expect(box(buyer)).toBeFocused()
  await press("Escape", "ArrowUp", "r")
  await buyer.keyboard.type("To myself")
  await press("Enter")
  await expect(bubbles(buyer, "To myself").locator(".quote")).toContainText("A radio?")
  await expect(bubbles(buyer, "To myself")).toHaveAttribute("data-state", /sent|delivered|read/)
  await press("Escape", "q")
  await expect(bubble(buyer, "A radio?")).toBeFocused()
  await press("End", "e")
  await expect(box(buyer)).toHaveValue("To myself")
  await buyer.keyboard.type(" again")
  await press("Enter")
  await expect(bubbles(buyer, "To myself again").locator(".edited")).toHaveCount(1)
  await expect(buyer.locator(".composer-editing")).toBeHidden()
  await press("Escape", "End", "d")
  const sure = buyer.getByRole("button", { name: "Delete for everyone" })
  await expect(sure).toBeFocused()
  await press("Escape")
  await expect(sure).toHaveCount(0)
  await press("d", "Enter")
  await expect(bubbles(buyer, "This message was deleted")).toHaveCount(1)
  await expect(bubble(buyer, "This message was deleted")).toBeFocused() // and not nowhere
  await press("ArrowUp", "Enter")
  await expect(buyer.getByRole("button", { name: "Reply" })).toBeFocused()
  await press("Escape", "Escape")
  await expect(box(buyer)).toBeFocused()

  // The conversation: its options, and the next one.
  // The answer comes when one has gone on, and calls nobody back; it says more, so that one sees it come.
  let answer = () => {}
  const held = new Promise((resolve) => (answer = () => resolve(undefined)))
  await buyer.route(/\/api\/v1\/conversations\/\d+$/, async (route) => {
    const response = await route.fetch()
    const { conversation } = await response.json()
    await held
    await route.fulfill({ response, json: { conversation: { ...conversation, pinned: true } } })
  })
  await press("Escape", "o", "Enter")
  await expect(buyer.locator('.inbox-item[data-muted] .inbox-name[aria-current="true"]')).toHaveCount(1)
  await press("w")
  answer()
  await expect(buyer.locator('.conversation-tools [name="pinned"]')).toContainText("Unpin")
  await expect(box(buyer)).toBeFocused()
  const here = buyer.url()
  await press("Alt+ArrowDown")
  await expect(bubbles(buyer, "A lamp?")).toHaveCount(1)
  await connected(buyer)
  await press("Escape", "o", "Alt+ArrowUp") // not of the menu that is open
  await expect(buyer).toHaveURL(here)
  await connected(buyer)
  await press("Escape", "m")
  await expect(bubble(buyer, "This message was deleted")).toBeFocused()
  await press("/")
  await expect(buyer).toHaveURL(/\/chat\/search\//)
})

test("the list of shortcuts is shown by a key and a button, and single keys can be switched off", async ({
  page,
  newPerson,
}) => {
  const other = await newPerson()
  await register(page, "Meera")
  await register(other, "Aarav")
  await page.goto(await ask(page, (await offer(other, "Lamp")).id, "A lamp?"))
  await connected(page)
  await box(page).press("?")
  await expect(dialog(page)).toBeHidden()
  await expect(box(page)).toHaveValue("?")
  await box(page).press("Escape")
  await page.keyboard.press("?")
  await expect(dialog(page)).toBeVisible()
  expect(await violations(page)).toEqual([])
  // Each line has its keys and what they do.
  const lines = dialog(page).locator("dl > div")
  expect(await lines.count()).toBeGreaterThan(15)
  for (const line of await lines.all()) {
    await expect(line.locator("kbd").first()).not.toBeEmpty()
    await expect(line.locator("dd")).not.toBeEmpty()
  }
  await page.keyboard.press("w") // nothing is done behind it
  await expect(dialog(page)).toBeVisible()
  await page.keyboard.press("Escape")
  await expect(dialog(page)).toBeHidden()
  await expect(bubble(page, "A lamp?")).toBeFocused()

  await page.getByRole("button", { name: "Keyboard shortcuts" }).click()
  await dialog(page).getByRole("checkbox").uncheck()
  await dialog(page).getByRole("button", { name: "Close" }).click()
  await expect(page.getByRole("button", { name: "Keyboard shortcuts" })).toBeFocused()
  await page.keyboard.press("?")
  await page.keyboard.press("w")
  await expect(dialog(page)).toBeHidden()
  await expect(box(page)).not.toBeFocused()
  await page.reload()
  await connected(page)
  await box(page).press("Escape")
  await page.keyboard.press("?")
  await expect(dialog(page)).toBeHidden()
  await page.keyboard.press("r") // at a message they stay
  await expect(page.locator(".composer-reply")).toBeVisible()
})
