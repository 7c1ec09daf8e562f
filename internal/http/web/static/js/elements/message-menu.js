import { sendJSON } from "../lib/api.js"
import { copy } from "../view/copy.js"
import { changeable, textOf } from "../view/message.js"
import { Popup } from "../view/popup.js"
import { isMenuKey, onLongPress } from "../view/press.js"
import { cloneTemplate, numberOf } from "../view/query.js"
import { heir } from "../view/roving.js"
import { show } from "../view/toast.js"

const again = 10_000

/**
 * <message-menu data-conversation> has messages copied, deleted for oneself, and, while that is
 * allowed, one's own edited and deleted for everyone: it gives them their buttons, and opens the
 * menu at one, also by a long press or the menu key. It dispatches "edit" (detail: Editable), also
 * for the last message on "edit-last" of the host, "revised" (detail: Message) for one that was
 * deleted for everyone, and "concealed" (detail: its id, and the message where it is back).
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
    this.addEventListener("keydown", (event) => this.#key(event), { signal })
    this.addEventListener("drawn", () => this.#refresh(), { signal })
    this.addEventListener("focusout", (event) => this.#popup.left(event.relatedTarget), { signal })
    document.addEventListener("pointerdown", (event) => this.#popup.left(event.target), { signal })
    // A link has the browser's own menu.
    const pressed = (/** @type {Element} */ target) =>
      target.closest(".text > a, .menu, .message-more") ? null : target.closest(".message[data-seq]:has(.bubble)")
    onLongPress(this, pressed, (message) => this.#open(message), signal)
    const chat = this.closest("swapnest-chat")
    const last = (/** @type {Event} */ event) => this.#editLast(/** @type {CustomEvent} */ (event).detail)
    chat?.addEventListener("edit-last", last, { signal })
    this.#timer = setInterval(() => this.#refresh(), again)
    this.#refresh()
    // Where the page can copy, words need not be selected by the finger that opens the menu.
    this.toggleAttribute("data-pressed", isSecureContext)
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearInterval(this.#timer)
  }

  /** Gives a button to each message that has been sent, and closes a menu that says too much. */
  #refresh() {
    const open = this.#popup.offering("own")
    if (open && !changeable(this).includes(open)) this.#popup.close()
    for (const bubble of this.querySelectorAll(".message[data-seq] > .bubble:not(:has(> .message-more))")) {
      const button = cloneTemplate("message-more-template")
      if (bubble instanceof HTMLElement) button.tabIndex = bubble.tabIndex
      bubble.append(button)
    }
  }

  /** @param {Element} message */
  #open(message) {
    const young = changeable(this).includes(message)
    const words = !message.hasAttribute("data-deleted")
    this.#popup.open(message, (name) => (name === "own" ? young : words))
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const message = event.target instanceof Element && event.target.closest(".message[data-seq]")
    if (message && isMenuKey(event)) {
      event.preventDefault()
      this.#open(message)
    } else this.#popup.key(event)
  }

  /** @param {Event} pressed the key that asks for it */
  #editLast(pressed) {
    const last = changeable(this).at(-1)
    if (!last) return
    pressed.preventDefault()
    this.#edit(last)
  }

  /** @param {Element} message */
  #edit(message) {
    this.#tell("edit", { id: idOf(message), text: textOf(message) })
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("button") : null
    const message = button?.closest(".message")
    if (!button || !message) return
    const work = button.matches(".message-more") ? (this.#popup.at(message) ? "close" : "open") : button.dataset.do
    if (work === "open") this.#open(message)
    else if (work === "ask") this.#popup.show("sure")
    else if (work === "delete" || work === "hide") void this.#send(message, work)
    else if (work) this.#popup.close()
    if (work === "edit") this.#edit(message)
    if (work === "copy") void copy(textOf(message))
  }

  /**
   * @param {Element} message
   * @param {string} work
   */
  async #send(message, work) {
    const path = `/conversations/${this.dataset.conversation}/messages/${idOf(message)}`
    const next = heir(message) // a tab may hear that it is gone before the answer is here
    try {
      const answer = work === "hide" ? await sendJSON("PUT", `${path}/hidden`) : await sendJSON("DELETE", path)
      this.#popup.close()
      if (answer) return this.#tell("revised", answer.message)
      next()
      this.#hidden(idOf(message), `${path}/hidden`)
    } catch (error) {
      this.#popup.fault(error)
    }
  }

  /**
   * @param {number} id of a message that is gone for the reader
   * @param {string} path what takes that back
   */
  #hidden(id, path) {
    this.#tell("concealed", { id })
    const undone = (/** @type {any} */ answer) => this.#tell("concealed", { id, message: answer.message })
    const said = { text: "Deleted for you", undo: { path, method: "DELETE" } }
    show(this.closest("swapnest-chat") ?? document.body, said, undone)
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }))
  }
}

/** @param {Element} message */
function idOf(message) {
  return numberOf(message.id.slice(1))
}
