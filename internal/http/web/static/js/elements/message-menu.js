import { sendJSON } from "../lib/api.js"
import { textOf } from "../view/message.js"
import { copy } from "../view/copy.js"
import { workOf } from "../view/message-keys.js"
import { Popup } from "../view/popup.js"
import { cloneTemplate, numberOf, one } from "../view/query.js"
import { quoteOf } from "../view/quote.js"
import { onSwipe } from "../view/swipe.js"

const allowedFor = 15 * 60_000

/**
 * <message-menu data-conversation> has messages answered and copied, and one's own edited and
 * deleted while that is allowed: it gives them their buttons, and opens the menu at one; the same
 * is done by keys at the message that has the focus. It dispatches "reply" (detail: Quote), "edit"
 * (detail: Editable), also for the last message on "edit-last" of the host, and "revised"
 * (detail: Message) for one that was deleted.
 */
export class MessageMenu extends HTMLElement {
  #removed = new AbortController()
  #popup = new Popup()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.addEventListener("keydown", (event) => this.#key(event), { signal })
    this.addEventListener("drawn", () => this.#refresh(), { signal })
    this.addEventListener("focusout", (event) => this.#popup.left(event.relatedTarget), { signal })
    document.addEventListener("pointerdown", (event) => this.#popup.left(event.target), { signal })
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("edit-last", (event) => this.#editLast(/** @type {CustomEvent} */ (event).detail), {
      signal,
    })
    onSwipe(this, (message) => this.#do("reply", message), signal)
    for (const type of ["pointerover", "focusin"])
      this.addEventListener(type, (event) => this.#equip(event.target), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** Takes the button from what was deleted, and gives the last one its own: a finger finds it there. */
  #refresh() {
    for (const button of this.querySelectorAll(".message[data-deleted] .message-more")) {
      const bubble = button.closest(".bubble")
      const message = button.closest(".message")
      if (message && this.#popup.at(message)) this.#popup.close()
      if (button === document.activeElement && bubble instanceof HTMLElement) bubble.focus({ preventScroll: true })
      button.remove()
    }
    this.#equip(this.querySelector(".message:last-child"))
  }

  /**
   * Gives a message its button, once somebody has come to it: nobody else would see it.
   * @param {EventTarget | null} target
   */
  #equip(target) {
    const message = target instanceof Element ? target.closest(".message[data-seq]:not([data-deleted])") : null
    const bubble = message?.querySelector(".bubble")
    if (!(bubble instanceof HTMLElement) || bubble.querySelector(".message-more")) return
    const button = cloneTemplate("message-more-template")
    button.tabIndex = bubble.tabIndex
    bubble.append(button)
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
    if (work) this.#do(work, message)
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    this.#popup.key(event)
    const message = event.target instanceof Element ? event.target.closest(".message") : null
    const work = workOf(event)
    if (!message || !work || !message.querySelector(".message-more")) return
    if ((work === "edit" || work === "ask") && !this.#young().includes(message)) return
    event.preventDefault()
    if (work === "ask") this.#popup.open(message, true)
    this.#do(work, message)
  }

  /**
   * @param {string} work
   * @param {Element} message
   */
  #do(work, message) {
    if (work === "open") this.#popup.open(message, this.#young().includes(message))
    else if (work === "ask") this.#popup.show("sure")
    else if (work === "delete") void this.#delete(message)
    else this.#popup.close()
    if (work === "edit") this.#edit(message)
    else if (work === "reply") this.#tell("reply", quoteOf(message, textOf(message)))
    else if (work === "copy") void copy(textOf(message))
    else if (work === "quoted") /** @type {HTMLElement | null} */ (message.querySelector(".quote"))?.click()
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
