// What a browser needs for push and has not in a test: a way to its maker's push service. The page gets a
// subscription at the test's own service, and what arrives there is handed to the real worker.

import { expect } from "@playwright/test"

/** @typedef {import("@playwright/test").BrowserContext} BrowserContext */
/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./push-service.js").PushService} PushService */
/** @typedef {import("./push-service.js").Subscription} Subscription */

/**
 * Has the pages of a context subscribe at a service.
 * @param {BrowserContext} context
 * @param {PushService} service
 * @param {() => Promise<void>} [question] what somebody does when the browser asks for the permission
 * @returns {Promise<{ subscription: () => Subscription | undefined, asked: () => number }>} asked is how often
 *   somebody was asked for the permission
 */
export async function subscribeAt(context, service, question = async () => {}) {
  /** @type {{ subscription: Subscription, key: string } | undefined} */
  let held
  let asked = 0
  await context.exposeFunction("pushHeld", () => held)
  await context.exposeFunction("pushAsked", () => (asked++, question()))
  await context.exposeFunction("pushSubscribe", (/** @type {string} */ key) => {
    // As the Push API has it: two who ask for the same get the same.
    if (held?.key !== key) held = { subscription: service.subscribe(key), key }
    return held
  })
  await context.exposeFunction("pushUnsubscribe", () => {
    if (held) service.end(held.subscription.endpoint)
    held = undefined
    return true
  })
  await context.addInitScript(() => {
    const test = /** @type {any} */ (globalThis)
    const wrap = (/** @type {any} */ held) => {
      if (!held) return null
      const text = held.key.replaceAll("-", "+").replaceAll("_", "/")
      const key = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
      return {
        endpoint: held.subscription.endpoint,
        options: { userVisibleOnly: true, applicationServerKey: key.buffer },
        toJSON: () => held.subscription,
        unsubscribe: () => test.pushUnsubscribe(),
      }
    }
    Object.assign(PushManager.prototype, {
      getSubscription: async () => wrap(await test.pushHeld()),
      subscribe: async (/** @type {any} */ { applicationServerKey }) =>
        wrap(await test.pushSubscribe(applicationServerKey)),
    })
    const ask = Notification.requestPermission.bind(Notification)
    Notification.requestPermission = async () => {
      await test.pushAsked()
      return ask()
    }
  })
  return { subscription: () => held?.subscription, asked: () => asked }
}

/**
 * Hands to the worker of a page's site what its push service has got, and waits until it has dealt with it:
 * Chromium forgets a notification when one asks for those on the screen while it is being shown.
 * @param {Page} page
 * @returns {Promise<(text: string) => Promise<void>>}
 */
export async function worker(page) {
  // One that is being installed takes none yet.
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  const client = await page.context().newCDPSession(page)
  /** @type {Promise<string>} */
  const registered = new Promise((resolve) =>
    client.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const found = registrations.find((one) => page.url().startsWith(one.scopeURL))
      if (found) resolve(found.registrationId)
    }),
  )
  await client.send("ServiceWorker.enable")
  const registrationId = await registered
  const { origin } = new URL(page.url())
  const dealt = await dealtWith(page.context(), origin)
  return async (data) => {
    const before = await dealt()
    await client.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data })
    await expect.poll(dealt).toBe(before + 1)
  }
}

/**
 * Has the worker of a site count the pushes that it has dealt with.
 * @param {BrowserContext} context
 * @param {string} origin
 * @returns {Promise<() => Promise<number>>} how many it has
 */
async function dealtWith(context, origin) {
  const running = () => context.serviceWorkers().find((one) => one.url().startsWith(`${origin}/`))
  await expect.poll(running).toBeTruthy()
  const found = /** @type {import("@playwright/test").Worker} */ (running())
  await found.evaluate(() => {
    const scope = /** @type {any} */ (globalThis)
    if (scope.dealt !== undefined) return
    scope.dealt = 0
    const count = () => scope.dealt++
    const wait = scope.PushEvent.prototype.waitUntil
    scope.PushEvent.prototype.waitUntil = function (/** @type {Promise<unknown>} */ work) {
      wait.call(this, work)
      work.then(count, count)
    }
  })
  return () => found.evaluate(() => /** @type {any} */ (globalThis).dealt)
}

/**
 * The notifications of the site that are on the screen.
 * @param {Page} page
 * @returns {Promise<{ title: string, body: string, tag: string, icon: string, data: any }[]>}
 */
export function notifications(page) {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    const all = await registration.getNotifications()
    return all.map(({ title, body, tag, icon, data }) => ({ title, body, tag, icon, data }))
  })
}
