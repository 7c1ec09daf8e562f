import { findEmoji, RecentEmoji } from "../lib/emoji.js"
import { loadEmoji, makePicker } from "../view/emoji-dialog.js"
import { one } from "../view/query.js"

/** @typedef {import("../lib/emoji.js").Emoji} Emoji */
/** @typedef {import("../lib/emoji.js").Group} Group */

/**
 * <emoji-picker> is the dialog with all emoji: a search, groups, and a list in which the arrow keys move. It is
 * loaded when somebody asks for it. It dispatches "chosen" (detail: an emoji).
 */
export class EmojiPicker extends HTMLElement {
  /** @type {Group[]} */
  #groups = []
  #dialog = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (null))
  #list = /** @type {HTMLElement} */ (/** @type {unknown} */ (null))
  #search = /** @type {HTMLInputElement} */ (/** @type {unknown} */ (null))
  #has = (/** @type {string} */ _) => false

  /**
   * @param {Group[]} groups
   * @param {(emoji: string) => boolean} has what the reader has put there already
   */
  open(groups, has) {
    this.#groups = groups
    this.#has = has
    this.#dialog = makePicker(groups)
    this.#list = one(this.#dialog, "[role=listbox]", HTMLElement)
    this.#search = one(this.#dialog, "input[type=search]", HTMLInputElement)
    this.#search.addEventListener("input", () => this.#searched())
    this.#search.addEventListener("keydown", (event) => this.#searchKey(event))
    this.#list.addEventListener("keydown", (event) => this.#listKey(event))
    one(this.#dialog, "fieldset", HTMLElement).addEventListener("change", () => this.#grouped())
    this.#dialog.addEventListener("click", (event) => this.#clicked(event))
    for (const type of ["focusin", "pointerover"]) this.#list.addEventListener(type, ({ target }) => this.#name(target))
    this.append(this.#dialog)
    this.#grouped()
    this.#dialog.showModal()
    this.#search.focus()
    return this.#dialog
  }

  #searched() {
    const words = this.#search.value
    if (words.trim() === "") return this.#grouped()
    const found = findEmoji(this.#groups, words)
    this.#show(found, "Found")
    one(this.#dialog, "[role=status]", HTMLElement).textContent =
      found.length > 0 ? `${found.length} found` : "No emoji has this name. Try another word."
  }

  #grouped() {
    this.#search.value = ""
    one(this.#dialog, "[role=status]", HTMLElement).textContent = ""
    const group = this.#groups[Number(one(this.#dialog, "input[type=radio]:checked", HTMLInputElement).value)]
    this.#show(group.emoji, group.name)
  }

  /**
   * @param {Emoji[]} emoji
   * @param {string} name
   */
  #show(emoji, name) {
    this.#list.setAttribute("aria-label", name)
    this.#list.replaceChildren(
      ...emoji.map(([text, label], i) => {
        const option = document.createElement("button")
        Object.assign(option, { type: "button", textContent: text, tabIndex: i === 0 ? 0 : -1 })
        option.setAttribute("role", "option")
        option.setAttribute("aria-label", label)
        option.setAttribute("aria-selected", String(this.#has(text)))
        return option
      }),
    )
    this.#list.scrollTop = 0
    this.#name(null)
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    const first = this.#list.firstElementChild
    if (event.isComposing || !(first instanceof HTMLElement)) return
    if (event.key === "ArrowDown") first.focus()
    else if (event.key === "Enter" && this.#search.value.trim() !== "") first.click()
    else return
    event.preventDefault()
  }

  /** @param {KeyboardEvent} event */
  #listKey(event) {
    const all = /** @type {HTMLElement[]} */ ([...this.#list.children])
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    const below = all.findIndex(({ offsetTop }) => offsetTop > all[0].offsetTop)
    const columns = below < 0 ? all.length : below
    const towards = getComputedStyle(this.#list).direction === "rtl" ? -1 : 1
    const step = { ArrowLeft: -towards, ArrowRight: towards, ArrowUp: -columns, ArrowDown: columns }[event.key]
    const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step && here + step
    if (to === undefined) return
    event.preventDefault()
    if (event.key === "ArrowUp" && to < 0) return this.#search.focus()
    const next = all[to]
    if (!next) return
    all[here].tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const option = target instanceof Element ? target.closest("[role=option]") : null
    if (option) this.dispatchEvent(new CustomEvent("chosen", { detail: option.textContent }))
    // Beside the dialog is the dialog itself: what is in it fills it.
    if (option || target === this.#dialog || (target instanceof Element && target.closest(".emoji-close")))
      this.#dialog.close()
  }

  /** @param {EventTarget | null} target */
  #name(target) {
    const option = target instanceof Element ? target.closest("[role=option]") : null
    one(this.#dialog, ".emoji-name", HTMLElement).textContent = option?.getAttribute("aria-label") ?? ""
  }
}

customElements.define("emoji-picker", EmojiPicker)

/**
 * Has the reader choose an emoji.
 * @param {number} me
 * @param {(emoji: string) => boolean} has what they have put there already
 * @returns {Promise<string>} "" when they close it
 */
export async function chooseEmoji(me, has) {
  const recent = new RecentEmoji(() => localStorage, me)
  const groups = await loadEmoji()
  const all = groups.flatMap(({ emoji }) => emoji)
  const last = recent.all.map((text) => all.find(([one]) => one === text)).filter((one) => one !== undefined)
  const picker = document.createElement("emoji-picker")
  document.body.append(picker)
  let chosen = ""
  picker.addEventListener("chosen", (event) => (chosen = /** @type {CustomEvent} */ (event).detail))
  const begin = last.length > 0 ? [{ name: "Recently used", emoji: last }] : []
  const dialog = /** @type {EmojiPicker} */ (picker).open([...begin, ...groups], has)
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }))
  picker.remove()
  if (chosen) recent.add(chosen)
  return chosen
}
