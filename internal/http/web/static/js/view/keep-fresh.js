import { tellWorker } from "./worker.js"

/** A page that changes and stays in sight is kept anew so often. */
const between = 60_000

/**
 * Has the service worker keep this page as it is at the server: when it came past the worker, or from
 * what is kept; and once it has changed.
 * @param {HTMLElement} chat
 */
export function keepFresh(chat) {
  const workers = navigator.serviceWorker
  if (!workers) return
  const { body } = document
  const keep = () => void tellWorker({ type: "keep", path: location.pathname })
  // Of a page that came through the worker as its address says it has its own.
  let due = !workers.controller || location.search !== "" || body.dataset.kept !== undefined
  let changed = false
  /** @type {number | undefined} */
  let timer

  const change = () => {
    changed = true
    timer ??= setTimeout(now, between)
  }
  const now = () => {
    clearTimeout(timer)
    timer = undefined
    if (changed) keep()
    changed = false
  }
  for (const type of ["message", "sent", "entry", "gone"]) chat.addEventListener(type, change)
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && now())
  chat.addEventListener("line", (event) => {
    const { state, reason } = /** @type {CustomEvent<import("../lib/socket.js").LineState>} */ (event).detail
    // Its pages are nobody's to read any more.
    if (reason === "signed out") void tellWorker({ type: "person" })
    if (state !== "connected") return
    // From here on it is as it is at the server.
    delete body.dataset.kept
    if (due) keep()
    due = false
  })
}
