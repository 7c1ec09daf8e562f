/**
 * The reader's place in a timeline. The timeline is a reversed column, so scrollTop is
 * 0 at its end and negative above. Whatever changes between mark and restore, above or
 * below, the message that one reads stays where it was on the screen.
 */
export class Place {
  #box
  /** @type {Element | undefined} the first message on the screen */
  #anchor
  #top = 0

  /** @param {HTMLElement} box what scrolls */
  constructor(box) {
    this.#box = box
  }

  /** How far the end is away, in pixels. */
  get below() {
    return Math.abs(this.#box.scrollTop)
  }

  /** How far the beginning is away, in pixels. */
  get above() {
    return this.#box.scrollHeight - this.#box.clientHeight - this.below
  }

  mark() {
    const { top } = this.#box.getBoundingClientRect()
    const messages = this.#box.querySelectorAll(".message")
    // They stand in order, so the first one on the screen is found by halving.
    let [from, to] = [0, messages.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (messages[middle].getBoundingClientRect().bottom > top) to = middle
      else from = middle + 1
    }
    this.#anchor = messages[from]
    this.#top = this.#anchor?.getBoundingClientRect().top ?? 0
  }

  restore() {
    if (!this.#anchor?.isConnected) return
    this.#box.scrollTop += this.#anchor.getBoundingClientRect().top - this.#top
  }

  /** @param {boolean} [smooth] */
  toEnd(smooth = false) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    this.#box.scrollTo({ top: 0, behavior: smooth && !calm ? "smooth" : "instant" })
  }

  /**
   * Scrolls up until something stands near the upper edge, if it is above it.
   * @param {Element} node
   */
  upTo(node) {
    const glimpse = 48
    const gap = node.getBoundingClientRect().top - this.#box.getBoundingClientRect().top - glimpse
    if (gap < 0) this.#box.scrollTop += gap
  }

  /**
   * Scrolls until something stands in the middle.
   * @param {Element} node
   */
  around(node) {
    const [inner, outer] = [node.getBoundingClientRect(), this.#box.getBoundingClientRect()]
    this.#box.scrollTop += inner.top + inner.height / 2 - (outer.top + outer.height / 2)
  }
}
