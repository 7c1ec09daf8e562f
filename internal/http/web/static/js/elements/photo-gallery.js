import { one } from "../view/query.js"

/**
 * <photo-gallery> shows the photo that one presses in the strip large, without leaving the
 * page; the arrow keys and a swipe go to the next one.
 */
export class PhotoGallery extends HTMLElement {
  #removed = new AbortController()
  #from = 0

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.addEventListener("keydown", (event) => this.#pressed(event), { signal })
    const main = one(this, ".gallery-main", HTMLElement)
    main.addEventListener("touchstart", ({ touches }) => (this.#from = touches[0].clientX), { signal, passive: true })
    main.addEventListener("touchend", ({ changedTouches }) => this.#swiped(changedTouches[0].clientX), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  get #links() {
    return /** @type {HTMLAnchorElement[]} */ ([...this.querySelectorAll(".gallery-strip a")])
  }

  get #at() {
    return this.#links.findIndex((link) => link.hasAttribute("aria-current"))
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    this.#show(this.#links.indexOf(link))
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!step) return
    event.preventDefault()
    this.#go(step)
    this.#links[this.#at]?.focus()
  }

  /** @param {number} to */
  #swiped(to) {
    const far = 40
    if (Math.abs(to - this.#from) > far) this.#go(to < this.#from ? 1 : -1)
  }

  /** @param {number} step to the right as one looks at it */
  #go(step) {
    const way = getComputedStyle(this).direction === "rtl" ? -step : step
    this.#show(this.#at + way)
  }

  /** @param {number} at */
  #show(at) {
    const links = this.#links
    const link = links[at]
    if (!link) return
    for (const one of links) one.toggleAttribute("aria-current", false)
    link.setAttribute("aria-current", "true")
    const large = one(this, ".gallery-main img", HTMLImageElement)
    const small = one(link, "img", HTMLImageElement)
    large.src = link.dataset.full ?? ""
    large.setAttribute("width", small.getAttribute("width") ?? "")
    large.setAttribute("height", small.getAttribute("height") ?? "")
    large.alt = large.alt.replace(/^Photo \d+/, `Photo ${at + 1}`)
    one(this, ".gallery-main .number > span", HTMLElement).textContent = String(at + 1)
  }
}
