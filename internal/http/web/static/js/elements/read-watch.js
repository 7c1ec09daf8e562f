import { numberOf } from "../view/query.js"

/**
 * <read-watch> around a timeline says "seen" (detail: seq) when messages of the other
 * person were on the screen of somebody who looked: the page visible and focused.
 */
export class ReadWatch extends HTMLElement {
  #removed = new AbortController()
  /** @type {IntersectionObserver | undefined} */
  #observer
  /** @type {WeakSet<Element>} */
  #observed = new WeakSet()
  #onScreen = 0
  #told = 0
  /** the reader had marked the conversation as unread: looking at it takes that back */
  #marked = false

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = this.closest("swapnest-chat")
    this.#told = numberOf(chat?.getAttribute("data-seen") ?? undefined)
    this.#marked = chat?.hasAttribute("data-marked") ?? false
    this.#observer = new IntersectionObserver((entries) => this.#crossed(entries), {
      root: this.closest(".timeline"),
      threshold: [0.1, 0.6],
    })
    this.addEventListener("drawn", () => (this.#observe(), this.#tell()), { signal })
    document.addEventListener("visibilitychange", () => this.#tell(), { signal })
    addEventListener("focus", () => this.#tell(), { signal })
    this.#observe()
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#observer?.disconnect()
    this.#observed = new WeakSet()
  }

  #observe() {
    for (const node of this.querySelectorAll('.message[data-side="theirs"]')) {
      if (!(node instanceof HTMLElement) || this.#observed.has(node) || numberOf(node.dataset.seq) <= this.#told)
        continue
      this.#observed.add(node)
      this.#observer?.observe(node)
    }
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #crossed(entries) {
    for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries) {
      // Most of it, or as much of it as there is room for.
      const filled = intersectionRect.height >= (rootBounds?.height ?? Infinity) * 0.5
      if (!isIntersecting || (intersectionRatio < 0.6 && !filled)) continue
      if (target instanceof HTMLElement) this.#onScreen = Math.max(this.#onScreen, numberOf(target.dataset.seq))
      this.#observer?.unobserve(target)
    }
    this.#tell()
  }

  #tell() {
    if (this.#onScreen <= this.#told && !this.#marked) return
    if (document.visibilityState !== "visible" || !document.hasFocus()) return
    this.#marked = false
    // There is at least one message, so one has come to the first.
    this.#told = Math.max(this.#onScreen, this.#told, 1)
    this.dispatchEvent(new CustomEvent("seen", { detail: this.#told, bubbles: true }))
  }
}
