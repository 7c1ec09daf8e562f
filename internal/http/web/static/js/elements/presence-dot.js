/** <presence-dot data-user-id> is the dot at a face: there while that person is. */
export class PresenceDot extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    this.closest("swapnest-chat")?.addEventListener("presence", (event) => this.#heard(event), {
      signal: this.#removed.signal,
    })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Event} event */
  #heard(event) {
    const { detail } = /** @type {CustomEvent<import("../lib/frames.js").PresenceFrame>} */ (event)
    if (String(detail.user_id) === this.dataset.userId) this.hidden = !detail.online
  }
}
