// Push, the whole way: a press in one browser, a message in another, the server's own sending to a push service of
// the test's, which reads it and hands it to the real worker.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ask, call, connected, offer, register } from "./people.js"
import { notifications, subscribeAt, worker } from "./push-browser.js"
import { startPushService } from "./push-service.js"
import { startServer } from "./server.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

test.use({ serviceWorkers: "allow", permissions: ["notifications"] })

/** A message waits for three seconds for its reader to come, and some more on a busy machine. */
const within = { timeout: 20_000 }

/** @type {import("./push-service.js").PushService} */
let service
/** @type {import("./server.js").Server} */
let server
/** @type {string} */
let dir
test.beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  service = await startPushService()
  server = await startServer({ dataDir: join(dir, "data"), demo: false, args: ["--push-loopback"] })
})
test.afterAll(async () => {
  await server?.stop()
  await service?.stop()
  await rm(dir, { recursive: true, force: true })
})

let serial = 0
const idOf = (/** @type {string} */ url) => Number(url.match(/(\d+)\/$/)?.[1])
const say = (/** @type {Page} */ page, /** @type {string} */ url, /** @type {string} */ text) =>
  call(page, "POST", `${server.url}/api/v1/conversations/${idOf(url)}/messages`, {
    client_id: `whole-${++serial}`,
    message: text,
  })

/** Turns it on in a page's browser, which is signed in. */
async function turnOn(/** @type {Page} */ page) {
  const push = await subscribeAt(page.context(), service)
  await page.goto(`${server.url}/notifications/`)
  const box = page.getByRole("group", { name: "On this device" })
  await box.getByRole("button", { name: "Turn on" }).click()
  await expect(box.getByRole("button", { name: "Turn off" })).toBeVisible()
  const endpoint = push.subscription()?.endpoint ?? ""
  const got = () => service.sent.filter((one) => one.endpoint === endpoint)
  /** Waits for the nth that is sent there, from 1. */
  const nth = async (/** @type {number} */ n) => {
    await expect.poll(() => got().length, within).toBeGreaterThanOrEqual(n)
    const { text, status, fault, topic, ttl } = got()[n - 1]
    expect([status, fault]).toEqual([201, ""])
    expect(ttl).toBeGreaterThan(0)
    return { text, topic, ...JSON.parse(text) }
  }
  return { endpoint, got, nth }
}

const devices = async (/** @type {Page} */ page) => (await call(page, "GET", `${server.url}/api/v1/push`)).devices
const bodies = async (/** @type {Page} */ page) => (await notifications(page)).map(({ body }) => body)

test("who is away is told, one notification for a conversation, gone when it is read elsewhere", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const phone = await newPerson()
  const me = await register(seller, "Meera", server.url)
  await register(buyer, "Aarav", server.url)
  const thing = await offer(seller, "Cycle", server.url)
  const { nth } = await turnOn(seller)
  expect(await devices(seller)).toMatchObject([{ current: true }])
  const deliver = await worker(seller)
  await seller.goto(`${server.url}/shop/`)
  const url = await ask(buyer, thing.id, "Is it <b>there</b>?", server.url)
  const first = await nth(1)
  const tag = `conversation-${idOf(url)}`
  expect(first).toMatchObject({ type: "notice", tag, user: me.id, url: new URL(url).pathname })
  expect(first.topic).toMatch(/^[\w-]{1,32}$/)
  await deliver(first.text)
  await expect
    .poll(() => notifications(seller))
    .toMatchObject([{ body: "Is it <b>there</b>?", tag, data: { notice: first.notice } }])
  expect((await notifications(seller))[0].title).toContain("Aarav")

  await say(buyer, url, "Hello?")
  const second = await nth(2)
  expect([second.tag, second.topic]).toEqual([tag, first.topic])
  await deliver(second.text)
  await expect.poll(() => bodies(seller)).toEqual(["Hello?"])
  // Sent once more, as when a node dies behind the answer: still the one.
  await deliver(second.text)

  await call(phone, "POST", `${server.url}/api/v1/session`, { username: me.username, password: "correct horse" })
  await phone.goto(url)
  await connected(phone)
  const third = await nth(3)
  expect(third).toMatchObject({ type: "clear", tag, user: me.id, unread: 0 })
  await deliver(third.text)
  await expect.poll(() => bodies(seller)).toEqual([])

  // A press leads to the conversation.
  await phone.goto(`${server.url}/shop/`)
  await say(buyer, url, "Still there?")
  await deliver((await nth(4)).text)
  await expect.poll(() => bodies(seller)).toEqual(["Still there?"])
  const [running] = seller.context().serviceWorkers()
  await running.evaluate(async () => {
    const scope = /** @type {any} */ (globalThis)
    const [notification] = await scope.registration.getNotifications()
    scope.dispatchEvent(new scope.NotificationEvent("notificationclick", { notification }))
  })
  await expect(seller).toHaveURL(url)
})

test("a browser that has logged out is sent nothing, and one that is gone leaves the list", async ({
  page: desk,
  newPerson,
}) => {
  const buyer = await newPerson()
  const phone = await newPerson({ permissions: ["notifications"] })
  const me = await register(desk, "Meera", server.url)
  await register(buyer, "Aarav", server.url)
  const thing = await offer(desk, "Lamp", server.url)
  await call(phone, "POST", `${server.url}/api/v1/session`, { username: me.username, password: "correct horse" })
  const [atDesk, atPhone] = [await turnOn(desk), await turnOn(phone)]
  const url = await ask(buyer, thing.id, "Hello", server.url)
  const shown = await atDesk.nth(1)
  await atPhone.nth(1)
  await (
    await worker(desk)
  )(shown.text)
  await expect.poll(() => bodies(desk)).toEqual(["Hello"])

  await desk.goto(`${server.url}/accounts/logout/`)
  await desk.getByRole("button", { name: "Log out" }).click()
  await expect(desk).toHaveURL(`${server.url}/`)
  await expect.poll(() => bodies(desk)).toEqual([])
  expect(await devices(phone)).toMatchObject([{ current: true }])
  await say(buyer, url, "Are you there?")
  await atPhone.nth(2)
  expect(atDesk.got()).toHaveLength(1)

  service.end(atPhone.endpoint)
  await say(buyer, url, "And now?")
  await expect.poll(() => devices(phone), within).toEqual([])
  expect(atPhone.got().map(({ status }) => status)).toEqual([201, 201, 410])
  await phone.reload()
  await expect(phone.getByRole("group", { name: "On this device" }).getByRole("button")).toHaveText("Turn on")
})

test("an address that the browser changes by itself is told to the server, without a page", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  await register(seller, "Meera", server.url)
  await register(buyer, "Aarav", server.url)
  const thing = await offer(seller, "Radio", server.url)
  const before = await turnOn(seller)
  const [first] = await devices(seller)
  const { public_key: key } = await call(seller, "GET", `${server.url}/api/v1/push`)
  const next = service.subscribe(key)
  service.end(before.endpoint)
  const [running] = seller.context().serviceWorkers()
  await running.evaluate(
    ({ next, before }) => {
      const scope = /** @type {any} */ (globalThis)
      scope.PushManager.prototype.subscribe = async (/** @type {any} */ options) => {
        if (!options.userVisibleOnly || !options.applicationServerKey) throw new Error("without a key")
        return { endpoint: next.endpoint, toJSON: () => next }
      }
      const oldSubscription = { endpoint: before }
      scope.dispatchEvent(Object.assign(new scope.ExtendableEvent("pushsubscriptionchange"), { oldSubscription }))
    },
    { next, before: before.endpoint },
  )
  const told = () => service.sent.filter((one) => one.endpoint === next.endpoint)
  const others = async () => (await devices(seller)).map((/** @type {any} */ one) => one.id !== first.id)
  await expect.poll(others).toEqual([true])
  await seller.goto("about:blank")
  await ask(buyer, thing.id, "Hello", server.url)
  await expect.poll(() => told().map(({ status }) => status), within).toEqual([201])
  expect(before.got()).toEqual([])
})
