import { keysOn, setKeys, shortcutOf } from "../view/keys.js"
import { one } from "../view/query.js"
import { goTo } from "../view/roving.js"

/**
 * <shortcut-keys> does what the keys of its list say that are not of one element alone, and
 * shows the list: by ?, and by the buttons with data-shortcuts.
 */
export class ShortcutKeys extends HTMLElement {
  #removed = new AbortController()
  /** @type {Element | null} where the focus was */
  #before = null

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    document.addEventListener("keydown", (event) => this.#key(event), { signal })
    for (const button of document.querySelectorAll("[data-shortcuts]")) {
      button.toggleAttribute("hidden", false)
      button.addEventListener("click", () => this.#show(), { signal })
    }
    const single = one(this, "input", HTMLInputElement)
    single.checked = keysOn()
    single.addEventListener("change", () => setKeys(single.checked), { signal })
    this.#dialog.addEventListener("close", () => this.#closed(), { signal })
    // A press beside it closes it.
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close(), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  get #dialog() {
    return one(this, "dialog", HTMLDialogElement)
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#dialog.open) return
    const work = shortcutOf(event)
    if (work && this.#do(work)) event.preventDefault()
  }

  /**
   * @param {string} work
   * @returns {boolean} whether there was something to do
   */
  #do(work) {
    if (work === "help") return this.#show()
    if (work === "write") return focus("message-composer textarea")
    if (work === "messages") return this.#messages()
    if (work === "list")
      return focus('.inbox-name[aria-current="true"]') || focus(".inbox-name") || press(".conversation-back")
    if (work === "search") return press(".inbox-search")
    if (work === "options") return press(".conversation-tools summary") && focus(".conversation-tools .menu-item")
    return this.#turn(work === "next" ? 1 : -1)
  }

  #show() {
    this.#before = document.activeElement
    this.#dialog.showModal()
    return true
  }

  /** The browser gives the focus back, but not to what only a key has led away from. */
  #closed() {
    if (this.#before instanceof HTMLElement && this.#before.isConnected) this.#before.focus({ preventScroll: true })
  }

  #messages() {
    const list = document.querySelector("message-list ol")
    const bubble = list?.querySelector('.bubble[tabindex="0"]')
    if (!list || !(bubble instanceof HTMLElement)) return focus(".timeline")
    goTo(list, bubble)
    return true
  }

  /** @param {number} step to a neighbour in the list */
  #turn(step) {
    const all = [...document.querySelectorAll(".inbox-name")]
    const here = all.findIndex((link) => link.getAttribute("aria-current") === "true")
    const next = all[here + step]
    if (!(next instanceof HTMLElement)) return false
    next.click()
    return true
  }
}

/**
 * @param {string} selector
 * @returns {boolean} whether it is there to be seen
 */
function focus(selector) {
  const found = document.querySelector(selector)
  if (!(found instanceof HTMLElement) || !found.checkVisibility()) return false
  found.focus()
  return true
}

/** @param {string} selector */
function press(selector) {
  const found = document.querySelector(selector)
  if (!(found instanceof HTMLElement)) return false
  found.click()
  return true
}
