// What the service worker makes of a push: the real one, which is handed messages as a push service would.

import { workerKeeps } from "./kept.js"
import { ask, call, connected, endSession, offer, register } from "./people.js"
import { notifications, worker } from "./push-browser.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

test.use({ serviceWorkers: "allow", permissions: ["notifications"] })

let serial = 0
/** the page that one comes to when one has logged out */
const front = /^http:..[^/]+\/$/
const idOf = (/** @type {string} */ url) => Number(url.match(/(\d+)\/$/)?.[1])
const say = (/** @type {Page} */ page, /** @type {string} */ url, /** @type {string} */ text) =>
  call(page, "POST", `/api/v1/conversations/${idOf(url)}/messages`, { client_id: `push-${++serial}`, message: text })

/**
 * Two people who talk about two things; the page is the seller's, on a page that is no chat, with the worker at its
 * side. It is handed what the server would send of the notices that there are.
 */
async function away(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  const me = await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Cycle")).id, "Hello")
  const other = await ask(buyer, (await offer(seller, "Lamp")).id, "Hello")
  const notices = async () => (await call(seller, "GET", "/api/v1/notifications?unread=true")).notifications
  const noticeOf = async (/** @type {string} */ address) => {
    const found = () =>
      notices().then((all) => all.find((/** @type {any} */ one) => one.conversation_id === idOf(address)))
    await expect.poll(found).toBeTruthy()
    return (await found()).id
  }
  const [notice, otherNotice] = [await noticeOf(url), await noticeOf(other)]
  await seller.goto("/shop/")
  const deliver = await worker(seller)
  // The worker knows who is here once it has been told.
  await expect.poll(() => heldBy(seller)).toBe(me.id)
  const push = (/** @type {object} */ more = {}) =>
    deliver(
      JSON.stringify({
        type: "notice",
        notice,
        tag: tagOf(url),
        title: "Aarav wrote about Cycle",
        body: "Is it there?",
        url,
        at: "2026-11-28T22:00:00Z",
        unread: 1,
        user: me.id,
        ...more,
      }),
    )
  const pushOther = (/** @type {object} */ more = {}) =>
    push({ notice: otherNotice, tag: tagOf(other), title: "Aarav wrote about Lamp", url: other, ...more })
  return { me, url, notice, noticeOf, deliver, push, pushOther }
}

const tagOf = (/** @type {string} */ url) => `conversation-${idOf(url)}`

/** Who is signed in, as the worker of a page's site knows it. */
const heldBy = (/** @type {Page} */ page) => workerKeeps(page, "person")

const titles = async (/** @type {Page} */ page) => (await notifications(page)).map(({ title }) => title)

test("a message is shown, a further one takes its place, and what cannot be read is told plainly", async ({
  page: seller,
  newPerson,
}) => {
  const { me, url, notice, deliver, push } = await away(seller, await newPerson())
  await push()
  await expect
    .poll(() => notifications(seller))
    .toMatchObject([
      { title: "Aarav wrote about Cycle", body: "Is it there?", tag: tagOf(url), data: { notice, url, user: me.id } },
    ])
  const [{ icon }] = await notifications(seller)
  expect((await seller.request.get(icon)).headers()["content-type"]).toBe("image/png")
  await push({ body: "Hello?", at: "2026-11-28T22:00:01Z" })
  await expect.poll(async () => (await notifications(seller)).map(({ body }) => body)).toEqual(["Hello?"])
  await push({ user: me.id + 1, tag: "conversation-999", title: "For somebody else" })
  await deliver("{")
  await expect
    .poll(async () => (await titles(seller)).sort())
    .toEqual(["Aarav wrote about Cycle", "Something new on SwapNest"])
})

test("a clear message closes what was shown, and what comes late stays away", async ({ page: seller, newPerson }) => {
  const { push, pushOther } = await away(seller, await newPerson())
  await push()
  await pushOther()
  await expect.poll(() => titles(seller)).toHaveLength(2)
  await push({ type: "clear" })
  await expect.poll(() => titles(seller)).toEqual(["Aarav wrote about Lamp"])
  await push()
  await pushOther({ title: "Behind it" })
  await expect.poll(() => titles(seller)).toEqual(["Behind it"])
})

test("nothing is shown of the conversation on the screen", async ({ page: seller, newPerson }) => {
  const { url, push, pushOther } = await away(seller, await newPerson())
  await seller.goto(url)
  await connected(seller)
  await push()
  await pushOther()
  await expect.poll(() => titles(seller)).toEqual(["Aarav wrote about Lamp"])
})

test("what one reads on another device goes from the screen, and nothing else does", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { me, url, notice, noticeOf, push, pushOther } = await away(seller, buyer)
  const phone = await newPerson()
  await call(phone, "POST", "/api/v1/session", { username: me.username, password: "correct horse" })
  await push()
  await pushOther()
  await expect.poll(() => titles(seller)).toHaveLength(2)
  await phone.goto(url)
  await connected(phone)
  await expect.poll(() => titles(seller)).toEqual(["Aarav wrote about Lamp"])
  await phone.goto("/shop/")
  await say(buyer, url, "And now?")
  const further = await noticeOf(url)
  expect(further).not.toBe(notice)
  await push({ notice: further, at: "2026-11-28T23:00:00Z" })
  await expect.poll(() => titles(seller)).toHaveLength(2)
  await call(phone, "POST", "/api/v1/notifications/read", { all: true })
  await expect.poll(() => titles(seller)).toEqual([])
})

test("who logs out leaves nothing on the screen, and is shown nothing more", async ({ page: seller, newPerson }) => {
  const { push } = await away(seller, await newPerson())
  await push()
  await expect.poll(() => titles(seller)).toHaveLength(1)
  await seller.goto("/accounts/logout/")
  await seller.getByRole("button", { name: "Log out" }).click()
  await expect(seller).toHaveURL(front)
  await expect.poll(() => titles(seller)).toEqual([])
  expect(await heldBy(seller)).toBeUndefined()
  await push()
  await seller.waitForTimeout(500)
  expect(await titles(seller)).toEqual([])
})

test("what ended by the API is noticed by the next page, and by somebody else who signs in", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  const buyer = await newPerson()
  const { noticeOf, push } = await away(seller, buyer)
  await push()
  await expect.poll(() => titles(seller)).toHaveLength(1)
  const other = await register(seller, "Kabir")
  await seller.goto("/shop/")
  await expect.poll(() => titles(seller)).toEqual([])
  // Of a notice that is really his: the worker takes away what is not among the unread.
  const theirs = await noticeOf(await ask(buyer, (await offer(seller, "Radio")).id, "Hello"))
  await push({ user: other.id, notice: theirs, title: "For Kabir" })
  await expect.poll(() => titles(seller)).toEqual(["For Kabir"])
  await endSession(seller, problems)
  await seller.goto("/")
  await expect.poll(() => titles(seller)).toEqual([])
})

/** Presses a notification as somebody would: Chromium has no other way for a test. */
async function press(/** @type {Page} */ page) {
  const [running] = page.context().serviceWorkers()
  await running.evaluate(async () => {
    const scope = /** @type {any} */ (globalThis)
    const [notification] = await scope.registration.getNotifications()
    scope.opened = []
    scope.clients.openWindow = async (/** @type {string} */ url) => void scope.opened.push(url)
    scope.dispatchEvent(new scope.NotificationEvent("notificationclick", { notification }))
  })
  return () => running.evaluate(() => /** @type {any} */ (globalThis).opened)
}

test("a press goes to the conversation, in the tab that has it, in another of the site, or in a new one", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url, noticeOf, push } = await away(seller, buyer)
  const path = new RegExp(url + "$")
  await push()
  await expect.poll(() => titles(seller)).toHaveLength(1)
  await press(seller)
  await expect(seller).toHaveURL(path)
  await expect.poll(() => titles(seller)).toEqual([])
  // Pushed once more it stays away.
  await seller.goto("/create/")
  await push()
  await say(buyer, url, "And now?")
  const further = await noticeOf(url)
  await push({ notice: further, at: "2026-11-28T23:00:00Z" })
  await expect.poll(async () => (await notifications(seller)).map(({ data }) => data.notice)).toEqual([further])
  // Nobody loses the form that they fill in.
  const opened = await press(seller)
  await expect
    .poll(async () => (await opened())?.map((/** @type {string} */ one) => new URL(one).pathname))
    .toEqual([url])
  expect(seller.url()).toMatch(/\/create\/$/)
})
