// People and things that a test makes for itself, so that tests do not see each other.

import { expect } from "@playwright/test"

let serial = 0

/**
 * @typedef {object} Somebody
 * @property {string} username
 * @property {string} name
 * @property {number} id
 */

/**
 * Registers somebody and signs the page's browser in as them.
 * @param {import("@playwright/test").Page} page
 * @param {string} name
 * @param {string} [base] the address of a server of the test's own
 * @returns {Promise<Somebody>}
 */
export async function register(page, name, base = "") {
  serial++
  const username = `t${process.pid}_${serial}`
  const { user } = await call(page, "POST", `${base}/api/v1/users`, { username, password: "correct horse", name })
  return { username, name, id: user.id }
}

/**
 * Offers a thing of the person who is signed in.
 * @param {import("@playwright/test").Page} page
 * @param {string} title
 * @param {string} [base]
 * @returns {Promise<{ id: number, url: string, title: string }>}
 */
export async function offer(page, title, base = "") {
  const { listing } = await call(page, "POST", `${base}/api/v1/listings`, {
    title,
    description: "As good as new.",
    price: { amount: 850_000, currency: "INR" },
    category: "cycles",
    condition: "good",
    city: "Pune",
  })
  return listing
}

/**
 * Begins a conversation about a thing and returns its page's address.
 * @param {import("@playwright/test").Page} page of the buyer
 * @param {number} listing
 * @param {string} message
 * @param {string} [base]
 * @returns {Promise<string>}
 */
export async function ask(page, listing, message, base = "") {
  const answer = await call(page, "POST", `${base}/api/v1/conversations`, {
    listing_id: listing,
    client_id: `ask-${listing}`,
    message,
  })
  return base + answer.conversation.url
}

/**
 * @param {import("@playwright/test").Page} page
 * @param {string} method
 * @param {string} url
 * @param {object} [data]
 */
export async function call(page, method, url, data) {
  const answer = await page.request.fetch(url, { method, data })
  if (!answer.ok()) throw new Error(`${method} ${url}: ${answer.status()} ${await answer.text()}`)
  return answer.status() === 204 ? {} : answer.json()
}

/**
 * Ends the session of a page as another device does. What the page asks for just then is refused, and the console
 * says so.
 * @param {import("@playwright/test").Page} page
 * @param {import("./test.js").Problems} problems
 */
export async function endSession(page, problems) {
  problems.allow(/status of 401 .*\/api\/v1\//)
  await call(page, "DELETE", "/api/v1/session")
}

/**
 * The bubbles of a conversation's page, by what they say.
 * @param {import("@playwright/test").Page} page
 * @param {string | RegExp} [text]
 */
export function bubbles(page, text) {
  const all = page.locator("message-list .message")
  return text === undefined ? all : all.filter({ hasText: text })
}

/**
 * What a page shows of a conversation, in order: "5 Hello" for the text of seq 5, "0 Hello" for
 * what is not sent.
 * @param {import("@playwright/test").Page} page
 * @returns {Promise<string[]>}
 */
export function listed(page) {
  return bubbles(page).evaluateAll((all) =>
    all.map((one) => `${one.dataset.seq ?? 0} ${one.querySelector(".text")?.firstChild?.nodeValue}`),
  )
}

/**
 * Waits until all pages show the same messages in the same order, which are those that the
 * server has, and expects the texts to be these.
 * @param {import("@playwright/test").Page[]} pages at one conversation
 * @param {string[]} texts
 */
export async function expectSame(pages, texts) {
  const want = texts.map((text, i) => `${i + 1} ${text}`)
  for (const page of pages) await expect.poll(() => listed(page), { timeout: 20_000 }).toEqual(want)
  const [, base, id] = pages[0].url().match(/^(.*?)\/chat\/.*?(\d+)\/$/) ?? []
  const { messages } = await call(pages[0], "GET", `${base}/api/v1/conversations/${id}/messages`)
  const said = messages.map((/** @type {{ seq: number, message: string }} */ one) => `${one.seq} ${one.message}`)
  expect(said).toEqual(want)
  expect(new Set(messages.map((/** @type {{ client_id: string }} */ one) => one.client_id)).size).toBe(want.length)
}

/**
 * Waits until the page's line is up.
 * @param {import("@playwright/test").Page} page
 */
export async function connected(page) {
  await page.locator('swapnest-chat[data-line="connected"]').waitFor({ state: "attached" })
}

/**
 * Has a page try for a line until it is up: by itself it waits between two attempts, and while one is under way it
 * begins no other.
 * @param {import("@playwright/test").Page} page
 */
export async function reconnected(page) {
  await expect(async () => {
    await page.evaluate(() => dispatchEvent(new Event("online")))
    await expect(page.locator("swapnest-chat")).toHaveAttribute("data-line", "connected", { timeout: 500 })
  }).toPass({ timeout: 15_000 })
}

/**
 * Has somebody who has begun to type go on: who rests for 5 s is shown no longer.
 * @param {import("@playwright/test").Page} page
 */
export async function keepTyping(page) {
  await page
    .getByRole("textbox", { name: "Message" })
    .evaluate((box) => void setInterval(() => box.dispatchEvent(new Event("input")), 1_000))
}

/**
 * Writes a message and presses Enter.
 * @param {import("@playwright/test").Page} page
 * @param {string} text
 */
export async function write(page, text) {
  const box = page.getByRole("textbox", { name: "Message" })
  await box.fill(text)
  await box.press("Enter")
}

/**
 * Waits until a message waits for a line and lies in the outbox: before that it is still a draft, which is all
 * that a page leaves behind that ends sooner.
 * @param {import("@playwright/test").Page} page
 * @param {string} text
 */
export async function waits(page, text) {
  await expect(bubbles(page, text)).toHaveAttribute("data-state", "waiting")
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith("swapnest.draft.")))
}

/**
 * Fills a conversation with many messages of the person of a page, "Line 1" and so on,
 * in any order, over several sockets of their own.
 * @param {import("@playwright/test").Page} page on a page of the site
 * @param {string | undefined} conversation its id
 * @param {number} count
 */
export async function fill(page, conversation, count) {
  await page.evaluate(
    async ({ conversation, count }) => {
      let next = 1
      /** @type {(n: number) => Promise<void>} */
      const work = (n) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/chat/${conversation}/`)
          const send = () => {
            if (n > count) return socket.close()
            socket.send(JSON.stringify({ type: "send", client_id: `fill-${n}`, message: `Line ${n}` }))
          }
          socket.onmessage = ({ data }) => {
            const { type, retryable, retry_after_ms: after } = JSON.parse(data)
            if (type === "ack") n = next++
            if (type === "hello" || type === "ack") send()
            else if (type === "error" && retryable) setTimeout(send, after || 500)
            else if (type === "error") reject(new Error(data))
          }
          // What a line that has ended did not acknowledge goes once more: under its id it is there once.
          socket.onclose = () => (n > count ? resolve() : setTimeout(() => resolve(work(n)), 500))
        })
      await Promise.all(Array.from({ length: 8 }, () => work(next++)))
    },
    { conversation, count },
  )
}
