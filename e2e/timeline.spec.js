// The timeline of long conversations: where it opens, what it loads, that it stays
// smooth, and that what one reads never moves.

import { ask, bubbles, call, connected, fill, keepTyping, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

/**
 * Two people, and a conversation that the seller has filled.
 * @param {Page} seller
 * @param {Page} buyer
 * @param {number} lines of the seller, behind the buyer's question
 */
async function filled(seller, buyer, lines) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Hero Sprint cycle")).id, "The question")
  const id = url.match(/(\d+)\/$/)?.[1]
  await seller.goto("/shop/")
  await fill(seller, id, lines)
  const api = `/api/v1/conversations/${id}`
  /** @type {{ messages: { seq: number, message_id: number, message: string }[] }} */
  const { messages } = await call(buyer, "GET", `${api}/messages?after=0&limit=200`)
  return { url, api, messages, send: (text) => say(seller, api, text) }
}

let serial = 0
/** @param {Page} page */
const say = (page, api, text) => call(page, "POST", `${api}/messages`, { client_id: `say-${++serial}`, message: text })

/** The seqs of the bubbles, which must have no gap. */
async function seqs(/** @type {Page} */ page) {
  const all = await bubbles(page).evaluateAll((nodes) => nodes.map((node) => Number(node.dataset.seq)))
  expect(all).toEqual(Array.from(all, (_, i) => all[0] + i))
  return all
}

/** Scrolls the timeline by turns of the wheel, as a hand does. */
async function wheel(/** @type {Page} */ page, /** @type {number} */ y) {
  await page.locator(".timeline").hover()
  await page.mouse.wheel(0, y)
}

/** Waits until nothing has scrolled for some frames. */
function still(/** @type {Page} */ page) {
  return page.locator(".timeline").evaluate(async (timeline) => {
    let same = 0
    while (same < 10) {
      const at = timeline.scrollTop
      await new Promise(requestAnimationFrame)
      same = at === timeline.scrollTop ? same + 1 : 0
    }
  })
}

/** Where a message stands on the screen. */
async function top(/** @type {Page} */ page, /** @type {string} */ id) {
  return Math.round((await page.locator(`#${id}`).boundingBox())?.y ?? NaN)
}

/** The first message that is wholly on the screen. */
function first(/** @type {Page} */ page) {
  return page.evaluate(() => {
    const top = document.querySelector(".timeline")?.getBoundingClientRect().top ?? 0
    return [...document.querySelectorAll(".message")].find((one) => one.getBoundingClientRect().top >= top)?.id ?? ""
  })
}

test("with 300 new messages it opens at the first of them, and reading on reaches the end", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url, api, send } = await filled(seller, buyer, 340)
  await call(buyer, "PUT", `${api}/read`, { seq: 41 })
  await buyer.goto(url)
  await connected(buyer)
  const divider = buyer.locator("li.unread")
  await expect(divider).toBeInViewport()
  await expect(buyer.locator('li.unread + .message[data-seq="42"]')).toBeInViewport()
  await expect(buyer.locator('.message[data-seq="341"]')).toHaveCount(0)
  // The end is not loaded, so it offers to go there, and says what has come since.
  const jump = buyer.locator(".jump")
  await expect(jump).toBeVisible()
  await send("A new one, far below")
  await expect(jump).toContainText("1")
  await expect(buyer.locator('.message[data-seq="342"]')).toHaveCount(0)
  await expect(divider).toBeInViewport()

  // What was seen is read, and no more.
  await expect(async () => {
    const { conversation } = await call(buyer, "GET", api)
    expect(conversation.unread).toBeGreaterThan(270)
    expect(conversation.unread).toBeLessThan(301)
  }).toPass()

  await expect(async () => {
    await wheel(buyer, 1500)
    await expect(bubbles(buyer, "A new one, far below")).toBeInViewport({ timeout: 100 })
  }).toPass({ intervals: [100] })
  await expect(jump).toBeHidden()
  await seqs(buyer)
  await expect(async () => {
    expect((await call(buyer, "GET", api)).conversation.unread).toBe(0)
  }).toPass()
  // The divider stays for the visit.
  await expect(divider).toHaveCount(1)
})

test("loading in either direction moves nothing of what one reads", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url, messages } = await filled(seller, buyer, 900)
  const middle = messages[150]
  // Pages come when the test lets them.
  /** @type {(() => void)[]} */
  const held = []
  await buyer.route(/\/messages\?(before|after)=/, async (route) => {
    await new Promise((resolve) => held.push(() => resolve(undefined)))
    await route.continue()
  })
  await buyer.goto(`${url}?message=${middle.message_id}#m${middle.message_id}`)
  await connected(buyer)
  for (const way of [-1, 1, -1]) {
    await expect(async () => {
      await wheel(buyer, way * 600)
      expect(held.length).toBeGreaterThan(0)
    }).toPass({ intervals: [50] })
    // The wheel rolls on for a moment, and moves what one reads by itself.
    await still(buyer)
    const count = (await seqs(buyer)).length
    const id = await first(buyer)
    const before = await top(buyer, id)
    for (const go of held.splice(0)) go()
    await expect(async () => expect((await seqs(buyer)).length).not.toBe(count)).toPass()
    expect(Math.abs((await top(buyer, id)) - before)).toBeLessThanOrEqual(1)
  }
})

test("a page that cannot be loaded says so and can be asked for again", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_FAILED/)
  const buyer = await newPerson()
  const { url, api } = await filled(seller, buyer, 120)
  await call(buyer, "PUT", `${api}/read`, { seq: 121 })
  let broken = true
  await buyer.route(/\/messages\?before=/, (route) => (broken ? route.abort() : route.continue()))
  await buyer.goto(url)
  await connected(buyer)
  await wheel(buyer, -20_000)
  const again = buyer.locator('[data-move="older"]')
  await expect(again).toContainText("could not be loaded")
  await expect(again.locator(".older-fault")).toBeVisible()
  broken = false
  await again.getByRole("link").click()
  await expect(buyer.locator('.message[data-seq="30"]')).toHaveCount(1)
  await expect(again.locator(".older-fault")).toBeHidden()
})

test("a link to a message opens the conversation there and sets it off", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url, messages } = await filled(seller, buyer, 300)
  const wanted = messages[99]
  await buyer.goto(`${url}?message=${wanted.message_id}#m${wanted.message_id}`)
  const message = buyer.locator(`#m${wanted.message_id}`)
  await expect(message).toBeInViewport()
  await expect(message.locator(".bubble")).not.toHaveCSS("outline-style", "none")
  await connected(buyer)
  await expect(message).toBeInViewport()
  await expect(buyer.locator(".jump")).toBeVisible()

  // The time of a message is the link to it.
  const other = buyer.locator(`#m${messages[101].message_id}`)
  await other.hover()
  await other.locator(".stamp").click()
  await expect(buyer).toHaveURL(`${url}?message=${messages[101].message_id}#m${messages[101].message_id}`)
  await expect(other.locator(".bubble")).not.toHaveCSS("outline-style", "none")
  await expect(message.locator(".bubble")).toHaveCSS("outline-style", "none")

  // A link that is followed on the page, to a message that is not loaded.
  const far = messages[3]
  await buyer.evaluate((id) => (location.hash = `m${id}`), far.message_id)
  await expect(buyer.locator(`#m${far.message_id}`)).toBeInViewport()

  // One that is not there is no reason to show nothing.
  for (const beyond of ["?message=999999999#m999999999", "?after=999999", "?before=1"]) {
    await buyer.goto(url + beyond)
    await expect(bubbles(buyer).first()).toBeAttached()
  }
})

test("writing above the end goes to the end, and the message stands there once", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url, messages } = await filled(seller, buyer, 600)
  await buyer.goto(`${url}?message=${messages[50].message_id}`)
  await connected(buyer)
  await write(buyer, "From far above")
  await expect(bubbles(buyer, "From far above")).toBeInViewport()
  await expect(bubbles(buyer, "From far above")).toHaveAttribute("data-state", "sent")
  await expect(bubbles(buyer, "From far above")).toHaveCount(1)
  await expect(buyer.locator('.message[data-seq="601"]')).toBeInViewport()
  await seqs(buyer)
  await expect(buyer.locator(".jump")).toBeHidden()
})

test("new messages are announced and fade in, history is and does neither", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url, api, send } = await filled(seller, buyer, 80)
  await call(buyer, "PUT", `${api}/read`, { seq: 81 })
  await buyer.goto(url)
  await connected(buyer)
  const log = buyer.getByRole("log")
  await expect(log).toBeEmpty()
  await expect(buyer.locator(".message[data-new]")).toHaveCount(0)
  await wheel(buyer, -20_000)
  await expect(buyer.locator('.message[data-seq="5"]')).toHaveCount(1)
  await expect(log).toBeEmpty()
  await send("Are you coming?")
  await expect(log).toHaveText("Meera: Are you coming?")
  const fresh = bubbles(buyer, "Are you coming?")
  await expect(fresh).toHaveAttribute("data-new", "")
  await expect(fresh).toHaveCSS("animation-name", "settle")
  await expect(buyer.locator(".message[data-new]")).toHaveCount(1)
  await buyer.emulateMedia({ reducedMotion: "reduce" })
  await expect(fresh).toHaveCSS("animation-name", "none")
})

test(
  "10,000 messages stay smooth to scroll through, and the page stays small",
  { tag: "@alone" },
  async ({ page: seller, newPerson }) => {
    test.setTimeout(180_000)
    const buyer = await newPerson()
    const { url, api } = await filled(seller, buyer, 9_999)
    await call(buyer, "PUT", `${api}/read`, { seq: 10_000 })
    await buyer.goto(url)
    await connected(buyer)
    await expect(buyer.locator('.message[data-seq="10000"]')).toBeInViewport()
    await buyer.evaluate(() => {
      /** @type {number[]} */
      const long = []
      Object.assign(globalThis, { long })
      new PerformanceObserver((list) => long.push(...list.getEntries().map((one) => one.duration))).observe({
        type: "longtask",
      })
    })
    // A long fling: some pixels in each frame, and a rest only where a page is on its way.
    const { most, frames } = await buyer.evaluate(async () => {
      const timeline = /** @type {HTMLElement} */ (document.querySelector(".timeline"))
      const older = document.querySelector('[data-move="older"]')
      let [most, frames] = [0, 0]
      while (!older?.hasAttribute("hidden") || timeline.scrollHeight - timeline.clientHeight + timeline.scrollTop > 1) {
        timeline.scrollBy(0, -600)
        most = Math.max(most, document.querySelectorAll(".message").length)
        frames++
        await new Promise(requestAnimationFrame)
      }
      return { most, frames }
    })
    await expect(bubbles(buyer, "The question")).toBeInViewport()
    const long = await buyer.evaluate(() => /** @type {any} */ (globalThis).long)
    console.log(
      `${frames} frames, at most ${most} bubbles, long tasks: ${long.map(Math.round).join(", ") || "none"} ms`,
    )
    expect(most).toBeLessThanOrEqual(600)
    // A machine that is busy may hold up a frame or two, but not one page in twenty.
    expect(long.filter((/** @type {number} */ ms) => ms > 100).length).toBeLessThanOrEqual(10)
  },
)

test("times and days are those of the reader, exact when one asks", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ timezoneId: "Asia/Tokyo", locale: "en-GB" })
  const { url, messages } = await filled(seller, buyer, 2)
  const [stamp, last] = [messages[0], messages[2]].map((one) => new Date(/** @type {any} */ (one).timestamp))
  await buyer.clock.setFixedTime(last) // so that it is today, also when a day begins meanwhile
  await buyer.goto(url)
  await connected(buyer)
  const timeZone = "Asia/Tokyo"
  const want = stamp.toLocaleTimeString("en-GB", { timeZone, hour: "numeric", minute: "2-digit" })
  const time = bubbles(buyer, "The question").locator("time")
  await expect(time).toHaveText(want)
  await expect(time).toHaveAttribute(
    "title",
    new RegExp(`${stamp.toLocaleDateString("en-GB", { timeZone, year: "numeric" })}.*:.*:`),
  )
  await expect(buyer.locator("li.day").last()).toHaveText("Today")
  // Inside a run the time shows for who points at it or comes to it by keyboard.
  const inside = bubbles(buyer, "Line").first()
  await expect(inside).toHaveAttribute("data-run", "first")
  await expect(inside.locator(".meta")).toHaveCSS("opacity", "0")
  await inside.hover()
  await expect(inside.locator(".meta")).toHaveCSS("opacity", "1")
  await buyer.mouse.move(0, 0)
  await bubbles(buyer).last().locator(".bubble").focus()
  await buyer.keyboard.press("ArrowUp")
  await expect(inside.locator(".bubble")).toBeFocused()
  await expect(inside.locator(".meta")).toHaveCSS("opacity", "1")
})

test("the typing line moves nothing, and links are safe and say where they lead", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url } = await filled(seller, buyer, 30)
  await buyer.goto(url)
  await seller.goto(url)
  await connected(buyer)
  await connected(seller)
  const places = () =>
    buyer.locator(".message, .composer").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top))
  const before = await places()
  await seller.getByRole("textbox", { name: "Message" }).pressSequentially("https://bank.test@evil.test/x")
  await keepTyping(seller)
  await expect(buyer.locator(".typing-shown")).toBeVisible()
  expect(await places()).toEqual(before)
  await expect(buyer.locator(".typing-shown")).toBeVisible()
  await seller.keyboard.press("Enter")
  await expect(buyer.locator(".typing-shown")).toBeHidden()
  const script = ["javascript", "alert(1)"].join(":")
  await write(seller, `${script} and mailto:meera@example.test`)
  for (const reload of [false, true]) {
    if (reload) await buyer.reload()
    const link = bubbles(buyer).getByRole("link", { name: "https://bank.test@evil.test/x" })
    await expect(link).toHaveAttribute("rel", "noopener nofollow ugc")
    await expect(link).toHaveAttribute("target", "_blank")
    await expect(bubbles(buyer, "bank.test").locator(".host")).toHaveText("(evil.test)")
    await expect(bubbles(buyer, script).locator(".text > a:not(.stamp)")).toHaveCount(1)
    await expect(bubbles(buyer).getByRole("link", { name: "mailto:meera@example.test" })).toBeVisible()
  }
})
