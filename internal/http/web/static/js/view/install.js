/**
 * Offers to install the site, on the page of one's account and nowhere else: where the browser can, by a button;
 * on an iPhone by words, since there only its own menu can.
 */
export function offerInstall() {
  const offer = document.querySelector("[data-install]")
  const can = offer?.querySelector("button")
  const how = offer?.querySelector("p")
  const show = (/** @type {HTMLElement | null | undefined} */ part) => {
    if (!(offer instanceof HTMLElement) || !part) return
    offer.hidden = part.hidden = false
  }
  addEventListener("beforeinstallprompt", (event) => {
    // No page is covered by an offer that nobody has asked for.
    event.preventDefault()
    if (!can) return
    show(can)
    can.onclick = () => {
      can.hidden = true
      void (/** @type {Event & { prompt(): Promise<unknown> }} */ (event).prompt().catch(() => (can.hidden = false)))
    }
  })
  addEventListener("appinstalled", () => offer?.toggleAttribute("hidden", true))
  // Safari on a phone says by this whether it runs an installed site; no other browser has it.
  if (/** @type {{ standalone?: boolean }} */ (navigator).standalone === false) show(how)
}
