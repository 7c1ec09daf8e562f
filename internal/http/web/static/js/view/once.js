// Longer than a form takes over a slow line; whoever has stopped it may press again after that.
const patience = 15_000

/**
 * Has the forms of the page sent once: over a slow line nothing seems to happen, one
 * presses again, and what one sells would be put up twice.
 */
export function sendOnce() {
  /** @type {Map<HTMLFormElement, number>} timers of the forms that are on their way */
  const underway = new Map()

  /** @param {HTMLFormElement} form */
  const free = (form) => {
    clearTimeout(underway.get(form))
    underway.delete(form)
    form.removeAttribute("aria-busy")
  }

  // It hears of a form after the elements of the page, which send some themselves.
  document.addEventListener("submit", (event) => {
    const form = event.target
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return
    if (underway.has(form)) {
      event.preventDefault()
      return
    }
    form.setAttribute("aria-busy", "true")
    underway.set(
      form,
      setTimeout(() => free(form), patience),
    )
  })

  // One may come back to this page as it was left.
  addEventListener("pagehide", () => {
    for (const form of underway.keys()) free(form)
  })
}
