// Editing and deleting what one has sent, for both people, in every tab, and after a time without a line.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const box = (/** @type {Page} */ page) => page.getByRole("textbox", { name: "Message" })
const bar = (/** @type {Page} */ page) => page.locator(".composer-editing")
const preview = (/** @type {Page} */ page) => page.locator(".inbox-last").first()
const deleted = "This message was deleted"

/** Two people in a conversation, with the buyer's second message "At the gte". */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Lamp")).id, "Hello")
  for (const page of [seller, buyer]) {
    await page.goto(url)
    await connected(page)
  }
  await box(buyer).fill("At the gte")
  await buyer.getByRole("button", { name: "Send" }).click() // a finger's Enter breaks the line
  await expect(bubbles(buyer, "At the gte")).toHaveAttribute("data-state", /sent|delivered|read/)
  await expect(bubbles(seller, "At the gte")).toHaveCount(1)
  return url
}

/** Opens the menu of a message, as a mouse does. */
async function menu(/** @type {Page} */ page, /** @type {string} */ text) {
  const message = bubbles(page, text)
  await message.hover()
  await message.getByRole("button", { name: "Message options" }).click()
  return message.getByRole("group", { name: "Message options" })
}

test("an edit shows to both, in the list and in another tab", async ({ page: seller, context, newPerson }) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  const tab = await buyer.context().newPage()
  await tab.goto("/chat/")
  await connected(tab)
  await buyer.bringToFront()
  const list = await context.newPage() // the seller's
  await list.goto("/chat/")
  await connected(list)
  await expect(preview(list)).toContainText("At the gte")

  await box(buyer).fill("half a thought")
  await (await menu(buyer, "At the gte")).getByRole("button", { name: "Edit" }).click()
  await expect(bar(buyer)).toBeVisible()
  await expect(box(buyer)).toBeFocused()
  await expect(box(buyer)).toHaveValue("At the gte")
  expect(await violations(buyer)).toEqual([])
  await box(buyer).fill("At the gate, see https://example.org/map")
  await box(buyer).press("Enter")
  await expect(bar(buyer)).toBeHidden()
  await expect(box(buyer)).toHaveValue("half a thought") // what had been begun is back
  await box(buyer).fill("") // its draft would stand in the list
  for (const page of [buyer, seller]) {
    const message = bubbles(page, "At the gate, see")
    await expect(message).toHaveCount(1)
    await expect(message.locator(".edited")).toHaveText("edited")
    await expect(message.locator(".edited")).toHaveAttribute("title", /^Edited .*\d\d:\d\d/)
    await expect(message.getByRole("link", { name: "https://example.org/map" })).toHaveCount(1)
    await expect(bubbles(page, "At the gte")).toHaveCount(0)
    await expect(bubbles(page)).toHaveCount(2)
  }
  for (const page of [tab, list]) await expect(preview(page)).toContainText("At the gate, see")
  await expect(seller).not.toHaveTitle(/^\(/)

  // The page that the server renders says the same.
  await seller.goto(url)
  await expect(bubbles(seller, "At the gate, see").locator(".edited")).toHaveText("edited")
})

test("nothing is left of a deleted message, and it cannot be edited any more", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  const tab = await buyer.context().newPage()
  await tab.goto("/chat/")
  await connected(tab)
  await buyer.bringToFront()
  await box(buyer).press("ArrowUp")
  await box(buyer).fill("At the gate")
  await box(buyer).press("Enter")
  await expect(bubbles(seller, "At the gate").locator(".edited")).toHaveCount(1)
  await expect(bar(buyer)).toBeHidden() // which takes the focus along
  const choice = await menu(buyer, "At the gate")
  await choice.getByRole("button", { name: "Delete for everyone" }).click()
  await expect(choice.getByText("Delete for both of you?")).toBeVisible()
  expect(await violations(buyer)).toEqual([])
  await choice.getByRole("button", { name: "Keep" }).click()
  await expect(choice).toHaveCount(0)
  // Others may hear of it before the answer is here, which this test holds back.
  let answer = () => {}
  const held = new Promise((resolve) => (answer = () => resolve(undefined)))
  await buyer.route("**/messages/*", async (route) => {
    const response = await route.fetch()
    await held
    await route.fulfill({ response })
  })
  const again = await menu(buyer, "At the gate")
  await again.getByRole("button", { name: "Delete for everyone" }).click()
  await again.getByRole("button", { name: "Delete for everyone" }).click()
  for (const page of [buyer, seller]) {
    await expect(bubbles(page, deleted)).toHaveCount(1)
    await expect(bubbles(page, "gate")).toHaveCount(0)
    await expect(bubbles(page).locator(".edited")).toHaveCount(0)
  }
  for (const page of [tab, seller]) await expect(preview(page)).toContainText(deleted)
  const left = await menu(buyer, deleted)
  const come = () => addEventListener("revised", () => document.body.toggleAttribute("data-come", true))
  await buyer.evaluate(come)
  answer()
  await expect(buyer.locator("body[data-come]")).toHaveCount(1) // and the menu that was opened meanwhile stays
  await expect(left.getByRole("button", { name: "Delete for me" })).toBeVisible()
  await expect(left.getByRole("button")).toHaveCount(1)
  await seller.goto(url)
  await expect(bubbles(seller, deleted)).toHaveCount(1)
  await expect(bubbles(seller, deleted)).toHaveAttribute("data-deleted", "")
})

test("by keyboard: the arrow up edits the last message, Escape leaves it as it was", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  await two(seller, buyer)
  await box(buyer).press("ArrowUp")
  await expect(box(buyer)).toHaveValue("At the gte")
  await box(buyer).fill("Something else")
  await box(buyer).press("Escape")
  await expect(bar(buyer)).toBeHidden()
  await expect(box(buyer)).toHaveValue("")
  await expect(bubbles(buyer, "At the gte")).toHaveCount(1)

  // The last bubble is one step from the box; its button is the next but one.
  await bubbles(buyer, "At the gte").locator(".bubble").focus()
  await buyer.keyboard.press("Tab")
  await buyer.keyboard.press("Tab")
  const button = bubbles(buyer, "At the gte").getByRole("button", { name: "Message options" })
  await expect(button).toBeFocused()
  await buyer.keyboard.press("Enter")
  await expect(buyer.getByRole("button", { name: "Reply" })).toBeFocused()
  for (let i = 0; i < 2; i++) await buyer.keyboard.press("ArrowDown")
  await expect(buyer.getByRole("button", { name: "Edit", exact: true })).toBeFocused()
  for (let i = 0; i < 3; i++) await buyer.keyboard.press("ArrowUp")
  await expect(buyer.getByRole("button", { name: "Delete for everyone" })).toBeFocused()
  await buyer.keyboard.press("Escape")
  await expect(button).toBeFocused()
  await buyer.keyboard.press("Enter")
  for (let i = 0; i < 2; i++) await buyer.keyboard.press("ArrowDown")
  await buyer.keyboard.press("Enter")
  await expect(box(buyer)).toBeFocused()
  await box(buyer).fill("At the gate")
  await box(buyer).press("Enter")
  await expect(bubbles(seller, "At the gate")).toHaveCount(1)
  // What others have sent cannot be changed.
  const theirs = await menu(seller, "At the gate")
  await expect(theirs.getByRole("button", { name: "Reply" })).toBeVisible()
  await expect(theirs.getByRole("button", { name: "Delete for me" })).toBeVisible()
  for (const name of ["Edit", "Delete for everyone"]) await expect(theirs.getByRole("button", { name })).toHaveCount(0)
})

test("what was changed while somebody was away is there when they are back, once", async ({
  page: seller,
  context,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/)
  const buyer = await newPerson()
  await two(seller, buyer)
  await context.setOffline(true)
  await expect(seller.locator("line-badge")).toHaveAttribute("data-state", /reconnecting|disconnected/, {
    timeout: 60_000,
  })
  await box(buyer).press("ArrowUp")
  await box(buyer).fill("At the gate")
  await box(buyer).press("Enter")
  await expect(bubbles(buyer, "At the gate")).toHaveCount(1)
  await expect(bar(buyer)).toBeHidden() // until then what one writes is the edit
  await write(buyer, "And a word too much")
  const choice = await menu(buyer, "And a word too much")
  await choice.getByRole("button", { name: "Delete for everyone" }).click()
  await choice.getByRole("button", { name: "Delete for everyone" }).click()
  await expect(bubbles(buyer, deleted)).toHaveCount(1)
  await expect(bubbles(seller)).toHaveText([/Hello/, /At the gte/])

  await context.setOffline(false)
  await connected(seller)
  await expect(bubbles(seller)).toHaveText([/Hello/, /At the gate.*edited/, new RegExp(deleted)])
  await expect(preview(seller)).toContainText(deleted)
  // And what comes behind it comes in its place.
  await write(buyer, "Are you here?")
  await expect(bubbles(seller)).toHaveText([/Hello/, /At the gate/, new RegExp(deleted), /Are you here/])
})

test("an edit without a network keeps the text and says so", async ({ page: seller, newPerson, problems }) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/)
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  await box(buyer).press("ArrowUp")
  await box(buyer).fill("At the gate")
  await buyer.context().setOffline(true)
  await box(buyer).press("Enter")
  await expect(buyer.locator(".composer-fault")).toContainText("Not saved, your text is still here.")
  await expect(bar(buyer)).toBeVisible()
  await expect(box(buyer)).toHaveValue("At the gate")
  await expect(bubbles(seller, "At the gte")).toHaveCount(1)
  await buyer.context().setOffline(false)
  await box(buyer).press("Enter")
  await expect(bar(buyer)).toBeHidden()
  await expect(bubbles(seller, "At the gate")).toHaveCount(1)
  const { head } = await call(buyer, "GET", `/api/v1/conversations/${url.match(/(\d+)\/$/)?.[1]}`)
  expect(head).toBe(3)
})

test("on a phone the button comes with a touch, and nothing is edited when the time is over", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await buyer.clock.install()
  await two(seller, buyer)
  await write(seller, "Fine")
  await expect(bubbles(buyer, "Fine")).toHaveCount(1)
  const button = bubbles(buyer, "At the gte").getByRole("button", { name: "Message options" })
  await expect(button).toBeHidden()
  await bubbles(buyer, "At the gte").locator(".bubble").tap()
  await button.tap()
  await buyer.getByRole("button", { name: "Edit", exact: true }).tap()
  await expect(bar(buyer)).toBeVisible()
  await bar(buyer).getByRole("button", { name: "Cancel" }).tap()
  await expect(bar(buyer)).toBeHidden()
  await buyer.clock.fastForward(16 * 60_000)
  await bubbles(buyer, "At the gte").locator(".bubble").tap()
  await button.tap()
  await expect(buyer.getByRole("button", { name: "Copy text" })).toBeVisible()
  await expect(buyer.getByRole("button", { name: "Delete for me" })).toBeVisible()
  for (const name of ["Edit", "Delete for everyone"])
    await expect(buyer.getByRole("button", { name, exact: true })).toHaveCount(0)
})
