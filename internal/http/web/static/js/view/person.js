import { showOnApp } from "./app-badge.js"
import { keptPush, forgetTold } from "./push-kept.js"
import { registerWorker, tellWorker } from "./worker.js"

/** Nobody who logs out waits longer than this. */
const patience = 1_000
const logout = 'form[action="/accounts/logout/"]'

/**
 * Tells the worker who is signed in in this browser, keeps up what they wanted to be told on it, and takes all
 * of it away as they log out.
 */
export function mindPerson() {
  const { person, kept } = document.body.dataset
  // A page of some fault does not know it.
  if (person === undefined) return void registerWorker()
  const me = Number(person) || 0 // or nobody
  // A page that was kept knows nothing newer than the worker that kept it.
  if (kept === undefined) void tellWorker({ type: "person", ...(me && { id: me }) })
  if (!me) return (showOnApp(0), forgetTold())
  // Only who has allowed it once carries the rest.
  if (mayBeTold()) void device(me).then(keepUp, () => {})
  document.addEventListener("submit", (event) => {
    const form = event.target
    if (form instanceof HTMLFormElement && form.matches(logout)) leaving(event, form, me)
  })
}

export function mayBeTold() {
  return "PushManager" in globalThis && "Notification" in globalThis && Notification.permission === "granted"
}

/**
 * @param {Event} event
 * @param {HTMLFormElement} form
 * @param {number} me
 */
function leaving(event, form, me) {
  const gone = tellWorker({ type: "person" })
  if (!mayBeTold() || event.defaultPrevented) return
  event.preventDefault()
  keptPush.write(me, undefined)
  const left = device(me).then((one) => one.leave())
  const late = new Promise((resolve) => setTimeout(resolve, patience))
  void Promise.race([Promise.allSettled([gone, left]), late]).then(() => form.submit())
}

/** @param {number} me */
async function device(me) {
  return (await import("./push-device.js")).makeDevice(me)
}

/** @param {import("../lib/push-device.js").PushDevice} device */
function keepUp(device) {
  const run = () => device.keepUp().catch(() => {}) // the next page does it
  // Of several tabs one is enough.
  return navigator.locks
    ? navigator.locks.request("swapnest.push", { ifAvailable: true }, (lock) => lock && run())
    : run()
}
