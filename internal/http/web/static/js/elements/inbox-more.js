import { one } from "../view/query.js"

/**
 * <inbox-more data-next> at the end of the list has the next page loaded ("more") when
 * one comes near.
 */
export class InboxMore extends HTMLElement {
  #removed = new AbortController()
  /** @type {IntersectionObserver | undefined} */
  #near

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("page", (event) => this.#came(/** @type {CustomEvent} */ (event).detail), { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.#near = new IntersectionObserver(([entry]) => entry.isIntersecting && this.#ask(), { rootMargin: "600px 0px" })
    this.#near.observe(this)
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#near?.disconnect()
  }

  /** @param {Event} event */
  #clicked(event) {
    if (!(event.target instanceof Element) || !event.target.closest("a")) return
    event.preventDefault()
    delete this.dataset.state
    this.#ask()
  }

  #ask() {
    if (this.dataset.state) return
    this.dataset.state = "loading"
    one(this, ".inbox-fault", HTMLElement).textContent = ""
    this.dispatchEvent(new CustomEvent("more", { bubbles: true }))
  }

  /** @param {string | null} next the cursor of what follows, "" for nothing, null after a failure */
  #came(next) {
    if (next === "") {
      this.closest("li")?.remove()
      return
    }
    if (next === null) {
      this.dataset.state = "stuck"
      one(this, ".inbox-fault", HTMLElement).textContent =
        "The list could not be loaded. Press the button to try again."
      return
    }
    delete this.dataset.state
    // Still in sight, it would not be reported again.
    this.#near?.unobserve(this)
    this.#near?.observe(this)
  }
}
