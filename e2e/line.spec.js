// The line between page and server: what the badge and the banner say, and that nothing
// is lost, doubled or out of order after it was gone.

import { copyFile, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { ask, bubbles, call, connected, offer, reconnected, register, write } from "./people.js"
import { startServer } from "./server.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const badge = (/** @type {Page} */ page) => page.locator("line-badge")
const banner = (/** @type {Page} */ page) => page.locator(".timeline-box line-banner")

/** Two people in a conversation. */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Lamp")).id, "Hello")
  return { url, api: `/api/v1/conversations/${url.match(/(\d+)\/$/)?.[1]}` }
}

/** A line that the test can cut and mend. */
async function switchable(/** @type {Page} */ page) {
  let cut = false
  /** @type {Set<import("@playwright/test").WebSocketRoute>} */
  const open = new Set()
  await page.routeWebSocket(/\/ws\/$/, (socket) => {
    if (cut) return void socket.close({ code: 1011 })
    open.add(socket)
    const server = socket.connectToServer()
    socket.onMessage((message) => !cut && server.send(message))
    server.onMessage((message) => !cut && socket.send(message))
  })
  return {
    cut() {
      cut = true
      for (const socket of open) void socket.close({ code: 1011 })
      open.clear()
    },
    mend: () => (cut = false),
  }
}

/** What people have said in a conversation, in order. */
const said = (/** @type {Page} */ page) =>
  bubbles(page)
    .locator(".text")
    .evaluateAll((all) => all.map((one) => one.firstChild?.nodeValue))

test("the badge says Connected in green, and the console says the original's lines", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  /** @type {string[]} */
  const lines = []
  buyer.on("console", (message) => lines.push(message.text()))
  const { url } = await two(seller, buyer)
  const line = await switchable(buyer)
  await buyer.goto(url)
  await connected(buyer)
  await expect(badge(buyer)).toHaveText("Connected")
  expect(lines.filter((line) => line.startsWith("WebSocket"))).toEqual(["WebSocket connection established"])
  line.cut()
  await expect.poll(() => lines).toContain("WebSocket connection closed")
})

test("a blink goes unseen: no banner within two seconds", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url } = await two(seller, buyer)
  const line = await switchable(buyer)
  await buyer.goto(url)
  await connected(buyer)
  // Notes for how long the line is lost, and whether the banner shows at any moment.
  await buyer.evaluate(() => {
    const banner = document.querySelector(".timeline-box line-banner")
    if (!banner) return
    const blink = { took: 0, shown: false }
    Object.assign(globalThis, { blink })
    let lostAt = 0
    document.querySelector("swapnest-chat")?.addEventListener("line", (event) => {
      const { state, lostAt: at = lostAt } = /** @type {CustomEvent} */ (event).detail
      lostAt = at
      if (state === "connected") blink.took = Date.now() - lostAt
    })
    new MutationObserver(() => (blink.shown ||= !banner.hasAttribute("hidden"))).observe(banner, { attributes: true })
  })
  // On a machine that is busy a line may take longer than a blink to come back, and another one is looked at.
  let blink
  do {
    await expect(banner(buyer)).toBeHidden({ timeout: 15_000 }) // what it says after one that was seen
    await buyer.evaluate(() => void Object.assign(/** @type {any} */ (globalThis).blink, { shown: false }))
    line.cut()
    await expect(badge(buyer)).toHaveAttribute("data-state", "reconnecting")
    line.mend()
    await reconnected(buyer)
    await expect(badge(buyer)).toHaveText("Connected")
    blink = await buyer.evaluate(() => /** @type {any} */ (globalThis).blink)
  } while (blink.took > 1_900)
  expect(blink.shown).toBe(false)
})

test("a lost line shows its seconds and Try now, and what went and came when it is back", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url, api } = await two(seller, buyer)
  const line = await switchable(buyer)
  await buyer.goto(url)
  await connected(buyer)
  await buyer.evaluate(() => void (Math.random = () => 1)) // waits between attempts double, and none is shorter by chance
  line.cut()
  await expect(banner(buyer)).toContainText("Reconnecting in")
  await expect(badge(buyer)).toHaveText(/Reconnecting in \d+ s/, { timeout: 15_000 })
  for (const text of ["one", "two", "three"]) await write(buyer, text)
  await expect(bubbles(buyer, "two")).toHaveAttribute("data-state", "waiting")
  await expect(bubbles(buyer, "two").getByText("Waiting to send")).toBeAttached()
  for (const text of ["four", "five"])
    await call(seller, "POST", `${api}/messages`, { client_id: `s-${text}`, message: text })
  // The next attempt is further away than the assertion waits: what brings the line back is the button.
  await expect(badge(buyer)).toHaveText(/Reconnecting in ([6-9]|\d\d) s/, { timeout: 15_000 })
  // The banner's good news last for seconds, and the last message may take as long: its clock stands still.
  await buyer.evaluate(() => {
    const now = Date.now()
    Date.now = () => now
  })
  line.mend()
  await banner(buyer).getByRole("button", { name: "Try now" }).click()
  await expect(badge(buyer)).toHaveText("Connected", { timeout: 5_000 })
  await expect(banner(buyer)).toContainText("Back again. 3 messages sent, 2 received.")
  for (const text of ["one", "two", "three"])
    await expect(bubbles(buyer, text)).toHaveAttribute("data-state", /sent|delivered|read/)
  await seller.goto(url)
  await connected(seller)
  const want = ["Hello", "four", "five", "one", "two", "three"]
  await expect.poll(() => said(seller)).toEqual(want)
  await expect.poll(() => said(buyer)).toEqual(want)
})

test("without a network it says so at once, and is back with it", async ({ page: seller, newPerson, problems }) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson()
  const { url } = await two(seller, buyer)
  await buyer.goto(url)
  await connected(buyer)
  await buyer.context().setOffline(true)
  await expect(badge(buyer)).toHaveAttribute("data-state", "reconnecting")
  await expect(banner(buyer)).toContainText("You are offline.")
  await write(buyer, "Written in a tunnel")
  await expect(bubbles(buyer, "Written in a tunnel")).toHaveAttribute("data-state", "waiting")
  await buyer.context().setOffline(false)
  await connected(buyer)
  await expect(bubbles(buyer, "Written in a tunnel")).toHaveAttribute("data-state", "sent")
})

test("a server that is started anew within a blink loses nothing in either direction", async ({
  browser,
  problems,
}) => {
  problems.allow(/ERR_CONNECTION_REFUSED|WebSocket connection to/)
  const dataDir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  let server = await startServer({ dataDir })
  const contexts = [await browser.newContext(), await browser.newContext()]
  try {
    const [buyer, seller] = await Promise.all(contexts.map((context) => context.newPage()))
    await register(seller, "Meera", server.url)
    await register(buyer, "Aarav", server.url)
    const url = await ask(buyer, (await offer(seller, "Chair", server.url)).id, "Hello", server.url)
    for (const page of [buyer, seller]) {
      await page.goto(url)
      await connected(page)
    }
    const { host } = new URL(server.url)
    for (const round of [1, 2, 3]) {
      await write(buyer, `buyer ${round}`)
      await write(seller, `seller ${round}`)
      if (round === 2) await server.kill()
      else await server.stop()
      await write(buyer, `buyer ${round} again`)
      server = await startServer({ dataDir, listen: host })
      for (const page of [buyer, seller]) await connected(page)
    }
    const texts = [1, 2, 3].flatMap((n) => [`buyer ${n}`, `buyer ${n} again`])
    for (const page of [buyer, seller]) {
      await expect(bubbles(page)).toHaveCount(10)
      const all = await said(page)
      expect(all.filter((text) => text?.startsWith("buyer"))).toEqual(texts)
      expect(all.filter((text) => text?.startsWith("seller"))).toEqual(["seller 1", "seller 2", "seller 3"])
    }
    expect(await said(buyer)).toEqual(await said(seller))
  } finally {
    for (const context of contexts) await context.close()
    await server.stop()
    await rm(dataDir, { recursive: true })
  }
})

test("what was said before a restore stands under no message that was said after it", async ({ browser, problems }) => {
  problems.allow(/ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|WebSocket connection to/)
  const dataDir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  let server = await startServer({ dataDir })
  const contexts = [await browser.newContext(), await browser.newContext()]
  try {
    const [buyer, seller] = await Promise.all(contexts.map((context) => context.newPage()))
    await register(seller, "Meera", server.url)
    await register(buyer, "Aarav", server.url)
    const url = await ask(buyer, (await offer(seller, "Chair", server.url)).id, "Hello", server.url)
    const listen = new URL(server.url).host
    const again = async () => (server = await startServer({ dataDir, listen }))
    await server.stop()
    await copyFile(join(dataDir, "swapnest.db"), join(dataDir, "backup"))
    await again()
    await seller.goto(url)
    await connected(seller)
    const messages = url.replace("/chat/conversation/", "/api/v1/conversations/") + "messages"
    const says = (/** @type {string} */ message) => call(buyer, "POST", messages, { client_id: message, message })
    await says("before")
    await expect(bubbles(seller, "before")).toBeVisible()
    await seller.context().setOffline(true)
    await server.stop()
    await copyFile(join(dataDir, "backup"), join(dataDir, "swapnest.db"))
    await again()
    // The database counts on from the backup, and gives it the id that the lost one had.
    await says("after")
    await seller.context().setOffline(false)
    await connected(seller)
    await expect.poll(() => said(seller)).toEqual(["Hello", "after"])
  } finally {
    for (const context of contexts) await context.close()
    await server.stop()
    await rm(dataDir, { recursive: true })
  }
})

/** Answers what the page sends with a refusal, as long as refuse says one. */
async function refusing(/** @type {Page} */ page, /** @type {() => object | undefined} */ refuse) {
  await page.routeWebSocket(/\/ws\/$/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((message) => {
      const frame = JSON.parse(String(message))
      const refusal = frame.type === "send" && refuse()
      if (refusal) socket.send(JSON.stringify({ type: "error", client_id: frame.client_id, ...refusal }))
      else server.send(message)
    })
    server.onMessage((message) => socket.send(message))
  })
}

test("who writes too fast is told how long to wait, and it goes out by itself", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url } = await two(seller, buyer)
  let refuse = true
  await refusing(buyer, () =>
    refuse
      ? { code: "rate_limited", detail: "A little slower, please.", retryable: true, retry_after_ms: 3_000 }
      : undefined,
  )
  await buyer.goto(url)
  await connected(buyer)
  await write(buyer, "Too fast")
  await expect(banner(buyer)).toContainText(/A little slower, please\. You can send again in \d s/)
  await expect(bubbles(buyer, "Too fast")).toHaveAttribute("data-state", "waiting")
  refuse = false
  await expect(bubbles(buyer, "Too fast")).toHaveAttribute("data-state", "sent", { timeout: 10_000 })
  await expect(banner(buyer)).toBeHidden()
})

test("a conversation that is closed meanwhile says so, and what was written can be copied", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url } = await two(seller, buyer)
  await refusing(buyer, () => ({ code: "closed", detail: "This conversation is closed.", retryable: false }))
  await buyer.goto(url)
  await connected(buyer)
  await write(buyer, "One more thing")
  await expect(bubbles(buyer, "One more thing")).toHaveAttribute("data-state", "failed")
  await expect(bubbles(buyer, "One more thing")).toContainText("Not sent")
  await expect(buyer.getByRole("textbox", { name: "Message" })).toHaveCount(0)
  await expect(buyer.locator(".composer-closed")).toContainText("This conversation is closed.")
  await expect(buyer.locator(".composer-closed").getByRole("link", { name: "Go to the shop" })).toBeVisible()
})

test("a failed message is tried again under the same id, and is one message", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url, api } = await two(seller, buyer)
  let refuse = true
  await refusing(buyer, () =>
    refuse ? { code: "bad_text", detail: "That did not work.", retryable: false } : undefined,
  )
  await buyer.goto(url)
  await connected(buyer)
  await write(buyer, "At last")
  const bubble = bubbles(buyer, "At last")
  await expect(bubble).toHaveAttribute("data-state", "failed")
  const id = await bubble.getAttribute("data-client-id")
  await buyer.reload()
  await connected(buyer)
  await expect(bubble).toHaveAttribute("data-state", "failed")
  refuse = false
  await bubble.getByRole("button", { name: "Retry" }).click()
  await expect(bubble).toHaveAttribute("data-state", "sent")
  await expect(bubble).toHaveAttribute("data-client-id", id ?? "")
  const { messages } = await call(buyer, "GET", `${api}/messages`)
  expect(messages.map((/** @type {{ client_id: string }} */ one) => one.client_id).filter((one) => one === id)).toEqual(
    [id],
  )
})

test("closed conversations and former members of the demo town have no box, and a way on", async ({ page }) => {
  await page.goto("/accounts/login/")
  await page.getByRole("button", { name: /Aarav/ }).click()
  await page.waitForURL("**/chat/")
  await page.goto("/chat/?filter=selling")
  for (const [name, text, way] of [
    ["Former member", "closed their account", "See similar things"],
    ["Kabir & Anu", "This conversation is closed.", "Go to the shop"],
  ]) {
    await page.goto("/chat/?filter=selling")
    await page.locator(".inbox-item").filter({ hasText: name }).first().getByRole("link").click()
    await expect(page.locator(".composer-closed")).toContainText(text)
    await expect(page.locator(".composer-closed").getByRole("link")).toHaveText(way)
    await expect(page.getByRole("textbox", { name: "Message" })).toHaveCount(0)
    await expect(page.locator(".conversation-name")).toHaveText(name)
    await connected(page)
  }
})
