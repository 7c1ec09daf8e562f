// Two nodes on one PostgreSQL and one Redis, as docs/operations.md has them: whoever is at the
// one finds the other as if there were no second node.

import { joined, startCluster } from "./cluster.js"
import { ask, bubbles, connected, expectSame, keepTyping, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

/** @type {import("./cluster.js").Cluster} */
let cluster

test.beforeAll(async () => {
  cluster = await startCluster(2)
})

test.afterAll(async () => {
  await cluster?.stop()
})

/** Where the nodes are: the seller is at the first, the buyer at the second. */
const one = () => cluster.nodes[0].url
const two = () => cluster.nodes[1].url

/** Two people who know of a thing, and what begins their conversation and returns its path. */
async function people(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera", one())
  await register(buyer, "Aarav", two())
  const thing = await offer(seller, "Lamp", one())
  return { begin: async () => new URL(await ask(buyer, thing.id, "Hello", two())).pathname }
}

/** Both have their conversation open. */
async function talking(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  const path = await (await people(seller, buyer)).begin()
  await seller.goto(one() + path)
  await buyer.goto(two() + path)
  for (const page of [seller, buyer]) await connected(page)
  return path
}

const badge = (/** @type {Page} */ page) => page.locator("line-badge")
const bell = (/** @type {Page} */ page) => page.locator(".bar .count[data-bell-count]")
const box = (/** @type {Page} */ page) => page.getByRole("textbox", { name: "Message" })
const dot = (/** @type {Page} */ page) => page.locator(".conversation-header presence-dot")
const presence = (/** @type {Page} */ page) => page.locator("presence-text")
const typing = (/** @type {Page} */ page) => page.locator(".typing-shown")
const unread = (/** @type {Page} */ page) => page.locator(".bar [data-unread-count]")

/** Expects that what is written on a page is seen on the other, with its ticks. */
async function crosses(/** @type {Page} */ from, /** @type {Page} */ to, /** @type {string} */ text) {
  await write(from, text)
  await expect(bubbles(to, text)).toHaveAttribute("data-side", "theirs")
  await expect(bubbles(to, text)).toHaveCount(1)
}

test("two people at two nodes see each other come, write, read and go", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const path = await (await people(seller, buyer)).begin()
  await buyer.goto(two() + path)
  await connected(buyer)
  await expect(dot(buyer)).toBeHidden()
  // A node does not know who is at another one: its page says that they are away, until its
  // script has asked.
  expect(await (await seller.request.get(one() + path)).text()).not.toContain('data-state="online"')
  await seller.goto(one() + path)
  await connected(seller)
  for (const page of [seller, buyer]) {
    await expect(presence(page)).toHaveText("online")
    await expect(dot(page)).toBeVisible()
  }
  await expect(bubbles(buyer, "Hello")).toHaveAttribute("data-state", "read")

  for (const [from, to, text] of /** @type {[Page, Page, string][]} */ ([
    [seller, buyer, "It is"],
    [buyer, seller, "Good"],
  ])) {
    await box(from).pressSequentially(text)
    await keepTyping(from)
    await expect(typing(to)).toBeVisible()
    await box(from).press("Enter")
    await expect(typing(to)).toBeHidden()
    await expect(bubbles(to, text)).toHaveAttribute("data-side", "theirs")
    await expect(bubbles(from, text)).toHaveAttribute("data-state", "read")
  }

  // Nobody has it, then a page that shows the list, then somebody who looks.
  await buyer.goto("about:blank")
  await write(seller, "Are you there?")
  await expect(bubbles(seller, "Are you there?")).toHaveAttribute("data-state", "sent")
  await buyer.goto(two() + "/chat/")
  await connected(buyer)
  await write(seller, "Come at six")
  for (const text of ["Are you there?", "Come at six"])
    await expect(bubbles(seller, text)).toHaveAttribute("data-state", "delivered")
  await buyer.locator(".inbox-item").filter({ hasText: "Meera" }).getByRole("link").click()
  for (const text of ["Are you there?", "Come at six"])
    await expect(bubbles(seller, text)).toHaveAttribute("data-state", "read")

  await connected(buyer)
  await expect(presence(buyer)).toHaveText("online")
  await seller.goto("about:blank")
  await expect(presence(buyer)).toHaveText(/last seen/, { timeout: 20_000 }) // a reload is no going
  await expect(dot(buyer)).toBeHidden()
})

test("badges, title and bell come at the other node, and go when one reads at this one", async ({
  page: shop,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { begin } = await people(shop, buyer)
  // One person, with pages at both nodes: a cookie is for a host, whatever the port.
  const [list, reading] = [await shop.context().newPage(), await shop.context().newPage()]
  await shop.goto(one() + "/shop/")
  await list.goto(one() + "/chat/")
  await connected(list)
  await expect(bell(shop)).toBeHidden()
  const path = await begin()
  const entry = list.locator(".inbox-item").filter({ hasText: "Aarav" })
  for (const page of [shop, list]) {
    await expect(page).toHaveTitle(/^\(1\) /)
    await expect(unread(page)).toHaveText(/^1/)
    await expect(bell(page)).toHaveText(/^1/)
  }
  await expect(entry.locator(".count")).toHaveText(/^1/)

  await reading.goto(two() + path)
  for (const page of [shop, list]) {
    await expect(page).not.toHaveTitle(/^\(/)
    await expect(unread(page)).toBeHidden()
    await expect(bell(page)).toBeHidden()
  }
  await expect(entry.locator(".count")).toBeHidden()
})

test("who is at a node that is killed loses nothing, and who is at the other notices nothing", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_CONNECTION_REFUSED|WebSocket connection to/)
  const buyer = await newPerson()
  await talking(seller, buyer)
  await crosses(buyer, seller, "Before")
  await cluster.nodes[1].kill()
  await expect(badge(buyer)).toHaveAttribute("data-state", "reconnecting")
  for (const text of ["One", "Two"]) await write(buyer, text)
  await box(buyer).pressSequentially("Half a sen")
  await write(seller, "Meanwhile")
  await expect(bubbles(seller, "Meanwhile")).toHaveAttribute("data-state", "sent")
  await expect(buyer.locator("line-banner")).toContainText("Reconnecting")
  for (const text of ["One", "Two"]) await expect(bubbles(buyer, text)).toHaveAttribute("data-state", "waiting")
  await expect(badge(seller)).toHaveText("Connected")

  await cluster.restart(1)
  await buyer
    .getByRole("button", { name: "Try now" })
    .click({ timeout: 2_000 })
    .catch(() => {}) // it may be back already
  await connected(buyer)
  await expectSame([seller, buyer], ["Hello", "Before", "Meanwhile", "One", "Two"])
  await expect(box(buyer)).toHaveValue("Half a sen")
})

test("logging out at one node ends the line at the other", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await talking(seller, buyer)
  const tab = await buyer.context().newPage()
  await tab.goto(one() + "/accounts/profile/")
  await tab.getByRole("button", { name: "Log out" }).click()
  await expect(buyer.locator("line-banner")).toContainText("You were signed out")
  await expect(badge(buyer)).toHaveText("Disconnected")
  await expect(badge(seller)).toHaveText("Connected")
})

test("without Redis messages still reach the other node, and pages stay connected", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  await talking(seller, buyer)
  await crosses(seller, buyer, "Before")
  await cluster.redis.kill()
  try {
    // Before the nodes have noticed, and when they have.
    await crosses(seller, buyer, "One")
    await crosses(buyer, seller, "Two")
    for (const node of [one(), two()])
      await expect.poll(async () => (await (await fetch(`${node}/readyz`)).json()).checks.bus).toBe("unavailable")
    await crosses(seller, buyer, "Three")
    await crosses(buyer, seller, "Four")
    for (const page of [seller, buyer]) await expect(badge(page)).toHaveText("Connected")
  } finally {
    await cluster.redis.start()
  }
  for (const node of cluster.nodes) await joined(node)
  // Each conversation is asked for anew within a second; that somebody writes is told again as they go on.
  await expect(async () => {
    await box(seller).pressSequentially("There it is ")
    await expect(typing(buyer)).toBeVisible({ timeout: 500 })
  }).toPass({ timeout: 15_000 })
  await expectSame([seller, buyer], ["Hello", "Before", "One", "Two", "Three", "Four"])
})
