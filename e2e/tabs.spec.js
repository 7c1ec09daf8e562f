// Contracts 3, 6 and 18 in a real browser: several tabs of one person share one outbox, and
// whatever happens to a tab, to the network or to the server, both people see each message
// once and in the same order.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { ask, bubbles, connected, expectSame, offer, reconnected, register, write } from "./people.js"
import { startServer } from "./server.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

/** A seller's page, and two tabs of a buyer, at one conversation. `before` prepares the buyer's tabs. */
async function three(
  /** @type {Page} */ seller,
  /** @type {Page} */ one,
  /** @type {(...tabs: Page[]) => Promise<unknown>} */ before = async () => {},
  base = "",
) {
  await register(seller, "Meera", base)
  await register(one, "Aarav", base)
  const url = await ask(one, (await offer(seller, "Lamp", base)).id, "Hello", base)
  const two = await one.context().newPage()
  await before(one, two)
  for (const page of [seller, one, two]) await page.goto(url)
  return { seller, one, two, url, pages: [seller, one, two] }
}

/** Notes the client id of each message that pages send. */
function noteSent(/** @type {Page[]} */ ...pages) {
  /** @type {string[]} */
  const sent = []
  for (const page of pages)
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        const frame = JSON.parse(String(payload))
        if (frame.type === "send") sent.push(frame.client_id)
      }),
    )
  return sent
}

/**
 * Loses what a page sends: "sends" before the server has it, "acks" after, "all" by having
 * no line at all.
 */
async function losing(/** @type {Page} */ page, /** @type {"sends" | "acks" | "all"} */ what) {
  const state = { lost: 0, mended: false }
  await page.routeWebSocket(/\/ws\/$/, (socket) => {
    if (what === "all" && !state.mended) return void socket.close({ code: 1011 })
    const server = socket.connectToServer()
    socket.onMessage((message) => {
      const isSend = JSON.parse(String(message)).type === "send"
      if (isSend) state.lost++
      if (!isSend || what !== "sends") server.send(message)
    })
    server.onMessage((message) => {
      const frame = JSON.parse(String(message))
      const answers = frame.type === "ack" || (frame.type === "message" && state.lost > 0)
      if (!answers || what !== "acks") socket.send(message)
    })
  })
  return state
}

/** The pages that have a turn to send, or wait for one. */
const turns = (/** @type {Page} */ page) =>
  page.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query()
    const ours = [...held, ...pending].filter(({ name }) => name?.startsWith("swapnest.outbox."))
    return ours.length
  })

/**
 * Expects that a tab sends its last message because the turn was handed to it, and not because
 * it took it from a tab that did nothing for 5 s.
 */
const finishes = (/** @type {Page} */ page, /** @type {string} */ text) =>
  expect(bubbles(page, text)).toHaveAttribute("data-state", /sent|delivered|read/, { timeout: 4_000 })

test("what two tabs have written without a network goes out once each, in the order of writing", async ({
  page,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  /** @type {string[]} */
  let sent = []
  const before = async (/** @type {Page[]} */ ...tabs) => (sent = noteSent(...tabs))
  const { one, two, pages } = await three(await newPerson(), page, before)
  for (const tab of pages) await connected(tab)
  await page.context().setOffline(true)
  const texts = ["first of one", "first of two", "second of one", "second of two"]
  for (const [i, text] of texts.entries()) {
    await write(i % 2 === 0 ? one : two, text)
    // Each tab shows what waits in the other.
    for (const tab of [one, two]) await expect(bubbles(tab, text)).toHaveAttribute("data-state", "waiting")
  }
  await page.context().setOffline(false)
  await expectSame(pages, ["Hello", ...texts])
  for (const tab of [one, two])
    for (const text of texts) await expect(bubbles(tab, text)).toHaveAttribute("data-state", /sent|delivered|read/)
  expect(sent).toHaveLength(texts.length)
  await expect.poll(() => turns(one)).toBe(0)
})

test("what is written in a tab without a line is sent by another, and shows as sent in both", async ({
  page,
  newPerson,
}) => {
  const { one, two, pages } = await three(await newPerson(), page, (one) => losing(one, "all"))
  await connected(two)
  await write(one, "By way of the other tab")
  for (const tab of [one, two])
    await expect(bubbles(tab, "By way")).toHaveAttribute("data-state", /sent|delivered|read/)
  await expect(one.locator("line-badge")).toHaveAttribute("data-state", "reconnecting")
  await expectSame(pages, ["Hello", "By way of the other tab"])
})

for (const lost of /** @type {const} */ (["sends", "acks"])) {
  test(`the tab that sends is closed when its ${lost} were lost, and the other finishes`, async ({
    page,
    newPerson,
  }) => {
    /** @type {{ lost: number }} */
    let line = { lost: 0 }
    const { seller, one, two } = await three(await newPerson(), page, async (one) => (line = await losing(one, lost)))
    for (const tab of [one, two]) await connected(tab)
    await write(one, "alpha")
    await expect.poll(() => line.lost).toBe(1)
    await write(one, "beta")
    // It is on the disk; a tab that is closed before keeps it as its draft.
    await expect(bubbles(two, "beta")).toBeAttached()
    await write(two, "gamma")
    await one.close()
    await finishes(two, "gamma")
    await expectSame([seller, two], ["Hello", "alpha", "beta", "gamma"])
    await expect.poll(() => turns(two)).toBe(0)
  })
}

test("the tab that sends crashes, and the other finishes", async ({ page, newPerson }) => {
  /** @type {{ lost: number }} */
  let line = { lost: 0 }
  const { seller, one, two } = await three(await newPerson(), page, async (one) => (line = await losing(one, "sends")))
  for (const tab of [one, two]) await connected(tab)
  await write(one, "alpha")
  await expect.poll(() => line.lost).toBe(1)
  await write(two, "beta")
  const crashed = one.waitForEvent("crash")
  await one.goto("chrome://crash").catch(() => {})
  await crashed
  await finishes(two, "beta")
  await expectSame([seller, two], ["Hello", "alpha", "beta"])
})

test("the tab that sends is frozen, and the other finishes; it comes back and shows the same", async ({
  page,
  newPerson,
}) => {
  /** @type {{ lost: number }} */
  let line = { lost: 0 }
  const before = async (/** @type {Page} */ one) => (line = await losing(one, "sends"))
  const { seller, one, two, pages } = await three(await newPerson(), page, before)
  for (const tab of [one, two]) await connected(tab)
  await write(one, "alpha")
  await expect.poll(() => line.lost).toBe(1)
  await write(two, "beta")
  // The browser that tests drive takes each page for one in front and freezes none.
  await one.evaluate(() => document.dispatchEvent(new Event("freeze")))
  await finishes(two, "beta")
  await expectSame([seller, two], ["Hello", "alpha", "beta"])
  await one.evaluate(() => document.dispatchEvent(new Event("resume")))
  await connected(one)
  await expectSame(pages, ["Hello", "alpha", "beta"])
})

test("the tab that sends is suspended without a word, and the other takes over", async ({ page, newPerson }) => {
  /** @type {{ lost: number }} */
  let line = { lost: 0 }
  const before = async (/** @type {Page} */ one) => (line = await losing(one, "sends"))
  const { seller, one, two, pages } = await three(await newPerson(), page, before)
  for (const tab of [one, two]) await connected(tab)
  await write(one, "alpha")
  await expect.poll(() => line.lost).toBe(1)
  const debug = await page.context().newCDPSession(one)
  await debug.send("Debugger.enable")
  const paused = new Promise((resolve) => debug.once("Debugger.paused", resolve))
  await debug.send("Debugger.pause")
  await write(two, "beta") // of which the first tab hears, and there it stands
  await paused
  await expectSame([seller, two], ["Hello", "alpha", "beta"])
  await debug.send("Debugger.disable")
  await expectSame(pages, ["Hello", "alpha", "beta"])
  await expect.poll(() => turns(two)).toBe(0)
})

test("what waits is there after a reload without a line, and goes out in its order", async ({ page, newPerson }) => {
  const state = { mended: false }
  const seller = await newPerson()
  const { one, two, pages } = await three(seller, page, async (...tabs) => {
    for (const tab of tabs) {
      const line = await losing(tab, "all")
      Object.defineProperty(line, "mended", { get: () => state.mended })
    }
  })
  for (const text of ["alpha", "beta", "gamma"]) await write(one, text)
  for (const tab of [one, two]) await expect(bubbles(tab)).toHaveCount(4)
  for (const tab of [one, two]) await tab.reload()
  await write(two, "delta")
  for (const tab of [one, two])
    for (const text of ["alpha", "beta", "gamma", "delta"])
      await expect(bubbles(tab, text)).toHaveAttribute("data-state", "waiting")
  state.mended = true
  // Nobody waits for the longest pause between two tries.
  for (const tab of [one, two]) await reconnected(tab)
  await expectSame(pages, ["Hello", "alpha", "beta", "gamma", "delta"])
})

test("a reload that fails for want of a network loses nothing", async ({ page, newPerson, problems }) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const { seller, one, two, url } = await three(await newPerson(), page)
  for (const tab of [one, two]) await connected(tab)
  await page.context().setOffline(true)
  await write(one, "alpha")
  await write(one, "beta")
  await expect(bubbles(two, "beta")).toHaveAttribute("data-state", "waiting")
  await two.close()
  await expect(one.reload()).rejects.toThrow(/ERR_INTERNET_DISCONNECTED/)
  await page.context().setOffline(false)
  await one.goto(url)
  await expectSame([seller, one], ["Hello", "alpha", "beta"])
})

test("a server that is killed while messages wait in two tabs has each once when it is back", async ({
  browser,
  problems,
}) => {
  problems.allow(/ERR_CONNECTION_REFUSED|WebSocket connection to/)
  const dataDir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  let server = await startServer({ dataDir })
  const contexts = [await browser.newContext(), await browser.newContext()]
  try {
    const [buyer, seller] = await Promise.all(contexts.map((context) => context.newPage()))
    const { one, two, pages } = await three(seller, buyer, undefined, server.url)
    for (const tab of pages) await connected(tab)
    const texts = ["Hello"]
    for (const round of ["first", "second"]) {
      // One is on its way when the power goes, and is committed or sent again.
      await write(one, `under way the ${round} time`)
      await server.kill()
      texts.push(`under way the ${round} time`)
      for (const [tab, text] of /** @type {[Page, string][]} */ ([
        [two, `alpha, ${round}`],
        [one, `beta, ${round}`],
        [two, `gamma, ${round}`],
      ])) {
        await write(tab, text)
        for (const each of [one, two]) await expect(bubbles(each, text)).toHaveAttribute("data-state", "waiting")
        texts.push(text)
      }
      server = await startServer({ dataDir, listen: new URL(server.url).host })
      // Nobody waits for the longest pause between two tries.
      for (const tab of pages) await tab.evaluate(() => dispatchEvent(new Event("online")))
      await expectSame(pages, texts)
    }
  } finally {
    for (const context of contexts) await context.close()
    await server.stop()
    await rm(dataDir, { recursive: true })
  }
})

test("a browser that stores nothing sends from the page", async ({ page, newPerson }) => {
  const { seller, one, two } = await three(await newPerson(), page, async (one, two) => {
    // One has no database, as in some private windows; the other's disk is full.
    await one.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("refused", "SecurityError")
      }
    })
    await two.addInitScript(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError")
      }
    })
  })
  for (const tab of [one, two]) await connected(tab)
  await write(one, "Without a database")
  await expect(bubbles(two, "Without a database")).toHaveAttribute("data-state", /sent|delivered|read/)
  await write(two, "With a full disk")
  await expectSame([seller, one, two], ["Hello", "Without a database", "With a full disk"])
})

test("a browser without locks sends from each tab, and each message is there once", async ({
  page,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const { one, two, pages } = await three(await newPerson(), page, async (...tabs) => {
    for (const tab of tabs)
      await tab.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }))
  })
  for (const tab of pages) await connected(tab)
  await page.context().setOffline(true)
  for (const text of ["alpha", "beta"]) {
    await write(one, text)
    await expect(bubbles(two, text)).toHaveAttribute("data-state", "waiting")
  }
  await page.context().setOffline(false)
  await expectSame(pages, ["Hello", "alpha", "beta"])
})
