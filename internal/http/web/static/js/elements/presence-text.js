import { formatAge } from "../lib/time.js"

const again = 30_000

/** <presence-text data-user-id> says whether that person is here, or when they were. */
export class PresenceText extends HTMLElement {
  #removed = new AbortController()
  /** @type {number | undefined} */
  #timer

  connectedCallback() {
    this.#removed = new AbortController()
    this.closest("swapnest-chat")?.addEventListener("presence", (event) => this.#heard(event), {
      signal: this.#removed.signal,
    })
    this.#timer = setInterval(() => this.#age(), again)
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearInterval(this.#timer)
  }

  /** @param {Event} event */
  #heard(event) {
    const { detail } = /** @type {CustomEvent<import("../lib/frames.js").PresenceFrame>} */ (event)
    if (String(detail.user_id) !== this.dataset.userId) return
    if (detail.online) {
      this.dataset.state = "online"
      this.textContent = "online"
    } else if (detail.last_seen) {
      delete this.dataset.state
      const time = document.createElement("time")
      time.dateTime = detail.last_seen
      this.replaceChildren("last seen ", time)
      this.#age()
    } else {
      // Nobody may know: one of both keeps it to themselves.
      delete this.dataset.state
      this.textContent = ""
    }
  }

  #age() {
    const time = this.querySelector("time")
    if (time) time.textContent = formatAge(new Date(time.dateTime), new Date())
  }
}
