// What comes while no page is open: messages of the push service, and what is done to the notifications.
import { getJSON, sendJSON } from "../lib/api.js"
import { keep, kept } from "../lib/memory.js"
import { enlist, strike } from "../lib/push-device.js"
import { choose, decide, readPush, remember, settled } from "../lib/push.js"
import { onPerson, person, uncertain } from "./person.js"
import { makeQueue } from "./queue.js"
import { self } from "./scope.js"

/** @typedef {import("../lib/push.js").Done} Done */
/** @typedef {import("../lib/push.js").Shown} Shown */

/** the longest page of notices that the server gives */
const page = 100
// Under another version than its own the server gives what there is now.
const icon = "/static/now/icons/icon-192.png"
const badge = "/static/now/icons/badge-96.png"

// One after the other: each looks at what is on the screen, and Chromium forgets a notification that is being shown
// while one does.
const inTurn = makeQueue()

self.addEventListener("push", (event) => event.waitUntil(inTurn(() => pushed(event.data?.text()))))

self.addEventListener("message", (event) => {
  if (event.data?.type === "look") event.waitUntil(inTurn(look).catch(() => {}))
})

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  const { notification } = event
  event.waitUntil(Promise.allSettled([open(notification), read(notification), inTurn(() => doneWith(notification))]))
})

self.addEventListener("notificationclose", (event) =>
  event.waitUntil(inTurn(() => doneWith(event.notification)).catch(() => {})),
)

self.addEventListener("pushsubscriptionchange", (event) => {
  const change = /** @type {{ oldSubscription?: PushSubscription, newSubscription?: PushSubscription }} */ (event)
  // When it does not work, the next page of the site mends it.
  const renewed = renew(change).catch(() => {})
  /** @type {ExtendableEvent} */ event.waitUntil(renewed)
})

onPerson((id) => inTurn(() => forget(id)))

/**
 * The notifications on the screen, with what shows that they are ours.
 * @returns {Promise<(Shown & { close: () => void })[]>}
 */
async function onScreen() {
  const all = await self.registration.getNotifications()
  return all.filter((one) => one.data).map((one) => ({ tag: one.tag, data: one.data, close: () => one.close() }))
}

/** @returns {Promise<Map<string, Done>>} */
async function allDone() {
  return new Map(await kept("done").catch(() => undefined))
}

/** @param {string | undefined} text */
async function pushed(text) {
  const [me, shown, windows, done] = await Promise.all([person(), onScreen(), pages(), allDone()])
  const open = windows.map(({ url, visibilityState }) => ({ url, visible: visibilityState === "visible" }))
  const deed = decide(readPush(text), { me, shown, pages: open, done, at: Date.now() })
  for (const one of shown) if (deed.close.includes(one.tag)) one.close()
  if (deed.show) {
    const { title, ...options } = deed.show
    // `timestamp` and `renotify` are not in the types, and not in every browser.
    await self.registration.showNotification(title, /** @type {any} */ ({ ...options, icon, badge, dir: "auto" }))
  }
  if (deed.unread !== undefined) await showBadge(deed.unread)
  if (deed.done) await keep("done", remember(done, ...deed.done)).catch(() => {})
  // The push service says so to the server, which then lets go of this browser.
  if (deed.stray && (await person()) === undefined && !uncertain())
    await (await self.registration.pushManager.getSubscription())?.unsubscribe()
}

/** Closes what tells of something that was read or deleted meanwhile, on whichever device. */
async function look() {
  const me = await person()
  const shown = (await onScreen()).filter(({ data }) => data.user === me)
  if (shown.length === 0) return
  const { notifications, next } = await getJSON(`/notifications?unread=true&limit=${page}`)
  const over = settled(shown, notifications, !next)
  for (const one of shown) if (over.includes(one)) one.close()
}

/**
 * What was pushed away or opened does not come back when it is sent once more.
 * @param {Notification} notification
 */
async function doneWith({ tag, data }) {
  if (data?.notice) await keep("done", remember(await allDone(), tag, { notice: data.notice, at: data.at }))
}

/**
 * What is told of a conversation is read by looking at it; the rest by being opened.
 * @param {Notification} notification
 */
async function read({ data }) {
  if (data?.notice && !data.url.startsWith("/chat/"))
    await sendJSON("POST", "/notifications/read", { ids: [data.notice] })
}

/**
 * Shows what a notification is about.
 * @param {Notification} notification
 */
async function open({ data }) {
  const windows = await pages()
  const urls = windows.map(({ url }) => url)
  const way = choose(urls, data?.url, self.location.origin)
  if ("open" in way) return void (await self.clients.openWindow(way.open))
  const there = windows["focus" in way ? way.focus : way.lead]
  await there.focus().catch(() => {})
  // A page that this worker does not control cannot be led.
  if ("lead" in way) await there.navigate(way.to).catch(() => self.clients.openWindow(way.to))
}

/** @returns {Promise<readonly WindowClient[]>} */
function pages() {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true })
}

/** @param {{ oldSubscription?: PushSubscription, newSubscription?: PushSubscription }} change */
async function renew({ oldSubscription: before, newSubscription }) {
  if ((await person()) === undefined) return
  const { public_key: key } = await getJSON("/push")
  const options = { userVisibleOnly: true, applicationServerKey: key }
  const now = newSubscription ?? (await self.registration.pushManager.subscribe(options))
  await enlist(sendJSON, now, key)
  if (before && before.endpoint !== now.endpoint) await strike(sendJSON, before.endpoint)
}

/**
 * Takes away what was shown to somebody else.
 * @param {number | undefined} id who is signed in now
 */
async function forget(id) {
  // Most people have never turned it on, and some browsers have none of what follows.
  if (!("Notification" in self) || Notification.permission !== "granted") return
  for (const one of await onScreen()) if (one.data.user !== id) one.close()
  await keep("done", undefined)
  await showBadge(0)
}

/** @param {number} unread */
async function showBadge(unread) {
  if ("setAppBadge" in navigator) await navigator.setAppBadge(unread).catch(() => {})
}
