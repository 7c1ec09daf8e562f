import { getJSON, sendJSON } from "../lib/api.js"
import { systemClock } from "../lib/clock.js"
import { PushDevice, turnsOnWithin } from "../lib/push-device.js"
import { keptPush } from "./push-kept.js"
import { registerWorker, tellWorker } from "./worker.js"

/** @typedef {import("../lib/push-device.js").Subscription} Subscription */

/**
 * Whether this browser is told, for who is signed in.
 * @param {number} me
 */
export function makeDevice(me) {
  // Whoever has pressed the button waits, also for a worker that is slow to start.
  const settle = () => tellWorker({ type: "person", id: me }, turnsOnWithin)
  const browser = { lacks, permission: () => Notification.permission, ask, settle, subscription, subscribe }
  return new PushDevice({ me, browser, get: getJSON, send: sendJSON, kept: keptPush, clock: systemClock })
}

/** What this browser lacks. On an iPhone only a site on the home screen may tell of anything. */
function lacks() {
  if ("Notification" in globalThis && "PushManager" in globalThis && "serviceWorker" in navigator) return undefined
  const apple =
    /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Mac/.test(navigator.platform) && navigator.maxTouchPoints > 1)
  return apple && !matchMedia("(display-mode: standalone)").matches ? "home-screen" : "browser"
}

function ask() {
  return Notification.requestPermission()
}

/** The worker's registration once there is a worker. @returns {Promise<ServiceWorkerRegistration>} */
async function ready() {
  if (!(await registerWorker()))
    throw new Error("This browser runs nothing for SwapNest. Reload the page and try again.")
  return navigator.serviceWorker.ready
}

/** @returns {Promise<Subscription | undefined>} */
async function subscription() {
  const found = await (await ready()).pushManager.getSubscription()
  return found ? read(found) : undefined
}

/** @param {string} key */
async function subscribe(key) {
  const { pushManager } = await ready()
  try {
    return read(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }))
  } catch {
    throw new Error("The browser did not reach its push service. Try again in a moment.")
  }
}

/**
 * @param {PushSubscription} made
 * @returns {Subscription}
 */
function read(made) {
  const { applicationServerKey } = made.options
  const bytes = new Uint8Array(applicationServerKey ?? new ArrayBuffer(0))
  const key = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
  return { endpoint: made.endpoint, key, toJSON: () => made.toJSON(), unsubscribe: () => made.unsubscribe() }
}
