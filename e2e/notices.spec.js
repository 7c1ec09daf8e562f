// The bell and the page behind it.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

let serial = 0
/** Writes through the API, as from another device. */
const say = (/** @type {Page} */ page, /** @type {string} */ url, /** @type {string} */ text) =>
  call(page, "POST", `/api/v1/conversations/${url.match(/(\d+)\/$/)?.[1]}/messages`, {
    client_id: `notice-${++serial}`,
    message: text,
  })

const bell = (/** @type {Page} */ page) => page.locator(".bar .count[data-bell-count]")
const rows = (/** @type {Page} */ page) => page.locator(".notification")

/** Notes every number that the bell of a page shows from now on. */
async function watchBell(/** @type {Page} */ page) {
  await page.evaluate(() => {
    const mark = document.querySelector(".bar .count[data-bell-count]")
    if (!(mark instanceof HTMLElement)) throw new Error("no bell")
    /** @type {any} */
    const seen = []
    Object.assign(globalThis, { seen })
    new MutationObserver(() => mark.hidden || seen.push(mark.textContent)).observe(mark, {
      attributes: true,
      subtree: true,
      childList: true,
    })
  })
  return () => page.evaluate(() => /** @type {any} */ (globalThis).seen)
}

/**
 * Notes from now on how old messages are as somebody's page reads them, and tells whether each was so young that no
 * notice is made of it. On a busy machine a page may read later, and the bell rings until then.
 */
function readsInTime(/** @type {Page} */ page, /** @type {number} */ me) {
  /** @type {any[]} */
  const frames = []
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => void frames.push(JSON.parse(String(payload)))),
  )
  return () => {
    const written = frames.filter(({ type, sender_id }) => type === "message" && sender_id !== me)
    expect(written).not.toEqual([])
    return written.every(({ seq, timestamp }) => {
      const read = frames.find((one) => one.type === "read" && one.user_id === me && one.seq >= seq)
      return read && Date.parse(read.timestamp) - Date.parse(timestamp) < 500
    })
  }
}

test("who looks never sees a badge, who is away sees exactly one", async ({ page: away, newPerson }) => {
  const looking = await newPerson()
  const other = await newPerson()
  await register(away, "Meera")
  const me = await register(looking, "Aarav")
  await register(other, "Kabir")
  const thing = await offer(away, "Lamp")
  const url = await ask(looking, thing.id, "Hello")
  // Somebody else asks about the same thing: the seller looks at Aarav's conversation.
  await away.goto("/shop/")
  await expect(bell(away)).toHaveText(/^1/)
  const inTime = readsInTime(looking, me.id)
  await looking.goto(url)
  await connected(looking)
  const seen = await watchBell(looking)
  for (let n = 1; n <= 2; n++) {
    await say(away, url, `Answer ${n}`)
    await expect(bubbles(looking, `Answer ${n}`)).toBeVisible()
    await write(looking, `Question ${n}`)
  }
  await ask(other, thing.id, "Me too")
  // Two conversations, one badge of two: each counts once, however much is said in it.
  await expect(bell(away)).toHaveText(/^2/)
  // Before the next one, which does not come from the page.
  await expect(bubbles(looking, "Question 2")).toHaveAttribute("data-state", /sent|delivered|read/)
  await say(looking, url, "Question 3")
  // The notices of what was said last have been looked at once this one has come.
  await expect
    .poll(async () => (await call(away, "GET", "/api/v1/notifications")).notifications[0].text)
    .toBe("Question 3")
  await expect(bell(away)).toHaveText(/^2/)
  expect((await call(away, "GET", "/api/v1/notifications")).notifications).toHaveLength(2)
  const of = async (query = "") => (await call(looking, "GET", `/api/v1/notifications${query}`)).notifications
  await expect.poll(() => of("?unread=true")).toEqual([])
  if (inTime()) expect([await seen(), await of()]).toEqual([[], []])
  await expect(bell(looking)).toBeHidden()

  // Reading it takes the badge away in every tab.
  const tab = await away.context().newPage()
  await tab.goto("/shop/")
  await expect(bell(tab)).toHaveText(/^2/)
  await away.goto(url)
  await expect(bell(away)).toHaveText(/^1/)
  await expect(bell(tab)).toHaveText(/^1/)
})

test("the page of notices is live, and everything on it can be done", async ({ page: fan, newPerson }) => {
  const seller = await newPerson()
  await register(fan, "Meera")
  await register(seller, "Aarav <b>")
  const things = [await offer(seller, "Cycle"), await offer(seller, "Sofa")]
  const joined = fan.locator("unread-watch[data-joined]")
  for (const { id } of things) await call(fan, "PUT", `/api/v1/wishlist/${id}`)
  const url = await ask(fan, things[0].id, "Hello")
  await fan.goto("/notifications/")
  await expect(fan.getByRole("heading", { name: "Nothing yet" })).toBeVisible()
  await expect(joined).toBeAttached()
  await say(seller, url, "It is here")
  await expect(rows(fan)).toHaveCount(1)
  await expect(rows(fan).first()).toContainText("Aarav <b> wrote about Cycle")
  await expect(rows(fan).first()).toContainText("It is here")
  // A further message moves the notice up, and rings no bell for it. The first one has loaded the page again.
  await expect(joined).toBeAttached()
  await say(seller, url, "Come at six")
  await expect(rows(fan).first()).toContainText("Come at six")
  await expect(rows(fan)).toHaveCount(1)
  await call(seller, "PATCH", `/api/v1/listings/${things[0].id}`, { price: { amount: 800_000, currency: "INR" } })
  await expect(rows(fan)).toHaveCount(2)
  await expect(rows(fan).first()).toContainText("Cycle now costs ₹8,000")
  await expect(rows(fan).first()).toContainText("It was ₹8,500.")
  await call(seller, "PATCH", `/api/v1/listings/${things[1].id}`, { status: "sold" })
  await expect(rows(fan)).toHaveCount(3)
  await expect(rows(fan).first()).toContainText("Sofa was sold")
  await expect(bell(fan)).toHaveText(/^3/)
  expect(await violations(fan)).toEqual([])

  await fan.getByRole("link", { name: "Saved things" }).click()
  await expect(rows(fan)).toHaveCount(2)
  await fan.waitForLoadState() // or the button would be that of a page without a script
  await rows(fan).first().getByRole("button", { name: "Mark as read: Sofa was sold" }).click()
  await expect(bell(fan)).toHaveText(/^2/)
  await expect(rows(fan).first()).not.toHaveAttribute("data-unread")
  await rows(fan).first().getByRole("button", { name: "Delete: Sofa was sold" }).click()
  await expect(rows(fan)).toHaveCount(1)
  // What one opens is read.
  await rows(fan).first().getByRole("link").click()
  await expect(fan).toHaveURL(things[0].url)
  await expect(bell(fan)).toHaveText(/^1/)
  await fan.goto("/notifications/")
  await fan.getByRole("button", { name: "Mark all as read" }).click()
  await expect(bell(fan)).toBeHidden()
  await fan.getByRole("link", { name: /^Unread/ }).click()
  await expect(fan.getByRole("heading", { name: "All is read" })).toBeVisible()
  await fan.getByRole("link", { name: "All", exact: true }).click()
  await expect(rows(fan)).toHaveCount(2)
  await fan.getByRole("link", { name: "Clear all" }).click()
  await fan.getByRole("button", { name: "Clear all" }).click()
  await expect(fan.getByRole("heading", { name: "Nothing yet" })).toBeVisible()
})

test("a notice that has moved up before the page had its line shows all the same", async ({ page: fan, newPerson }) => {
  const seller = await newPerson()
  await register(fan, "Meera")
  await register(seller, "Aarav")
  const url = await ask(fan, (await offer(seller, "Cycle")).id, "Hello")
  const first = async () => (await call(fan, "GET", "/api/v1/notifications")).notifications[0]?.text
  await say(seller, url, "It is here")
  await expect.poll(first).toBe("It is here")
  let free = () => {}
  const held = new Promise((resolve) => (free = () => resolve(undefined)))
  await fan.routeWebSocket("**/ws/", async (socket) => {
    await held
    socket.connectToServer()
  })
  await fan.goto("/notifications/")
  await expect(rows(fan)).toContainText("It is here")
  await say(seller, url, "Come at six")
  await expect.poll(first).toBe("Come at six")
  free()
  await expect(rows(fan)).toContainText("Come at six")
})

test("a switch counts as it is pressed, and is obeyed", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Lamp")
  await seller.goto("/notifications/preferences/")
  const asked = seller.getByRole("switch", { name: "Questions about my things, here" })
  await expect(asked).toBeChecked()
  await asked.uncheck()
  await expect(seller.getByText("Saved.")).toBeVisible()
  await seller.reload()
  await expect(asked).not.toBeChecked()
  await expect(seller.getByRole("switch", { name: "New messages, here" })).toBeChecked()
  const url = await ask(buyer, thing.id, "Hello")
  await say(buyer, url, "And another one")
  await expect(bell(seller)).toHaveText(/^1/)
  const { notifications } = await call(seller, "GET", "/api/v1/notifications")
  expect(notifications.map(({ type }) => type)).toEqual(["new_message"])
  expect(await violations(seller)).toEqual([])
})

test("notices are read, deleted and chosen without a script", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const plain = await newPerson({ javaScriptEnabled: false, viewport: { width: 320, height: 700 } })
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Lamp")
  await ask(buyer, thing.id, "Hello")
  await plain.context().addCookies(await seller.context().cookies())
  await expect.poll(async () => (await call(seller, "GET", "/api/v1/me")).unread.notifications).toBe(1)
  await plain.goto("/shop/")
  await expect(bell(plain)).toHaveText(/^1/)
  await plain
    .locator(".bar")
    .getByRole("link", { name: /Notifications/ })
    .click()
  await expect(rows(plain)).toHaveCount(1)
  await plain.getByRole("navigation", { name: "Kind" }).getByRole("link", { name: "Messages" }).click()
  await plain.getByRole("button", { name: /Mark as read: Aarav asks about Lamp/ }).click()
  await expect(rows(plain).first()).not.toHaveAttribute("data-unread")
  await expect(plain).toHaveURL(/\?type=messages$/)
  await plain.getByRole("button", { name: /Delete:/ }).click()
  await expect(plain.getByRole("heading", { name: "Nothing yet" })).toBeVisible()
  await expect(plain).toHaveURL(/\?type=messages$/)
  await plain.getByRole("switch", { name: "Lower prices, here" }).uncheck()
  await plain.getByRole("button", { name: "Save" }).click()
  await expect(plain.getByRole("switch", { name: "Lower prices, here" })).not.toBeChecked()
  await expect(plain.getByRole("switch", { name: "New messages, here" })).toBeChecked()
})

test("the original's addresses of notices answer its scripts", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Lamp")
  await ask(buyer, thing.id, "Hello")
  const count = async () => (await (await seller.request.get("/notifications/unread-count/")).json()).unread_count
  await expect.poll(count).toBe(1)
  const [{ id }] = (await call(seller, "GET", "/api/v1/notifications")).notifications
  const post = async (/** @type {string} */ path) => {
    const answer = await seller.request.post(path, { headers: { "X-Requested-With": "XMLHttpRequest" } })
    return { status: answer.status(), body: await answer.json().catch(() => null) }
  }
  expect(await post(`/notifications/read/${id}/`)).toEqual({ status: 200, body: { success: true, unread_count: 0 } })
  expect(await count()).toBe(0)
  expect((await post("/notifications/mark-all-read/")).body).toEqual({ success: true, unread_count: 0 })
  expect((await post(`/notifications/delete/${id}/`)).body).toEqual({ success: true, unread_count: 0 })
  expect((await post(`/notifications/delete/${id}/`)).status).toBe(404)
  expect((await post("/notifications/clear-all/")).body).toEqual({ success: true, unread_count: 0 })
})
