const prefix = "swapnest.push-offer."

/**
 * Offers in the list of conversations to be told on this device: once somebody has written or been written to, and
 * until they have answered. It asks for nothing by itself.
 * @param {HTMLElement | null} chat the host
 */
export function mindOffer(chat) {
  const place = chat?.querySelector("push-offer")
  const me = chat?.dataset.userId ?? ""
  if (!chat || !place || !("PushManager" in globalThis) || !("Notification" in globalThis)) return
  if (Notification.permission !== "default" || kept(me) === "done") return
  place.addEventListener("answered", () => keep(me, "done"))
  const shown = new AbortController()
  const show = async () => {
    shown.abort()
    keep(me, "due")
    const { PushOffer } = await import("../elements/push-offer.js")
    if (!customElements.get("push-offer")) customElements.define("push-offer", PushOffer)
  }
  const now = () => void show().catch(() => {}) // without a line it comes with the next page
  if (kept(me) === "due" || Number(chat.dataset.head) > 0) now()
  else for (const type of ["sent", "moved"]) chat.addEventListener(type, now, { signal: shown.signal })
}

/** @param {string} me */
function kept(me) {
  try {
    return localStorage.getItem(prefix + me)
  } catch {
    // What would not be remembered is not offered again and again.
    return "done"
  }
}

/**
 * @param {string} me
 * @param {"due" | "done"} how
 */
function keep(me, how) {
  try {
    localStorage.setItem(prefix + me, how)
  } catch {
    // It is there until the page is left.
  }
}
