import { showOnApp } from "./app-badge.js"

/**
 * Has the browser run the service worker, and tells it who is signed in. Nothing on a page waits for it, and a page
 * does without where there is none: in a private window, or on an address without TLS.
 * @returns {Promise<ServiceWorkerRegistration | undefined>}
 */
export async function registerWorker() {
  const { person } = document.body.dataset
  if (person === "nobody") showOnApp(0)
  if (!("serviceWorker" in navigator)) return undefined
  try {
    await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" })
  } catch {
    return undefined
  }
  const registration = await navigator.serviceWorker.ready
  // On a page of some fault nobody knows who is.
  if (person) registration.active?.postMessage({ type: "person", id: Number(person) || undefined })
  return registration
}
