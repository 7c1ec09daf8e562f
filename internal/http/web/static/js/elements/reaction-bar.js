import { numberOf, cloneTemplate, one } from "../view/query.js"
import { Popup } from "../view/popup.js"
import { tell } from "../view/tell.js"

const longPress = 500

/**
 * <reaction-bar> has people react to the messages in it: by the button that it gives to each, with a row of six and
 * all others behind it, and by pressing a reaction that is there. It dispatches "react" (detail: message, emoji and
 * whether it is to be there), and says why on "unreacted" of the host. data-closed: nothing can be done.
 */
export class ReactionBar extends HTMLElement {
  #removed = new AbortController()
  #popup = new Popup("reaction-quick-template", ".message-react")
  /** @type {number | undefined} */
  #press
  /** a long press has shown names, and the click that ends it does nothing */
  #shown = false

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.addEventListener("keydown", (event) => this.#popup.key(event), { signal })
    this.addEventListener("drawn", () => this.#refresh(), { signal })
    this.addEventListener("focusout", (event) => this.#popup.blurred(event.relatedTarget), { signal })
    this.addEventListener("pointerdown", (event) => this.#pressed(event), { signal })
    for (const type of ["pointerup", "pointercancel", "pointerleave"])
      this.addEventListener(type, () => clearTimeout(this.#press), { signal })
    this.addEventListener("contextmenu", (event) => this.#shown && event.preventDefault(), { signal })
    document.addEventListener("pointerdown", (event) => this.#popup.left(event.target), { signal })
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("unreacted", (event) => tell(/** @type {CustomEvent} */ (event).detail), { signal })
    chat?.addEventListener("ended", () => (this.toggleAttribute("data-closed", true), this.#refresh()), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearTimeout(this.#press)
  }

  /** Gives a button to each message that is committed and there. */
  #refresh() {
    const closed = this.hasAttribute("data-closed")
    for (const message of this.querySelectorAll(".message[data-seq]")) {
      const button = message.querySelector(".message-react")
      const wanted = !closed && !message.hasAttribute("data-deleted")
      if (button && !wanted) {
        if (this.#popup.at(message)) this.#popup.close()
        button.remove()
      } else if (!button && wanted) {
        const bubble = one(message, ".bubble", HTMLElement)
        const fresh = cloneTemplate("message-react-template")
        fresh.tabIndex = bubble.tabIndex
        bubble.append(fresh)
      }
    }
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("button") : null
    const message = button?.closest(".message")
    if (!button || !message) return
    if (button.matches(".message-react")) {
      if (this.#popup.at(message)) this.#popup.close()
      else this.#open(message)
    } else if (button.matches(".reaction-more")) void this.#all(message)
    else if (button.matches(".reaction")) {
      if (!this.#shown) this.#react(message, button)
    } else if (button.matches(".reaction-choice")) {
      this.#popup.close()
      this.#react(message, button)
    }
    this.#shown = false
  }

  /** @param {Element} message */
  #open(message) {
    this.#popup.open(message)
    for (const choice of message.querySelectorAll(".reaction-choice"))
      choice.setAttribute("aria-pressed", String(this.#has(message, choice.getAttribute("data-emoji"))))
  }

  /** @param {Element} message */
  async #all(message) {
    this.#popup.close()
    // The focus comes back to the button when the dialog is closed: until then it shows.
    const button = message.querySelector(".message-react")
    button?.setAttribute("aria-expanded", "true")
    try {
      const { chooseEmoji } = await import("./emoji-picker.js")
      const emoji = await chooseEmoji(numberOf(this.dataset.me), (one) => this.#has(message, one))
      if (emoji) this.#tell(message, emoji, !this.#has(message, emoji))
    } catch {
      tell("The emoji could not be loaded. Try again in a moment.")
    } finally {
      button?.setAttribute("aria-expanded", "false")
    }
  }

  /**
   * Whether the reader has put an emoji to a message.
   * @param {Element} message
   * @param {string | null} emoji
   */
  #has(message, emoji) {
    const own = [...message.querySelectorAll('.reaction[aria-pressed="true"]')]
    return own.some((button) => button.getAttribute("data-emoji") === emoji)
  }

  /**
   * @param {Element} message
   * @param {HTMLElement} button
   */
  #react(message, button) {
    this.#tell(message, button.dataset.emoji ?? "", button.getAttribute("aria-pressed") !== "true")
  }

  /**
   * @param {Element} message
   * @param {string} emoji
   * @param {boolean} on
   */
  #tell(message, emoji, on) {
    if (this.hasAttribute("data-closed")) return
    const detail = { message: numberOf(message.id.slice(1)), emoji, on }
    this.dispatchEvent(new CustomEvent("react", { detail, bubbles: true }))
  }

  /** @param {Event} event */
  #pressed({ target }) {
    this.querySelector(".reaction[data-show]")?.removeAttribute("data-show")
    this.#shown = false
    const button = target instanceof Element ? target.closest(".reaction") : null
    clearTimeout(this.#press)
    if (!button) return
    this.#press = setTimeout(() => {
      this.#shown = true
      button.setAttribute("data-show", "names")
    }, longPress)
  }
}
