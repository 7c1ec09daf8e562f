import { summaryOf } from "../lib/summary.js"

const keeps = 10_000

/**
 * <message-announcer role="log" data-other-id> says new messages of the other person to
 * those who listen. History and ticks are no news, so the timeline itself is silent.
 */
export class MessageAnnouncer extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.closest("swapnest-chat")?.addEventListener("message", (event) => this.#heard(event), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Event} event */
  #heard(event) {
    const { detail } = /** @type {CustomEvent<import("../lib/frames.js").Message>} */ (event)
    if (String(detail.sender_id) !== this.dataset.otherId || detail.deleted) return
    const line = document.createElement("p")
    line.textContent = `${detail.sender_name}: ${summaryOf(detail.message, detail.attachments)}`
    this.append(line)
    // Said once; it would stand there twice for who reads the page line by line.
    setTimeout(() => line.remove(), keeps)
  }
}
