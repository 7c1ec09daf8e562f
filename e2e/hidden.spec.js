// Deleting for oneself: a message and a conversation, on all devices of one person and on none of
// the other's. And the menus of the list and of a message, by finger and by key.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true }
const entries = (/** @type {Page} */ page, text = "") => page.locator(".inbox-item").filter({ hasText: text })
const preview = (/** @type {Page} */ page) => page.locator(".inbox-last").first()
const item = (/** @type {Page} */ page, /** @type {string} */ name) => page.getByRole("button", { name, exact: true })
const idOf = (/** @type {string} */ url) => Number(url.match(/(\d+)\/$/)?.[1])

/** Rests a finger on something, and lets go. */
async function hold(/** @type {Page} */ page, /** @type {import("@playwright/test").Locator} */ target) {
  await target.scrollIntoViewIfNeeded()
  const box = await target.boundingBox()
  if (!box) throw new Error("It is not to be seen.")
  const touchPoints = [{ x: box.x + 40, y: box.y + box.height / 2 }]
  const session = await page.context().newCDPSession(page)
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints })
  await expect(page.locator(".menu-item:visible").first()).toBeVisible()
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] })
  await session.detach()
}

/** Two people in a conversation about a lamp, in which both have written. */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Lamp")).id, "Is it there?")
  for (const page of [seller, buyer]) {
    await page.goto(url)
    await connected(page)
  }
  await write(seller, "Yes it is")
  await write(seller, "Come at six")
  await expect(bubbles(buyer, "Come at six")).toHaveCount(1)
  return url
}

test("a message that one deletes for oneself is gone everywhere for one, and stays for the other", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  const tab = await buyer.context().newPage()
  const list = await buyer.context().newPage()
  await tab.goto(url)
  await list.goto("/chat/")
  for (const page of [tab, list]) await connected(page)
  await expect(preview(list)).toContainText("Come at six")
  await buyer.bringToFront()

  const menu = async (/** @type {string} */ text) => {
    await bubbles(buyer, text).hover()
    await bubbles(buyer, text).getByRole("button", { name: "Message options" }).click()
  }
  // What is the other person's is deleted for oneself only, one's own for both as well.
  await menu("Come at six")
  await expect(item(buyer, "Delete for me")).toBeVisible()
  await expect(item(buyer, "Delete for everyone")).toHaveCount(0)
  expect(await violations(buyer)).toEqual([])
  // What offers to undo it stays for as long as this test looks about.
  await buyer.evaluate(() => {
    const real = setTimeout
    const stays = (/** @type {() => void} */ run, /** @type {number} */ ms) => (ms === 8_000 ? 0 : real(run, ms))
    Object.assign(globalThis, { setTimeout: stays })
  })
  await item(buyer, "Delete for me").click()
  for (const page of [buyer, tab]) await expect(bubbles(page, "Come at six")).toHaveCount(0)
  for (const page of [buyer, list]) await expect(preview(page)).toContainText("Yes it is")
  await expect(bubbles(buyer, "Yes it is").locator(".bubble")).toBeFocused()
  expect(await violations(buyer)).toEqual([])

  await buyer.getByRole("button", { name: "Undo" }).click()
  for (const page of [buyer, tab])
    await expect(bubbles(page)).toContainText(["Is it there?", "Yes it is", "Come at six"])
  await expect(preview(list)).toContainText("Come at six")

  await menu("Is it there?")
  await expect(item(buyer, "Delete for everyone")).toBeVisible()
  await item(buyer, "Delete for me").click()
  await expect(bubbles(tab, "Is it there?")).toHaveCount(0)

  // One that comes behind it, and one's own edit elsewhere, bring nothing back.
  await write(seller, "Or at seven")
  for (const page of [buyer, tab]) {
    await expect(bubbles(page)).toContainText(["Yes it is", "Come at six", "Or at seven"])
    await expect(bubbles(page)).toHaveCount(3)
  }
  await expect(bubbles(seller)).toHaveCount(4)
  await buyer.reload()
  await connected(buyer)
  await expect(bubbles(buyer)).toHaveCount(3)
  await seller.reload()
  await expect(bubbles(seller)).toHaveCount(4)
})

test("an Undo that did not arrive says so, however late, and can be pressed again", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_FAILED/)
  const buyer = await newPerson()
  await buyer.clock.install()
  await two(seller, buyer)
  // The first one breaks off when this test lets it.
  let cut = () => {}
  const held = new Promise((resolve) => (cut = () => resolve(undefined)))
  let first = true
  await buyer.route("**/hidden", async (route) => {
    if (route.request().method() !== "DELETE" || !first) return route.continue()
    first = false
    await held
    await route.abort()
  })
  const remove = async (/** @type {string} */ text) => {
    await bubbles(buyer, text).hover()
    await bubbles(buyer, text).getByRole("button", { name: "Message options" }).click()
    await item(buyer, "Delete for me").click()
    await expect(bubbles(buyer, text)).toHaveCount(0)
  }
  const toast = buyer.locator(".toast")
  const undo = toast.getByRole("button", { name: "Undo" })
  await remove("Come at six")
  await undo.click()
  await expect(undo).toBeDisabled()
  await buyer.clock.fastForward(10_000)
  await expect(toast).toContainText("Deleted for you")
  // What is done meanwhile takes its place, and keeps it for its time.
  await remove("Yes it is")
  await expect(undo).toBeEnabled()
  const failed = buyer.waitForEvent("requestfailed", (request) => request.method() === "DELETE")
  cut()
  await failed
  await expect(undo).toBeEnabled()
  await expect(toast).toContainText("Deleted for you")
  await buyer.clock.fastForward(9_000)
  await expect(toast).toContainText("There is no connection to SwapNest")
  await undo.click()
  await expect(bubbles(buyer)).toContainText(["Is it there?", "Come at six"])
  await expect(toast).toHaveCount(0)
})

test("what was deleted elsewhere while there was no line is gone with the next one", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  const id = (await bubbles(buyer, "Yes it is").getAttribute("id"))?.slice(1)
  const other = await newPerson({ storageState: await buyer.context().storageState() })
  await other.goto("/chat/")
  await buyer.context().setOffline(true)
  await expect(buyer.locator("swapnest-chat")).not.toHaveAttribute("data-line", "connected")
  await call(other, "PUT", `/api/v1/conversations/${idOf(url)}/messages/${id}/hidden`)
  await buyer.context().setOffline(false)
  await connected(buyer)
  await expect(bubbles(buyer)).toContainText(["Is it there?", "Come at six"])
  await expect(bubbles(buyer)).toHaveCount(2)
})

test("a deleted conversation leaves the list on all devices, and comes back with what is new", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  await ask(buyer, (await offer(seller, "Chair")).id, "And the chair?")
  const list = await buyer.context().newPage()
  await list.goto("/chat/")
  await connected(list)
  await write(seller, "Still there?")
  await expect(entries(list, "Lamp")).toContainText("Still there?")
  await buyer.goto("/shop/") // nobody reads it
  await list.bringToFront()
  await write(seller, "Hello?")
  await expect(list).toHaveTitle(/^\(1\)/)

  await entries(list, "Lamp").click({ button: "right" })
  await list.getByRole("link", { name: "Delete" }).click()
  await expect(list.getByText("Delete all of it for you? Meera keeps it.")).toBeVisible()
  await expect(item(list, "Keep")).toBeFocused()
  await expect(item(list, "Mute")).toBeHidden()
  expect(await violations(list)).toEqual([])
  await item(list, "Keep").click()
  await expect(list.getByRole("link", { name: "Delete" })).toBeFocused()
  await list.getByRole("link", { name: "Delete" }).click()
  const tab = await buyer.context().newPage()
  await tab.goto(url)
  await connected(tab)
  await expect(bubbles(tab)).toHaveCount(5)
  await item(list, "Delete for me").click()
  for (const page of [list, tab]) await expect(entries(page)).toHaveCount(1)
  await expect(list.getByText("Conversation deleted for you")).toBeVisible()
  await expect(list).not.toHaveTitle(/^\(/)
  await expect(bubbles(tab)).toHaveCount(0)
  await list.reload()
  await expect(entries(list)).toHaveCount(1)
  await tab.goto(url)
  await expect(bubbles(tab)).toHaveCount(0)
  await expect(tab.getByRole("heading", { name: "Say hello to Meera" })).toBeVisible()
  await expect(bubbles(seller)).toHaveCount(5)
  await tab.close()

  await connected(list)
  await write(seller, "Sold to you?")
  await expect(entries(list, "Lamp")).toContainText("Sold to you?")
  await expect(list).toHaveTitle(/^\(1\)/)
  await entries(list, "Lamp").getByRole("link").click()
  await expect(bubbles(list)).toHaveCount(1)
  await expect(bubbles(list, "Sold to you?")).toHaveCount(1)
})

test("without JavaScript a page asks before a conversation is deleted", async ({ page: seller, newPerson }) => {
  await register(seller, "Meera")
  const buyer = await newPerson({ javaScriptEnabled: false })
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Lamp")).id, "Is it there?")
  await buyer.goto(url)
  await buyer.locator(".menu-box summary").click()
  await buyer.getByRole("link", { name: "Delete" }).click()
  await expect(buyer.getByRole("heading", { name: "Delete this conversation?" })).toBeVisible()
  await expect(buyer.getByText("Meera keeps it")).toBeVisible()
  await buyer.getByRole("button", { name: "Delete for me" }).click()
  await buyer.waitForURL("**/chat/")
  await expect(entries(buyer)).toHaveCount(0)
  await buyer.goto(url)
  await expect(bubbles(buyer)).toHaveCount(0)
})

test("by finger: a long press opens the sheet of an entry, and the menu of a message", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson(phone)
  const url = await two(seller, buyer)
  await buyer.goto("/chat/")
  await connected(buyer)
  await hold(buyer, entries(buyer, "Lamp"))
  await expect(buyer).toHaveURL(/\/chat\/$/) // letting go has followed no link
  await expect(item(buyer, "Mute for 8 hours")).toBeInViewport({ ratio: 1 })
  const sheet = () => buyer.locator(".entry-menu .menu").boundingBox()
  await expect.poll(() => sheet().then((at) => Math.round((at?.y ?? 0) + (at?.height ?? 0)))).toBe(844) // it rises
  expect((await sheet())?.width).toBe(390)
  expect(await buyer.evaluate(() => String(getSelection()))).toBe("")
  expect(await violations(buyer)).toEqual([])
  await buyer.touchscreen.tap(200, 60) // the veil
  await expect(item(buyer, "Mute")).toHaveCount(0)
  await expect(buyer).toHaveURL(/\/chat\/$/)
  await hold(buyer, entries(buyer, "Lamp"))
  await item(buyer, "Mute for 1 hour").tap()
  await expect(entries(buyer, "Lamp").getByText("Muted")).toBeAttached()
  await entries(buyer, "Lamp").tap()
  await expect(buyer).toHaveURL(url)
  await connected(buyer)

  await hold(buyer, bubbles(buyer, "Come at six").locator(".bubble"))
  await expect(item(buyer, "Delete for me")).toBeInViewport({ ratio: 1 })
  expect(await buyer.evaluate(() => String(getSelection()))).toBe("")
  await item(buyer, "Delete for me").tap()
  await expect(bubbles(buyer, "Come at six")).toHaveCount(0)
})

test("by key: arrows go through the list, and the menu key opens the menu of where one is", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  for (const title of ["One", "Two", "Three"]) await ask(buyer, (await offer(seller, title)).id, `About ${title}`)
  await buyer.goto("/chat/")
  await connected(buyer)
  const at = (/** @type {string} */ text) => expect(entries(buyer, text).getByRole("link")).toBeFocused()
  await entries(buyer, "Three").getByRole("link").focus()
  for (const [key, text] of [
    ["ArrowDown", "Two"],
    ["ArrowDown", "One"],
    ["ArrowDown", "One"],
    ["ArrowUp", "Two"],
    ["Home", "Three"],
    ["ArrowUp", "Three"],
    ["End", "One"],
  ]) {
    await buyer.keyboard.press(key)
    await at(text)
  }
  await buyer.keyboard.press("Shift+F10")
  await expect(item(buyer, "Mute")).toBeFocused()
  await buyer.keyboard.press("Escape")
  await at("One")
  await buyer.keyboard.press("ContextMenu")
  await buyer.keyboard.press("ArrowUp")
  await expect(buyer.getByRole("link", { name: "Delete" })).toBeFocused()
  await buyer.keyboard.press("Escape")
  await at("One")
  await buyer.keyboard.press("Enter")
  await buyer.waitForURL("**/conversation/**")
  await connected(buyer)
  await expect(bubbles(buyer, "About One")).toHaveCount(1)
  await bubbles(buyer, "About One").locator(".bubble").focus()
  await buyer.keyboard.press("Shift+F10")
  await expect(item(buyer, "Reply")).toBeFocused()
  for (let i = 0; i < 3; i++) await buyer.keyboard.press("ArrowDown")
  await expect(item(buyer, "Delete for me")).toBeFocused()
  await buyer.keyboard.press("Enter")
  await expect(bubbles(buyer)).toHaveCount(0)
})
