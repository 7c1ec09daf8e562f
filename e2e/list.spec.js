// The list of conversations: what it holds under each filter, how it loads on, how one
// keeps a conversation, and that one comes back to where one was.

import { ask, call, connected, offer, register } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

/**
 * A buyer who has asked about many things; the last asked about is on top.
 * @param {Page} seller
 * @param {Page} buyer
 * @param {number} count
 */
async function many(seller, buyer, count) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  /** @type {{ url: string, id: number, title: string }[]} */
  const all = []
  for (let n = 1; n <= count; n++) {
    const title = `Thing ${String(n).padStart(2, "0")}`
    const url = await ask(buyer, (await offer(seller, title)).id, `About ${title}`)
    all.push({ url, id: Number(url.match(/(\d+)\/$/)?.[1]), title })
  }
  return all
}

const entries = (/** @type {Page} */ page, /** @type {string} */ text = "") =>
  page.locator(".inbox-item").filter({ hasText: text })

/** The things of the list in order. */
const titles = (/** @type {Page} */ page) => page.locator(".inbox-about > bdi").allTextContents()

let serial = 0
/** Writes through the API, as from another device. */
const say = (/** @type {Page} */ page, /** @type {number} */ id, /** @type {string} */ text) =>
  call(page, "POST", `/api/v1/conversations/${id}/messages`, { client_id: `list-${++serial}`, message: text })

const keep = (/** @type {Page} */ page, /** @type {number} */ id, /** @type {object} */ change) =>
  call(page, "PATCH", `/api/v1/conversations/${id}`, change)

test("it loads on, twenty at a time, and shows each conversation once", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true })
  const all = await many(seller, buyer, 45)
  await buyer.goto("/chat/")
  await connected(buyer)
  await expect(entries(buyer)).toHaveCount(20)
  // Meanwhile one from further down comes to the top.
  await say(seller, all[2].id, "Still here")
  await expect(entries(buyer).first()).toContainText("Thing 03")
  await expect(async () => {
    await buyer.locator(".inbox-items").evaluate((list) => (list.scrollTop = list.scrollHeight))
    await expect(entries(buyer)).toHaveCount(45, { timeout: 200 })
  }).toPass()
  const shown = await titles(buyer)
  const want = all.map(({ title }) => title).reverse()
  expect(shown).toEqual(["Thing 03", ...want.filter((title) => title !== "Thing 03")])
  await expect(buyer.locator("inbox-more")).toHaveCount(0)
})

test("a page of the list that cannot be loaded says so and can be asked for again", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_FAILED/)
  const buyer = await newPerson()
  await many(seller, buyer, 22)
  let broken = true
  await buyer.route(/cursor=/, (route) => (broken ? route.abort() : route.continue()))
  await buyer.goto("/chat/")
  await connected(buyer)
  await buyer.locator(".inbox-foot").scrollIntoViewIfNeeded()
  await expect(buyer.locator(".inbox-fault")).toContainText("could not be loaded")
  broken = false
  await buyer.locator(".inbox-foot").getByRole("link").click()
  await expect(entries(buyer)).toHaveCount(22)
})

test("on a phone one comes back to where one was in the list", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await many(seller, buyer, 45)
  for (const way of ["link", "browser"]) {
    await buyer.goto("/chat/?filter=buying")
    await connected(buyer)
    const list = buyer.locator(".inbox-items")
    await expect(async () => {
      await list.evaluate((node) => (node.scrollTop = node.scrollHeight))
      await expect(entries(buyer)).toHaveCount(45, { timeout: 200 })
    }).toPass()
    await list.evaluate((node) => (node.scrollTop = 1500))
    const entry = entries(buyer, "Thing 21")
    const before = (await entry.boundingBox())?.y
    await entry.getByRole("link").tap()
    await buyer.waitForURL(/filter=buying/)
    await expect(buyer.locator(".conversation")).toBeVisible()
    if (way === "link") await buyer.getByRole("link", { name: "Back to chats" }).tap()
    else await buyer.goBack()
    await buyer.waitForURL("**/chat/?filter=buying")
    await expect(buyer.locator('.chip[aria-current="true"]')).toHaveText("Buying")
    await expect(entry).toBeInViewport()
    await expect(async () => {
      expect(Math.abs(((await entry.boundingBox())?.y ?? 0) - (before ?? 0))).toBeLessThanOrEqual(1)
    }).toPass()
  }
})

test("each filter holds what belongs to it, live", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const [first, second] = await many(seller, buyer, 2)
  await buyer.goto("/chat/?filter=selling")
  await expect(buyer.getByText("No questions yet")).toBeVisible()
  await buyer.goto("/chat/?filter=unread")
  await connected(buyer)
  await expect(buyer.getByText("Nothing waits for you")).toBeVisible()
  await say(seller, first.id, "It is")
  await expect(entries(buyer)).toHaveCount(1)
  await expect(buyer.getByText("Nothing waits for you")).toBeHidden()
  await call(buyer, "PUT", `/api/v1/conversations/${first.id}/read`, { seq: 9 })
  await expect(entries(buyer)).toHaveCount(0)
  await expect(buyer.getByText("Nothing waits for you")).toBeVisible()
  await say(seller, first.id, "Come by")
  await expect(entries(buyer, "Come by")).toHaveCount(1)

  await buyer.goto("/chat/?filter=archived")
  await connected(buyer)
  await expect(buyer.getByText("Nothing archived")).toBeVisible()
  await keep(buyer, second.id, { archived: true })
  await expect(entries(buyer, "Thing 02")).toHaveCount(1)
  await say(seller, second.id, "This brings it back")
  await expect(entries(buyer)).toHaveCount(0)
})

test("the filter stays beside the conversation that one opens", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const [first] = await many(seller, buyer, 2)
  await keep(buyer, first.id, { archived: true })
  await buyer.goto("/chat/?filter=archived")
  await entries(buyer, "Thing 01").getByRole("link").click()
  await buyer.waitForURL(`**${first.url}?filter=archived`)
  await expect(entries(buyer)).toHaveCount(1)
  await expect(buyer.locator('.chip[aria-current="true"]')).toHaveText("Archived")
})

test("what is pinned stays on top, and a message moves its conversation below it", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const all = await many(seller, buyer, 4)
  await buyer.goto("/chat/")
  await connected(buyer)
  await keep(buyer, all[1].id, { pinned: true })
  await expect(entries(buyer).first()).toContainText("Thing 02")
  await expect(entries(buyer).first().getByText("Pinned")).toBeAttached()
  await say(seller, all[0].id, "Hello")
  await expect(entries(buyer).nth(1)).toContainText("Thing 01")
  expect(await titles(buyer)).toEqual(["Thing 02", "Thing 01", "Thing 04", "Thing 03"])
  await buyer.reload()
  expect(await titles(buyer)).toEqual(["Thing 02", "Thing 01", "Thing 04", "Thing 03"])
  await keep(buyer, all[1].id, { pinned: false })
  await expect(entries(buyer).first()).toContainText("Thing 01")
})

test("the menu keeps a conversation, in every tab", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const [first, second] = await many(seller, buyer, 2)
  const tab = await buyer.context().newPage()
  await tab.goto("/chat/")
  await connected(tab)
  await buyer.bringToFront() // a tab behind another draws once a second
  await buyer.goto(first.url)
  await connected(buyer)
  const menu = buyer.locator(".menu-box summary")
  const choose = async (/** @type {string} */ name) => {
    await menu.click()
    await buyer.getByRole("button", { name, exact: true }).click()
  }
  /** Chooses what one stays on the page for. The answer closes the menu, and may come behind what the tabs are told. */
  const change = async (/** @type {string} */ name) => {
    await choose(name)
    await expect(buyer.locator(".menu-box details")).not.toHaveAttribute("open")
  }
  await change("Mute")
  await expect(entries(tab, "Thing 01").getByText("Muted")).toBeAttached()
  await expect(menu).toBeFocused()
  await change("Unmute")
  await expect(entries(tab, "Thing 01").getByText("Muted")).toBeHidden()
  await change("Mute for 8 hours")
  await expect(entries(tab, "Thing 01").getByText("Muted")).toBeAttached()
  await menu.click()
  await expect(buyer.getByText(/^Muted until \d/)).toBeVisible()
  await expect(buyer.getByRole("button", { name: "Mute for 8 hours" })).toBeHidden()
  await buyer.keyboard.press("Escape")
  // The time is over: every tab is told, and so is a page that is loaded.
  await keep(buyer, first.id, { muted: true, muted_for_ms: 1 })
  await expect(entries(tab, "Thing 01").getByText("Muted")).toBeHidden({ timeout: 15_000 })
  await change("Pin to the top")
  await expect(entries(tab).first()).toContainText("Thing 01")

  // By keyboard: the arrows go through it, Escape closes it.
  await menu.focus()
  await buyer.keyboard.press("ArrowDown")
  await expect(buyer.getByRole("button", { name: "Mute", exact: true })).toBeFocused()
  await buyer.keyboard.press("ArrowUp")
  await expect(buyer.getByRole("link", { name: "Delete" })).toBeFocused()
  await buyer.keyboard.press("Escape")
  await expect(menu).toBeFocused()
  await expect(buyer.getByRole("button", { name: "Mark as unread" })).toBeHidden()

  await choose("Mark as unread")
  await buyer.waitForURL("**/chat/")
  await expect(entries(buyer, "Thing 01").getByText("Marked as unread")).toBeAttached()
  await expect(tab).toHaveTitle(/^\(1\)/)
  // Looking at it takes that back.
  await buyer.goto(first.url)
  await expect(tab).not.toHaveTitle(/^\(/)

  await buyer.goto(second.url)
  await connected(buyer)
  await choose("Archive")
  await buyer.waitForURL("**/chat/")
  await expect(entries(buyer)).toHaveCount(1)
  await expect(entries(tab)).toHaveCount(1)
  await expect(buyer.getByRole("status").filter({ hasText: "Conversation archived" })).toBeVisible()
  await buyer.getByRole("button", { name: "Undo" }).click()
  await expect(entries(buyer)).toHaveCount(2)
  await expect(entries(tab)).toHaveCount(2)
})

test("an entry of the list has the same menu, by mouse, by finger and by key", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 } })
  await many(seller, buyer, 9)
  await buyer.goto("/chat/")
  await connected(buyer)
  const item = (/** @type {string} */ name) => buyer.getByRole("button", { name, exact: true })
  await entries(buyer, "Thing 03").click({ button: "right" })
  await expect(item("Mute")).toBeFocused()
  for (const name of ["Mute", "Mark as unread"]) await expect(item(name)).toBeInViewport({ ratio: 1 })
  await item("Mute").click()
  await expect(entries(buyer, "Thing 03").getByText("Muted")).toBeAttached()
  await expect(item("Mute")).toHaveCount(0)

  // The last one that is seen: the menu is seen whole too.
  await entries(buyer, "Thing 01").scrollIntoViewIfNeeded()
  await entries(buyer, "Thing 01").getByRole("link").focus()
  await entries(buyer, "Thing 01").getByRole("link").dispatchEvent("contextmenu")
  await expect(item("Mark as unread")).toBeInViewport({ ratio: 1 })
  await buyer.keyboard.press("Escape")
  await expect(item("Mark as unread")).toHaveCount(0)
  await expect(entries(buyer, "Thing 01").getByRole("link")).toBeFocused()

  await entries(buyer, "Thing 01").click({ button: "right" })
  await item("Mark as unread").click()
  await expect(buyer).toHaveURL(/\/chat\/$/)
  await expect(entries(buyer, "Thing 01").getByText("Marked as unread")).toBeAttached()
  await expect(buyer).toHaveTitle(/^\(1\)/)
  await buyer.getByRole("button", { name: "Undo" }).click()
  await expect(buyer).not.toHaveTitle(/^\(/)
  await entries(buyer, "Thing 02").click({ button: "right" })
  await item("Archive").click()
  await expect(entries(buyer)).toHaveCount(8)
})

test("without JavaScript the menu is a form", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ javaScriptEnabled: false })
  const [first] = await many(seller, buyer, 1)
  await buyer.goto(first.url)
  await buyer.locator(".menu-box summary").click()
  await buyer.getByRole("button", { name: "Mute", exact: true }).click()
  await buyer.locator(".menu-box summary").click()
  await expect(buyer.getByRole("button", { name: "Unmute" })).toBeVisible()
  await buyer.getByRole("button", { name: "Archive" }).click()
  await buyer.waitForURL("**/chat/")
  await expect(entries(buyer)).toHaveCount(0)
  await buyer.getByRole("link", { name: "Archived" }).click()
  await expect(entries(buyer)).toHaveCount(1)
})
