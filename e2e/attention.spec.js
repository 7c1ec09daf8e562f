// What tells of something new while one looks elsewhere: the count of title and icon in
// every tab, and the sound.

import { ask, call, connected, offer, register } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

let serial = 0
/** Writes through the API, as from another device. */
const say = (/** @type {Page} */ page, /** @type {string} */ url, /** @type {string} */ text) =>
  call(page, "POST", `/api/v1/conversations/${idOf(url)}/messages`, { client_id: `att-${++serial}`, message: text })

const idOf = (/** @type {string} */ url) => url.match(/(\d+)\/$/)?.[1]

const icon = (/** @type {Page} */ page) => page.locator('link[rel="icon"]')

/** Two people in a conversation. */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Lamp")
  return { thing, url: await ask(buyer, thing.id, "Hello") }
}

test("title and icon carry the same count in every tab, whatever page it shows", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url, thing } = await two(seller, buyer)
  const context = buyer.context()
  const [shop, product] = [await context.newPage(), await context.newPage()]
  await shop.goto("/shop/")
  await product.goto(thing.url)
  await buyer.goto("/chat/")
  await connected(buyer)
  for (const tab of [buyer, shop, product]) {
    await expect(tab).not.toHaveTitle(/^\(/)
    await expect(icon(tab)).toHaveAttribute("href", /favicon\.svg$/)
  }
  await say(seller, url, "Still there")
  for (const tab of [buyer, shop, product]) {
    await expect(tab).toHaveTitle(/^\(1\) /)
    await expect(icon(tab)).toHaveAttribute("href", /^data:image\/png/)
  }
  await expect(shop.locator(".bar [data-unread-count]")).toHaveText(/1/)
  // Without a script the title says it too.
  const html = await (await buyer.request.get("/shop/")).text()
  expect(html).toContain("<title>(1) ")

  await buyer.goto(url)
  for (const tab of [buyer, shop, product]) {
    await expect(tab).not.toHaveTitle(/^\(/)
    await expect(icon(tab)).toHaveAttribute("href", /favicon\.svg$/)
  }
})

/** Counts the sounds of a page's tabs instead of playing them. */
async function listen(/** @type {Page} */ page) {
  let sounds = 0
  await page.context().exposeFunction("sounded", () => sounds++)
  await page.context().addInitScript(() => {
    const part = () => ({
      frequency: {},
      gain: { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} },
      connect: (/** @type {unknown} */ next) => next,
      start() {},
      stop() {},
    })
    Object.assign(globalThis, {
      AudioContext: class {
        currentTime = 0
        destination = {}
        resume = () => /** @type {any} */ (globalThis).sounded()
        createOscillator = part
        createGain = part
      },
    })
  })
  return () => sounds
}

test("the sound is off until one wants it, and then comes once for a burst, from one tab", async ({
  page: seller,
  newPerson,
}) => {
  test.slow()
  const buyer = await newPerson()
  const { url } = await two(seller, buyer)
  const sounds = await listen(buyer)
  const other = await buyer.context().newPage()
  await buyer.goto("/chat/")
  await other.goto("/chat/")
  await connected(buyer)
  await connected(other)
  const button = buyer.getByRole("button", { name: "Sound for new messages" })
  await expect(button).toHaveAttribute("aria-pressed", "false")
  await say(seller, url, "Unheard")
  await expect(buyer).toHaveTitle(/^\(1\)/)
  await buyer.waitForTimeout(1_500) // a sound would have come by now
  expect(sounds()).toBe(0)

  await button.click()
  await expect(button).toHaveAttribute("aria-pressed", "true")
  await expect(other.getByRole("button", { name: "Sound for new messages" })).toHaveAttribute("aria-pressed", "true")
  expect(sounds()).toBe(1) // so sounds the sound
  await other.locator("h1").click() // this tab may play too, now
  await buyer.waitForTimeout(4_000) // the burst before is over
  for (const text of ["One", "Two", "Three"]) await say(seller, url, text)
  await expect.poll(sounds).toBe(2)
  await buyer.waitForTimeout(1_500)
  expect(sounds()).toBe(2)

  // Not for what is muted.
  await call(buyer, "PATCH", `/api/v1/conversations/${idOf(url)}`, { muted: true })
  await buyer.waitForTimeout(4_000)
  await say(seller, url, "Psst")
  await buyer.waitForTimeout(1_500)
  expect(sounds()).toBe(2)

  // Not for what one looks at. Another tab learns of that when it has been read, which a
  // busy machine does not always do in time: it is closed.
  await other.close()
  await call(buyer, "PATCH", `/api/v1/conversations/${idOf(url)}`, { muted: false })
  await buyer.goto(url)
  await connected(buyer)
  await say(seller, url, "Here you are")
  await expect(buyer.getByText("Here you are").last()).toBeVisible()
  await buyer.waitForTimeout(1_500)
  expect(sounds()).toBe(2)
})
