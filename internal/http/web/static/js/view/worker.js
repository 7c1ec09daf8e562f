/**
 * Has the browser run the service worker. Nothing on a page waits for it, and a page does without where there is
 * none: in a private window, or on an address without TLS.
 * @returns {Promise<ServiceWorkerRegistration | undefined>}
 */
export async function registerWorker() {
  if (!("serviceWorker" in navigator)) return undefined
  return navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined)
}
