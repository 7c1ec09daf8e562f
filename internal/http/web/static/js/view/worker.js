/** Longer than a worker takes to start, also on a slow phone; who has not asked for it does not wait longer. */
const answersWithin = 1_000

/** @type {Promise<ServiceWorkerRegistration | undefined> | undefined} */
let registered

/**
 * Has the browser run the service worker. Nothing on a page waits for it, and a page does without where there is
 * none: in a private window, or on an address without TLS.
 * @returns {Promise<ServiceWorkerRegistration | undefined>}
 */
export function registerWorker() {
  if (!("serviceWorker" in navigator)) return Promise.resolve(undefined)
  registered ??= navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined)
  return registered
}

/**
 * Tells the worker something.
 * @param {{ type: string } & Record<string, unknown>} word
 * @param {number} [within] milliseconds, in which an answer counts
 * @returns {Promise<boolean>} whether it has answered that it is done, which not every word wants
 */
export async function tellWorker(word, within = answersWithin) {
  const registration = await registerWorker()
  // One that is being installed hears it once it runs.
  const worker = registration?.active ?? registration?.waiting ?? registration?.installing
  if (!worker) return false
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ done) => (clearTimeout(late), port1.close(), resolve(done))
    const late = setTimeout(() => end(false), within)
    port1.onmessage = ({ data }) => end(data.type === "done")
    worker.postMessage(word, [port2])
  })
}
