import { tellWorker } from "./worker.js"

/** A page that has changed is kept anew so soon, for much comes together, and not more often than that. */
const together = 2_000
const between = 10_000

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
  if (body.dataset.kept !== undefined) showKept(chat)
  // Of a page that came through the worker as its address says it has its own. One that is in control now may not
  // have been there when the page came.
  let due = !cameThrough() || location.search !== "" || body.dataset.kept !== undefined
  let changed = false
  let keptAt = -Infinity
  /** @type {number | undefined} */
  let timer

  const change = () => {
    changed = true
    timer ??= setTimeout(now, Math.max(together, keptAt + between - performance.now()))
  }
  const now = () => {
    clearTimeout(timer)
    timer = undefined
    if (changed) keep()
    if (changed) keptAt = performance.now()
    changed = false
  }
  for (const type of ["message", "sent", "cursor", "entry", "gone"]) chat.addEventListener(type, change)
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

/** Whether the page came through the service worker. */
function cameThrough() {
  const [came] = performance.getEntriesByType("navigation")
  return came instanceof PerformanceNavigationTiming && came.workerStart > 0
}

/**
 * What was true of the moment in which a page was kept, and is not known now, goes.
 * @param {HTMLElement} chat
 */
function showKept(chat) {
  for (const dot of chat.querySelectorAll("presence-dot")) dot.toggleAttribute("hidden", true)
  for (const text of chat.querySelectorAll("presence-text[data-state=online]")) {
    text.removeAttribute("data-state")
    text.textContent = ""
  }
}
