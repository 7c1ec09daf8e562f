import { sendJSON } from "../lib/api.js"
import { textOf } from "../view/message.js"
import { Popup } from "../view/popup.js"
import { cloneTemplate, numberOf, one } from "../view/query.js"

const allowedFor = 15 * 60_000
const again = 10_000

/**
 * <message-menu data-conversation> has one's own messages edited and deleted while that is
 * allowed: it gives them their buttons, and opens the menu at one. It dispatches "edit" (detail:
 * Editable), also for the last message on "edit-last" of the host, and "revised" (detail:
 * Message) for one that was deleted.
 */
export class MessageMenu extends HTMLElement {
  #removed = new AbortController()
  #popup = new Popup()
  /** @type {number | undefined} */
  #timer

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.addEventListener("keydown", (event) => this.#popup.key(event), { signal })
    this.addEventListener("drawn", () => this.#refresh(), { signal })
    this.addEventListener("focusout", (event) => this.#popup.left(event.relatedTarget), { signal })
    document.addEventListener("pointerdown", (event) => this.#popup.left(event.target), { signal })
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("edit-last", (event) => this.#editLast(/** @type {CustomEvent} */ (event).detail), {
      signal,
    })
    this.#timer = setInterval(() => this.#refresh(), again)
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearInterval(this.#timer)
  }

  /** Gives a button to each message that may be changed, and takes it from the others. */
  #refresh() {
    const young = this.#young()
    for (const button of this.querySelectorAll(".message-more")) {
      const message = button.closest(".message")
      if (!message || young.includes(message)) continue
      if (this.#popup.at(message)) this.#popup.close()
      button.remove()
    }
    for (const message of young) {
      const bubble = one(message, ".bubble", HTMLElement)
      if (bubble.querySelector(".message-more")) continue
      const button = cloneTemplate("message-more-template")
      button.tabIndex = bubble.tabIndex
      bubble.append(button)
    }
  }

  /** One's own messages that may still be changed. */
  #young() {
    const own = [...this.querySelectorAll('.message[data-side="mine"][data-seq]')]
    const since = Date.now() - allowedFor
    const old = own.findLastIndex((node) => Date.parse(one(node, "time", HTMLTimeElement).dateTime) <= since)
    return own.slice(old + 1).filter((node) => !node.hasAttribute("data-deleted"))
  }

  /** @param {Event} pressed the key that asks for it */
  #editLast(pressed) {
    const last = this.#young().at(-1)
    if (!last) return
    pressed.preventDefault()
    this.#edit(last)
  }

  /** @param {Element} message */
  #edit(message) {
    this.#tell("edit", { id: numberOf(message.id.slice(1)), text: textOf(message) })
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("button") : null
    const message = button?.closest(".message")
    if (!button || !message) return
    const work = button.matches(".message-more") ? (this.#popup.at(message) ? "close" : "open") : button.dataset.do
    if (work === "open") this.#popup.open(message)
    else if (work === "ask") this.#popup.show("sure")
    else if (work === "delete") void this.#delete(message)
    else if (work) this.#popup.close()
    if (work === "edit") this.#edit(message)
  }

  /** @param {Element} message */
  async #delete(message) {
    const path = `/conversations/${this.dataset.conversation}/messages/${message.id.slice(1)}`
    try {
      const answer = await sendJSON("DELETE", path)
      this.#popup.close()
      this.#tell("revised", answer.message)
    } catch (error) {
      this.#popup.fault(error)
    }
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }))
  }
}
