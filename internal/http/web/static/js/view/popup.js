import { cloneTemplate } from "./query.js"

/** The menu that is open at a message, if one is. */
export class Popup {
  /** @type {HTMLElement | undefined} */
  #menu
  #template
  #opener
  /** @type {Element | null} what in the message had the focus before */
  #before = null

  /**
   * @param {string} template of the menu
   * @param {string} opener a selector for the button in the message that it belongs to
   */
  constructor(template = "message-menu-template", opener = ".message-more") {
    this.#template = template
    this.#opener = opener
  }

  /** What is open now, to tell it from what is opened later. */
  get menu() {
    return this.#menu
  }

  /** @param {Element} message */
  at(message) {
    return this.#menu !== undefined && message.contains(this.#menu)
  }

  /**
   * @param {Element} message
   * @param {(name: string) => boolean} [offers] whether a message has what is marked data-for a name
   */
  open(message, offers = () => true) {
    this.close()
    this.#before = document.activeElement
    this.#menu = cloneTemplate(this.#template)
    for (const item of this.#menu.querySelectorAll("[data-for]"))
      if (!offers(item.getAttribute("data-for") ?? "")) item.remove()
    message.append(this.#menu)
    message.querySelector(this.#opener)?.setAttribute("aria-expanded", "true")
    this.show("choose")
    // Above the message where there is no room below it.
    const end = message.closest(".timeline")?.getBoundingClientRect().bottom ?? innerHeight
    this.#menu.toggleAttribute("data-above", this.#menu.getBoundingClientRect().bottom > end)
  }

  /** Closes it, and gives the focus back to its button, or the bubble. */
  close() {
    const menu = this.#menu
    if (!menu) return
    this.#menu = undefined
    const message = menu.closest(".message")
    const button = message?.querySelector(this.#opener)
    button?.setAttribute("aria-expanded", "false")
    const back = message?.contains(this.#before) ? this.#before : (button ?? message?.querySelector(".bubble"))
    if (menu.contains(document.activeElement) && back instanceof HTMLElement) back.focus({ preventScroll: true })
    menu.remove()
  }

  /**
   * The message at which it is open, if it offers something there.
   * @param {string} name
   */
  offering(name) {
    return this.#menu?.querySelector(`[data-for="${name}"]`)?.closest(".message")
  }

  /** @param {EventTarget | null} target what was pressed */
  left(target) {
    if (!(target instanceof Node) || this.#menu?.contains(target)) return
    if (!this.#menu?.closest(".message")?.querySelector(this.#opener)?.contains(target)) this.close()
  }

  /**
   * The focus moves. To the bubble it goes as a finger is lifted that has opened the menu by resting there.
   * @param {EventTarget | null} target
   */
  blurred(target) {
    if (this.#menu?.parentElement?.querySelector(".bubble") !== target) this.left(target)
  }

  /** @param {string} part what it asks for */
  show(part) {
    for (const one of this.#menu?.querySelectorAll("[data-part]") ?? [])
      one.toggleAttribute("hidden", one.getAttribute("data-part") !== part)
    this.#step(0)
  }

  /** @param {unknown} error */
  fault(error) {
    const fault = this.#menu?.querySelector(".menu-fault")
    if (!(fault instanceof HTMLElement)) return
    fault.textContent = error instanceof Error ? error.message : String(error)
    fault.hidden = false
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape" && this.#menu) {
      event.preventDefault()
      this.close()
    }
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key]
    if (!step || !this.#menu?.contains(document.activeElement)) return
    event.preventDefault()
    this.#step(step)
  }

  /** @param {number} step from the item that has the focus; 0 goes to the first */
  #step(step) {
    const items = [...(this.#menu?.querySelectorAll("[data-part]:not([hidden]) .menu-item") ?? [])]
    const here = items.indexOf(/** @type {Element} */ (document.activeElement))
    const next = items.at(step && (here + step) % items.length)
    if (next instanceof HTMLElement) next.focus({ preventScroll: true })
  }
}
