import { makeIcon } from "./icon.js"
import { make } from "./make.js"

/** @typedef {{ multiple?: boolean, accept?: string, capture?: string }} How a file is asked for, as an input has it */

/** What the button that attaches files leads to: the browser's own choice; on a phone also its camera. */
export class AttachMenu {
  #button
  #take
  /** @type {HTMLElement | undefined} */
  #menu

  /**
   * @param {HTMLElement} button
   * @param {(files: FileList) => void} take
   * @param {AbortSignal} signal
   */
  constructor(button, take, signal) {
    this.#button = button
    this.#take = take
    const onPhone = matchMedia("(pointer: coarse)")
    button.addEventListener("click", () => (onPhone.matches ? this.#toggle() : this.#ask({ multiple: true })), {
      signal,
    })
    document.addEventListener("pointerdown", ({ target }) => this.#left(target), { signal })
    document.addEventListener("focusin", ({ target }) => this.#left(target), { signal })
  }

  #toggle() {
    if (this.#menu) return this.#close()
    const menu = make("div", { class: "menu composer-attach-menu", role: "group", "aria-label": "Attach" })
    const add = (/** @type {string} */ icon, /** @type {string} */ text, /** @type {How} */ how) => {
      const item = make("button", { class: "menu-item", type: "button" }, makeIcon(icon), text)
      item.addEventListener("click", () => (this.#close(), this.#ask(how)))
      menu.append(item)
    }
    add("i-camera", "Take a photo", { accept: "image/*", capture: "environment" })
    add("i-clip", "Photos and files", { multiple: true })
    menu.addEventListener("keydown", (event) => this.#key(event))
    this.#menu = menu
    this.#button.after(menu)
    this.#button.setAttribute("aria-expanded", "true")
    this.#focus(0)
  }

  /** @param {How} how */
  #ask(how) {
    const { capture, ...rest } = how
    const input = Object.assign(make("input", { type: "file" }), rest)
    if (capture) input.setAttribute("capture", capture)
    input.addEventListener("change", () => input.files && this.#take(input.files))
    input.click()
  }

  #close() {
    const menu = this.#menu
    this.#menu = undefined
    this.#button.setAttribute("aria-expanded", "false")
    if (menu?.contains(document.activeElement)) this.#button.focus()
    menu?.remove()
  }

  /** @param {EventTarget | null} target */
  #left(target) {
    if (!this.#menu || !(target instanceof Node)) return
    if (!this.#menu.contains(target) && !this.#button.contains(target)) this.#close()
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (!step && event.key !== "Escape") return
    event.preventDefault()
    if (!step) return this.#close()
    const items = [...(this.#menu?.children ?? [])]
    this.#focus(items.indexOf(/** @type {Element} */ (document.activeElement)) + step)
  }

  /** @param {number} at */
  #focus(at) {
    const items = [...(this.#menu?.children ?? [])]
    const item = items.at(at % items.length)
    if (item instanceof HTMLElement) item.focus()
  }
}
