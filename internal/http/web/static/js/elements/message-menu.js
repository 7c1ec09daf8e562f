import { sendJSON } from "../lib/api.js"
import { saveFiles } from "../view/carried.js"
import { copy } from "../view/copy.js"
import { changeable, offersOf, summaryIn, textOf } from "../view/message.js"
import { workOf } from "../view/message-keys.js"
import { Popup } from "../view/popup.js"
import { onLongPress } from "../view/press.js"
import { cloneTemplate, numberOf } from "../view/query.js"
import { quoteOf } from "../view/quote.js"
import { heir } from "../view/roving.js"
import { onSwipe } from "../view/swipe.js"
import { show } from "../view/toast.js"

/**
 * <message-menu data-conversation> has messages answered, copied, deleted for oneself, and, while that is allowed,
 * one's own edited and deleted for everyone: it gives them their buttons, and opens the menu at one, also by a long
 * press; the same is done by keys at the message that has the focus. It dispatches "reply" (detail: Quote), "edit"
 * (detail: Editable), also for the last message on "edit-last" of the host, "revised" (detail: Message) for one that
 * was deleted for everyone, and "concealed" (detail: its id, and the message where it is back).
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
    this.addEventListener("focusout", (event) => this.#popup.blurred(event.relatedTarget), { signal })
    document.addEventListener("pointerdown", (event) => this.#popup.left(event.target), { signal })
    // A link has the browser's own menu.
    const pressed = (/** @type {Element} */ target) =>
      target.closest(".text > a, .menu, button") ? null : target.closest(".message[data-seq]:has(.bubble)")
    onLongPress(this, pressed, (message) => this.#do("open", message), signal)
    onSwipe(this, (message) => this.#do("reply", message), signal)
    const last = (/** @type {Event} */ event) => this.#editLast(/** @type {CustomEvent} */ (event).detail)
    this.closest("swapnest-chat")?.addEventListener("edit-last", last, { signal })
    for (const type of ["pointerover", "focusin"])
      this.addEventListener(type, (event) => this.#equip(event.target), { signal })
    // Where the page can copy, words need not be selected by the finger that opens the menu.
    this.toggleAttribute("data-pressed", isSecureContext)
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** Closes a menu that says too much, and gives the last message its button: a finger finds it there. */
  #refresh() {
    const open = this.#popup.offering("own")
    if (open && !changeable(this).includes(open)) this.#popup.close()
    this.#equip(this.querySelector(".message:last-child"))
  }

  /**
   * Gives a message its button, once somebody has come to it: nobody else would see it.
   * @param {EventTarget | null} target
   */
  #equip(target) {
    const message = target instanceof Element ? target.closest(".message[data-seq]") : null
    const bubble = message?.querySelector(".bubble")
    if (!(bubble instanceof HTMLElement) || bubble.querySelector(".message-more")) return
    const button = cloneTemplate("message-more-template")
    button.tabIndex = bubble.tabIndex
    bubble.insertBefore(button, bubble.querySelector(".message-react"))
  }

  /** @param {Event} pressed the key that asks for it */
  #editLast(pressed) {
    const last = changeable(this).at(-1)
    if (!last) return
    pressed.preventDefault()
    this.#do("edit", last)
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
    const message = event.target instanceof Element ? event.target.closest(".message[data-seq]") : null
    let work = workOf(event)
    if (!message || !work) return
    const young = changeable(this).includes(message)
    const deleted = message.hasAttribute("data-deleted")
    if ((work === "edit" && !young) || (deleted && !["open", "ask"].includes(work))) return
    event.preventDefault()
    if (work === "ask" && young) this.#do("open", message)
    else if (work === "ask") work = "hide"
    this.#do(work, message)
  }

  /**
   * @param {string} work
   * @param {Element} message
   */
  #do(work, message) {
    if (work === "open") this.#popup.open(message, offersOf(this, message))
    else if (work === "ask") this.#popup.show("sure")
    else if (work === "delete" || work === "hide") void this.#send(message, work)
    else this.#popup.close()
    if (work === "edit") this.#tell("edit", { id: idOf(message), text: textOf(message) })
    else if (work === "reply") this.#tell("reply", quoteOf(message, summaryIn(message)))
    else if (work === "copy") void copy(textOf(message))
    else if (work === "save") saveFiles(message)
    else if (work === "quoted") /** @type {HTMLElement | null} */ (message.querySelector(".quote"))?.click()
  }

  /**
   * @param {Element} message
   * @param {string} work
   */
  async #send(message, work) {
    const path = `/conversations/${this.dataset.conversation}/messages/${idOf(message)}`
    const next = heir(message) // a tab may hear that it is gone before the answer is here
    const { menu } = this.#popup // and somebody may have opened another one
    try {
      const answer = work === "hide" ? await sendJSON("PUT", `${path}/hidden`) : await sendJSON("DELETE", path)
      if (this.#popup.menu === menu) this.#popup.close()
      if (answer) return this.#tell("revised", answer.message)
      next()
      const id = idOf(message)
      this.#tell("concealed", { id })
      const undone = (/** @type {any} */ answer) => this.#tell("concealed", { id, message: answer.message })
      const said = { text: "Deleted for you", undo: { path: `${path}/hidden`, method: "DELETE" } }
      show(this.closest("swapnest-chat") ?? document.body, said, undone)
    } catch (error) {
      if (this.#popup.menu === menu) this.#popup.fault(error)
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

const idOf = (/** @type {Element} */ message) => numberOf(message.id.slice(1))
