/** What a service worker calls itself, by its type. */
const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis))
export { scope as self }
