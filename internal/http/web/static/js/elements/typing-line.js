import { systemClock } from "../lib/clock.js"
import { TypingWatch } from "../lib/typing.js"

/**
 * <typing-line data-user-id> tells that the other person writes. It always has its
 * place, so it moves nothing, and it falls silent by itself.
 */
export class TypingLine extends HTMLElement {
  #removed = new AbortController()
  #watch = new TypingWatch((typing) => this.#show(typing), systemClock)

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("typing", (event) => this.#heard(event), { signal })
    chat?.addEventListener("message", (event) => this.#written(event), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /**
   * What that person wrote has arrived. One's own messages say nothing of theirs.
   * @param {Event} event
   */
  #written(event) {
    const { detail } = /** @type {CustomEvent<import("../lib/frames.js").Message>} */ (event)
    if (String(detail.sender_id) === this.dataset.userId) this.#watch.heard(false)
  }

  /** @param {Event} event */
  #heard(event) {
    const { detail } = /** @type {CustomEvent<import("../lib/frames.js").TypingFrame>} */ (event)
    const here = this.closest("swapnest-chat")?.getAttribute("data-conversation")
    if (String(detail.user_id) !== this.dataset.userId || String(detail.conversation_id) !== here) return
    this.#watch.heard(detail.is_typing)
  }

  /** @param {boolean} typing */
  #show(typing) {
    const shown = this.querySelector(".typing-shown")
    if (shown instanceof HTMLElement) shown.hidden = !typing
  }
}
