/** @typedef {import("../lib/socket.js").LineState} LineState */

/**
 * <line-badge> says how the line stands: Connected, Reconnecting, Disconnected, Error.
 * The seconds that run are for eyes only, or a screen reader would count aloud.
 */
export class LineBadge extends HTMLElement {
  #removed = new AbortController()
  /** @type {LineState | undefined} */
  #state
  /** @type {number | undefined} */
  #timer
  #word = document.createElement("span")
  #wait = document.createElement("span")

  connectedCallback() {
    this.#removed = new AbortController()
    this.#wait.setAttribute("aria-hidden", "true")
    const text = document.createElement("span")
    text.append(this.#word, this.#wait)
    this.#word.textContent = "Connecting"
    this.replaceChildren(text)
    this.hidden = false
    this.closest("swapnest-chat")?.addEventListener(
      "line",
      (event) => this.#heard(/** @type {CustomEvent<LineState>} */ (event).detail),
      { signal: this.#removed.signal },
    )
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearInterval(this.#timer)
  }

  /** @param {LineState} state */
  #heard(state) {
    this.#state = state
    clearInterval(this.#timer)
    if (state.retryAt) this.#timer = setInterval(() => this.#count(), 500)
    // The first connection is calm: nothing has been lost yet.
    this.dataset.state = state.state === "connecting" ? "disconnected" : state.state
    const words = {
      connecting: "Connecting",
      connected: "Connected",
      reconnecting: "Reconnecting",
      disconnected: "Disconnected",
      error: "Error",
    }
    if (this.#word.textContent !== words[state.state]) this.#word.textContent = words[state.state]
    this.#count()
  }

  #count() {
    const left = this.#state?.retryAt ? Math.ceil((this.#state.retryAt - Date.now()) / 1000) : 0
    this.#wait.textContent = left > 0 ? ` in ${left} s` : ""
  }
}
