// Finding what was said: while one types, in a conversation and in all of them, with and without a script.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const field = (/** @type {Page} */ page) => page.getByRole("searchbox", { name: "Words or" })
const said = (/** @type {Page} */ page) => page.locator(".chat-search-said")
const hits = (/** @type {Page} */ page) => page.locator(".chat-search .hit")
const painted = (/** @type {Page} */ page) =>
  page.evaluate(() => [...(CSS.highlights.get("found") ?? [])].map((range) => String(range)))

/** The id of the conversation that a page shows. */
const idOf = (/** @type {string} */ url) => Number(/\/(\d+)\/$/.exec(new URL(url, "http://x").pathname)?.[1])

/** Waits until the index has what was said: a page asks once for what somebody has typed. */
const indexed = (/** @type {Page} */ page, /** @type {string} */ url, /** @type {string} */ words, count = 1) => {
  const asked = `/api/v1/search?q=${encodeURIComponent(words)}&conversation_id=${idOf(url)}`
  return expect.poll(async () => (await call(page, "GET", asked)).hits.length, { timeout: 15_000 }).toBe(count)
}

test("what one writes the other finds, edited and deleted too", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Brass lamp")).id, "Is the LÄMPCHEN still there?")
  for (let i = 0; i < 60; i++) {
    await call(buyer, "POST", `/api/v1/conversations/${idOf(url)}/messages`, {
      client_id: `m${i}`,
      message: `line ${i}`,
    })
    if (i % 15 === 14) await buyer.waitForTimeout(1) // lets other pages be answered
  }
  for (const page of [seller, buyer]) {
    await page.goto(url)
    await connected(page)
  }
  await write(buyer, "I take the lampchen 🎉 with me, see https://example.org/lampchen")

  await indexed(seller, url, "lamp", 2)

  // In the conversation, by the keyboard alone.
  await seller.getByRole("link", { name: "Search this chat" }).press("Enter")
  await expect(field(seller)).toBeFocused()
  await field(seller).pressSequentially("lamp")
  await expect(said(seller)).toHaveText("2 messages")
  await expect(hits(seller)).toHaveCount(2)
  await expect(hits(seller).first().locator("mark")).toHaveText(["lampchen", "lampchen"])
  expect(await violations(seller)).toEqual([])
  await field(seller).press("Enter")
  await expect(said(seller)).toHaveText("1 of 2")
  await expect(hits(seller).first()).toBeHidden()
  await expect(bubbles(seller, "I take the")).toHaveAttribute("data-found", "")
  expect(await painted(seller)).toEqual(["lampchen", "lampchen"])
  await expect(field(seller)).toBeFocused()

  // The older one is not loaded: a page of its own brings it, with the search still there.
  await field(seller).press("Enter")
  await expect(seller).toHaveURL(/message=\d+&q=lamp#m\d+$/)
  await expect(said(seller)).toHaveText("2 of 2")
  await expect(bubbles(seller, "Is the LÄMPCHEN")).toBeInViewport()
  await expect(bubbles(seller, "Is the LÄMPCHEN")).toHaveAttribute("data-found", "")
  await expect.poll(() => painted(seller)).toEqual(["LÄMPCHEN"])

  // What becomes of a message becomes of what is found.
  const { messages } = await call(buyer, "GET", `/api/v1/conversations/${idOf(url)}/messages`)
  const last = messages.at(-1).message_id
  await call(buyer, "PATCH", `/api/v1/conversations/${idOf(url)}/messages/${last}`, {
    message: "I take the <b>lantern</b>",
  })
  await indexed(seller, url, "lantern")
  await field(seller).fill("lantern")
  await expect(hits(seller).locator(".hit-text")).toHaveText(["I take the <b>lantern</b>"])
  await expect(said(seller)).toHaveText("1 message")
  await field(seller).fill("lamp")
  await expect(hits(seller).locator(".hit-text")).toHaveText(["Is the LÄMPCHEN still there?"])
  await expect(said(seller)).toHaveText("1 message")
  await call(buyer, "DELETE", `/api/v1/conversations/${idOf(url)}/messages/${last}`)
  await field(seller).fill("lantern")
  await expect(said(seller)).toHaveText(/^Nothing found\. Try/)
  await field(seller).press("Escape")
  await expect(field(seller)).toBeHidden()
  await expect(seller.getByRole("link", { name: "Search this chat" })).toBeFocused()
  expect(await painted(seller)).toEqual([])
})

test("what was looked for without a line is found when there is one", async ({ page: seller, newPerson, problems }) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/)
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Brass lamp")).id, "Is the lamp still there?")
  await buyer.setViewportSize({ width: 390, height: 844 })
  await buyer.goto(url)
  await connected(buyer)
  await write(buyer, "I have a chair for it")
  await indexed(buyer, url, "chair")
  await buyer.getByRole("link", { name: "Search this chat" }).click()
  await field(buyer).fill("lamp")
  await expect(hits(buyer)).toHaveCount(1)
  await buyer.context().setOffline(true)
  await field(buyer).fill("chair")
  await expect(said(buyer)).toContainText("There is no connection")
  await expect(hits(buyer)).toHaveCount(0)
  // Whom one writes to is read in full beside what the line says.
  await expect(buyer.locator("line-badge")).not.toHaveAttribute("data-state", "connected", { timeout: 15_000 })
  const name = buyer.locator(".conversation-header").getByText("Meera", { exact: true }).first()
  expect(await name.evaluate((one) => one.scrollWidth <= one.clientWidth + 1)).toBe(true)
  await buyer.context().setOffline(false)
  await connected(buyer)
  await expect(hits(buyer)).toHaveCount(1)
  await expect(hits(buyer).locator("mark")).toHaveText("chair")
})

test("words, things and people, also without a script", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  await register(seller, "Meera")
  await register(buyer, "Aarav Quillfeather")
  const url = await ask(buyer, (await offer(seller, "Brass lamp")).id, "绿丝绒扶手椅还在吗? पीतल की लैंप")
  await buyer.goto(url)
  await buyer.getByRole("link", { name: "Search this chat" }).click()
  await expect(buyer.getByRole("heading", { name: "What are you looking for?" })).toBeVisible()
  await indexed(buyer, url, "扶手 लैंप")
  await field(buyer).fill("扶手 लैंप")
  await field(buyer).press("Enter")
  await expect(buyer.locator(".hit mark")).toHaveText(["扶手", "लैंप"])
  await expect(buyer.getByRole("status")).toHaveText("1 message.")
  await field(buyer).fill("lamp")
  await field(buyer).press("Enter")
  await buyer.getByRole("link", { name: "Search all chats" }).click()
  await expect(buyer.getByRole("heading", { name: "Things" })).toBeVisible()
  await buyer.getByRole("searchbox").fill("?!")
  await buyer.getByRole("searchbox").press("Enter")
  await expect(buyer.getByRole("heading", { name: "Type a word" })).toBeVisible()

  await seller.goto("/chat/search/?q=" + encodeURIComponent("quillf"))
  await expect(seller.getByRole("heading", { name: "People" })).toBeVisible()
  await expect(seller.locator(".hit mark")).toHaveText("Quillfeather")
  expect(await violations(seller)).toEqual([])
  await seller.goto("/chat/search/?q=" + encodeURIComponent("扶手"))
  await seller.locator(".hit a").click()
  await connected(seller)
  await expect(bubbles(seller, "绿丝绒")).toBeInViewport()
  await expect.poll(() => painted(seller)).toEqual(["扶手"])
})

test("a search that has not come to the end yet says so, and goes on", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  // The index is asked for some of many words alone: hundreds have those, and one has all.
  const words = "bicycle basket helmet saddle pedals lights mudguard carrier"
  const url = await ask(buyer, (await offer(seller, "Cycle")).id, `${words} in red`)
  const say = (/** @type {number} */ i) =>
    call(buyer, "POST", `/api/v1/conversations/${idOf(url)}/messages`, { client_id: `m${i}`, message: words })
  for (let i = 0; i < 660; i += 33) await Promise.all(Array.from({ length: 33 }, (_, k) => say(i + k)))
  const all = () => call(seller, "GET", `/api/v1/search?q=${encodeURIComponent(words)}&conversation_id=${idOf(url)}`)
  const last = (await call(seller, "GET", `/api/v1/conversations/${idOf(url)}/messages`)).messages.at(-1).message_id
  await expect.poll(async () => (await all()).hits[0]?.message.message_id, { timeout: 15_000 }).toBe(last)

  await seller.goto(url)
  await connected(seller)
  await seller.getByRole("link", { name: "Search this chat" }).press("Enter")
  await field(seller).fill(`red ${words}`)
  await expect(said(seller)).toHaveText("Nothing in the newest messages. Go on to older ones.")
  await expect(seller.getByRole("button", { name: "Newer message found" })).toBeDisabled()
  await seller.getByRole("button", { name: "Older message found" }).click()
  await expect(said(seller)).toHaveText("1 of 1")
  await expect(bubbles(seller, "in red")).toHaveAttribute("data-found", "")

  await seller.goto(`/chat/search/?q=${encodeURIComponent(`red ${words}`)}`)
  await expect(seller.getByRole("heading", { name: "Nothing so far" })).toBeVisible()
  expect(await violations(seller)).toEqual([])
  await seller.getByRole("link", { name: "Older messages" }).click()
  await expect(seller.locator(".hit")).toHaveCount(1)
})
