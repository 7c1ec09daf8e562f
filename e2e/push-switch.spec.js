// Being told on this device: the switch, and the line in the list that offers it. What the server would answer
// these tests answer themselves, so that it can fail; push.spec has the whole way.

import { violations } from "./axe.js"
import { ask, call, connected, endSession, offer, register, write } from "./people.js"
import { subscribeAt } from "./push-browser.js"
import { startPushService } from "./push-service.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

test.use({ serviceWorkers: "allow" })

/** @type {import("./push-service.js").PushService} */
let service
test.beforeAll(async () => {
  service = await startPushService()
})
test.afterAll(() => service.stop())

/** A list of devices as the server keeps it, of one session. */
async function list(/** @type {Page} */ page) {
  const state = { key: "BKey", devices: /** @type {string[]} */ ([]), asked: /** @type {string[]} */ ([]), down: false }
  await page.context().route(/\/api\/v1\/push(\/|$)/, async (route) => {
    const request = route.request()
    const path = new URL(request.url()).pathname.replace("/api/v1", "")
    state.asked.push(`${request.method()} ${path}`)
    if (state.down) return route.fulfill({ status: 503, json: { detail: "The server has too much to do. Try again." } })
    if (request.method() === "GET")
      return route.fulfill({ json: { public_key: state.key, devices: state.devices.map(() => ({ current: true })) } })
    const { endpoint } = request.postDataJSON()
    state.devices = state.devices.filter((one) => one !== endpoint)
    if (path === "/push/devices/forget") return route.fulfill({ status: 204 })
    state.devices.push(endpoint)
    return route.fulfill({ status: 201, json: { device: { id: 1 } } })
  })
  return state
}

/** Somebody whose browser answers its own question as the test says. */
async function somebody(/** @type {Page} */ page, /** @type {"granted" | "denied" | undefined} */ answer = "granted") {
  const server = await list(page)
  const push = await subscribeAt(page.context(), service, async () => {
    if (answer === "granted") await page.context().grantPermissions(["notifications"])
  })
  if (answer === "denied")
    await page.addInitScript(() => {
      let permission = "default"
      Object.defineProperty(Notification, "permission", { get: () => permission })
      Notification.requestPermission = async () => /** @type {any} */ (permission = "denied")
    })
  const me = await register(page, "Meera")
  return { server, push, me }
}

const box = (/** @type {Page} */ page) => page.getByRole("group", { name: "On this device" })
const button = (/** @type {Page} */ page, /** @type {string} */ name) => box(page).getByRole("button", { name })

test("it is turned on and off by a press, on both pages, and asks for nothing before", async ({ page }) => {
  const { server, push } = await somebody(page)
  await page.goto("/notifications/")
  await expect(button(page, "Turn on")).toBeVisible()
  expect([push.asked(), server.asked]).toEqual([0, ["GET /push"]])
  expect(await violations(page)).toEqual([])
  await button(page, "Turn on").click()
  await expect(button(page, "Turn off")).toBeVisible()
  expect(push.asked()).toBe(1)
  expect(server.devices).toEqual([push.subscription()?.endpoint])
  await page.goto("/notifications/preferences/")
  await expect(button(page, "Turn off")).toBeVisible()
  expect(await violations(page)).toEqual([])
  await button(page, "Turn off").press("Enter")
  await expect(button(page, "Turn on")).toBeFocused()
  expect([push.subscription(), server.devices]).toEqual([undefined, []])
})

test("the preference for one's devices goes on with it, and while it is off the switch says so", async ({ page }) => {
  await somebody(page)
  const preference = page.getByRole("switch", { name: "My devices", exact: true })
  const pushed = async () => (await call(page, "GET", "/api/v1/me")).preferences.push
  await call(page, "PATCH", "/api/v1/me", { preferences: { push: false } })
  for (const path of ["/notifications/", "/notifications/preferences/"]) {
    await page.goto(path)
    await expect(preference).not.toBeChecked()
    await button(page, "Turn on").click()
    await expect(button(page, "Turn off")).toBeVisible()
    await expect(preference).toBeChecked()
    expect(await pushed()).toBe(true)
    // Off again, by the page and as the page comes: the device is on, and nothing is sent to it.
    await preference.uncheck()
    await expect(box(page)).toContainText("“My devices” is off: nothing is sent to any of yours.")
    await expect.poll(pushed).toBe(false)
    await page.reload()
    await expect(box(page)).toContainText("“My devices” is off: nothing is sent to any of yours.")
    expect(await violations(page)).toEqual([])
    await preference.check()
    await expect(button(page, "Turn off")).toBeVisible()
    await preference.uncheck()
    await expect(button(page, "Turn on")).toBeVisible()
  }
})

test("what does not work says why, and is tried again", async ({ page, problems }) => {
  problems.allow(/503/)
  const { server, push } = await somebody(page)
  server.down = true
  await page.goto("/notifications/")
  await button(page, "Turn on").click()
  await expect(box(page)).toContainText("It did not work. The server has too much to do. Try again.")
  expect(push.subscription()).toBeUndefined()
  expect(await violations(page)).toEqual([])
  server.down = false
  await button(page, "Try again").click()
  await expect(button(page, "Turn off")).toBeVisible()
  expect(server.devices).toHaveLength(1)
})

test("a worker that is slow to hear is waited for", async ({ page }) => {
  const { server, push } = await somebody(page)
  await page.addInitScript(() => {
    const post = ServiceWorker.prototype.postMessage
    const hears = new Promise((resolve) => Object.assign(globalThis, { hears: resolve }))
    ServiceWorker.prototype.postMessage = function (/** @type {any[]} */ ...said) {
      void hears.then(() => Reflect.apply(post, this, said))
    }
  })
  await page.goto("/notifications/")
  await button(page, "Turn on").click()
  await page.waitForTimeout(1_500) // what nobody has pressed for is given up by now
  await expect(button(page, "Turning on…")).toHaveAttribute("aria-disabled", "true")
  await page.evaluate(() => /** @type {any} */ (globalThis).hears())
  await expect(button(page, "Turn off")).toBeVisible()
  expect(server.devices).toEqual([push.subscription()?.endpoint])
})

test("who has blocked it, or whose browser cannot, is told what to do", async ({ page, newPerson }) => {
  await somebody(page, "denied")
  await page.goto("/notifications/")
  await button(page, "Turn on").click()
  await expect(box(page)).toContainText("This browser blocks notifications")
  await expect(box(page).getByRole("button")).toHaveCount(0)
  expect(await violations(page)).toEqual([])
  await page.goto("/notifications/preferences/")
  await expect(page.locator(".preference-ways")).toContainText("This browser is not one of them.")
  await button(page, "Turn on").click()
  await expect(page.locator(".preference-ways")).toContainText("This browser blocks it: nothing comes here.")
  const phone = await newPerson({
    userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
  })
  await phone.addInitScript("delete globalThis.PushManager")
  await register(phone, "Aarav")
  await phone.goto("/notifications/")
  await expect(box(phone)).toContainText("first put SwapNest on the home screen")
  await expect(box(phone).getByRole("button")).toHaveCount(0)
})

test("another key of the server's is taken up without a question, and what was taken off the list stays off", async ({
  page,
}) => {
  const { server, push } = await somebody(page)
  await page.goto("/notifications/")
  await button(page, "Turn on").click()
  await expect(button(page, "Turn off")).toBeVisible()
  const before = push.subscription()?.endpoint
  server.key = "BOtherKeyAAA"
  await page.reload()
  await expect.poll(() => server.devices.length === 1 && server.devices[0] !== before).toBe(true)
  expect(server.devices).toEqual([push.subscription()?.endpoint])
  await expect(button(page, "Turn off")).toBeVisible()
  expect(push.asked()).toBe(1)
  // On the pages without the switch the server is asked once a day.
  server.asked = []
  await page.goto("/shop/")
  await page.goto("/categories/")
  await page.waitForLoadState("networkidle")
  expect(server.asked).toEqual([])
  server.devices = []
  await page.goto("/notifications/")
  await expect(button(page, "Turn on")).toBeVisible()
  expect(push.subscription()).toBeUndefined()
})

test("after a session that ended elsewhere one has it again, somebody else has not", async ({ page, problems }) => {
  const { server, push, me } = await somebody(page)
  await page.goto("/notifications/")
  await button(page, "Turn on").click()
  await expect(button(page, "Turn off")).toBeVisible()
  // The session ends elsewhere, and with it what the server knows of this browser.
  await endSession(page, problems)
  server.devices = []
  await page.goto("/")
  await register(page, "Kabir")
  await page.goto("/notifications/")
  await expect(button(page, "Turn on")).toBeVisible()
  expect([push.subscription(), server.devices]).toEqual([undefined, []])
  await endSession(page, problems)
  await page.goto("/")
  await call(page, "POST", "/api/v1/session", { username: me.username, password: "correct horse" })
  await page.goto("/shop/")
  await expect.poll(() => server.devices).toHaveLength(1)
  expect(server.devices).toEqual([push.subscription()?.endpoint])
  expect(push.asked()).toBe(1)
})

test("logging out ends it, and waits for nothing", async ({ page }) => {
  const { push } = await somebody(page)
  await page.goto("/notifications/")
  await button(page, "Turn on").click()
  await expect(button(page, "Turn off")).toBeVisible()
  await page.goto("/accounts/logout/")
  await page.getByRole("button", { name: "Log out" }).click()
  await expect(page).toHaveURL(/^http:..[^/]+\/$/)
  await expect.poll(() => push.subscription()).toBeUndefined()
  expect(await page.evaluate(() => Object.keys(localStorage).filter((name) => /push\.\d|leaving/.test(name)))).toEqual(
    [],
  )
  await register(page, "Kabir")
  await page.goto("/notifications/")
  await button(page, "Turn on").click()
  await expect(button(page, "Turn off")).toBeVisible()
  // A browser that does not answer.
  await page.goto("/accounts/profile/")
  await page.evaluate(() => Object.assign(PushManager.prototype, { getSubscription: () => new Promise(() => {}) }))
  const began = Date.now()
  await page.getByRole("button", { name: "Log out" }).click()
  await expect(page).toHaveURL(/^http:..[^/]+\/$/)
  expect(Date.now() - began).toBeLessThan(5_000)
  expect((await page.request.get("/api/v1/me")).status()).toBe(401)
})

test("the list offers it once somebody has written, and remembers the answer", async ({ page: buyer, newPerson }) => {
  const { push, server } = await somebody(buyer)
  const seller = await newPerson()
  await register(seller, "Aarav")
  const thing = await offer(seller, "Cycle")
  const line = buyer.getByRole("group", { name: "Notifications on this device" })
  await buyer.goto("/chat/")
  await connected(buyer)
  await expect(line).toBeHidden()
  const url = await ask(buyer, thing.id, "Hello")
  await buyer.goto(url)
  await connected(buyer)
  await write(buyer, "Is it there?")
  await expect(line).toContainText("Get told on this device when somebody answers.")
  await buyer.setViewportSize({ width: 390, height: 760 })
  await buyer.goto("/chat/")
  await expect(line).toBeVisible()
  expect(await violations(buyer)).toEqual([])
  for (const name of ["Turn on", "Not now"]) {
    const area = await line.getByRole("button", { name }).boundingBox()
    expect(area?.width).toBeGreaterThanOrEqual(44)
  }
  await line.getByRole("button", { name: "Not now" }).click()
  await expect(line).toBeHidden()
  await expect(buyer.getByRole("heading", { name: "Chats" })).toBeFocused()
  await buyer.reload()
  await connected(buyer)
  await buyer.waitForLoadState("networkidle")
  await expect(line).toBeHidden()
  expect(push.asked()).toBe(0)
  // Somebody else has not answered yet.
  await register(buyer, "Kabir")
  await buyer.goto(await ask(buyer, thing.id, "Me too"))
  await buyer.goto("/chat/")
  await line.getByRole("button", { name: "Turn on" }).click()
  await expect(buyer.getByText("You are told on this device from now on.")).toBeVisible()
  await expect(line).toBeHidden()
  expect(server.devices).toEqual([push.subscription()?.endpoint])
})
