import { showOnApp } from "./app-badge.js"
import { keptPush, forgetTold } from "./push-kept.js"
import { registerWorker, tellWorker } from "./worker.js"

/** Who has pressed to log out, until a page says whether they have. */
const leavingName = "swapnest.leaving"
/** Nobody who logs out waits longer than this to be asked. */
const patience = 2_000
const logout = 'form[action="/accounts/logout/"]'

/**
 * Tells the worker who is signed in in this browser, keeps up what they wanted to be told on it, and takes all
 * of it away once they have logged out.
 */
export function mindPerson() {
  const { person, kept } = document.body.dataset
  // A page of some fault does not know it.
  if (person === undefined) return void registerWorker()
  const me = Number(person) || 0 // or nobody
  // A page that was kept knows nothing newer than the worker that kept it.
  if (kept === undefined) void tellWorker({ type: "person", ...(me && { id: me }) })
  if (kept === undefined) void left(me)
  if (!me) return (showOnApp(0), forgetTold())
  // Only who has allowed it once carries the rest.
  if (mayBeTold()) void device(me).then(keepUp, () => {})
  // By the time that it is pressed there may be no line.
  if (document.querySelector(logout)) import("./log-out.js").catch(() => {})
  /** @type {"" | "asked" | "answered"} */
  let stage = ""
  document.addEventListener("submit", (event) => {
    const form = event.target
    if (!(form instanceof HTMLFormElement) || !form.matches(logout)) return
    if (stage === "answered") return void leaving(me)
    event.preventDefault()
    if (stage === "asked") return
    stage = "asked"
    void mayLeave(me).then((may) => {
      stage = may ? "answered" : ""
      if (may) form.requestSubmit()
      stage = ""
    })
  })
}

export function mayBeTold() {
  return "PushManager" in globalThis && "Notification" in globalThis && Notification.permission === "granted"
}

/**
 * Whether somebody may be logged out, who is asked when something waits here.
 * @param {number} me
 * @returns {Promise<boolean>}
 */
async function mayLeave(me) {
  // On a line that hangs one may go without a question.
  const late = new Promise((resolve) => setTimeout(resolve, patience))
  const asks = import("./log-out.js").catch(() => undefined)
  await Promise.race([asks, late])
  return Promise.race([asks, undefined]).then((asks) => asks?.mayLogOut(me) ?? true)
}

/**
 * Nothing is thrown away before the server has answered: a line that breaks leaves one signed in.
 * @param {number} me
 */
function leaving(me) {
  try {
    localStorage.setItem(leavingName, String(me))
  } catch {
    // Then nothing is kept here that would have to go.
  }
}

/**
 * Takes away what was kept of who has logged out.
 * @param {number} me who is signed in now, 0 for nobody
 */
async function left(me) {
  const gone = Number(readLeaving())
  if (!gone || gone === me) return
  keptPush.write(gone, undefined)
  // What is subscribed may already be somebody else's, who keeps it up.
  if (!me && mayBeTold()) await (await device(gone)).leave().catch(() => {})
}

function readLeaving() {
  try {
    const id = localStorage.getItem(leavingName)
    localStorage.removeItem(leavingName)
    return id
  } catch {
    return null
  }
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
