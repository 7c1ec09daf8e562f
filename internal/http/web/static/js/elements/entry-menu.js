import { isMenuKey, onLongPress } from "../view/press.js"
import { cloneTemplate, one } from "../view/query.js"
import { stepAmong } from "../view/roving.js"
import { ConversationMenu } from "./conversation-menu.js"

const margin = 8

/**
 * <entry-menu> opens the menu of a conversation at its entry of the list: by the other
 * mouse button or the menu key, and as a sheet from below by a long press. The arrow keys, Home
 * and End go from entry to entry.
 */
export class EntryMenu extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const list = /** @type {HTMLElement | null} */ (this.closest("inbox-list"))
    if (list) onLongPress(list, entryOf, (entry) => this.#open(entry, true), signal)
    list?.addEventListener("contextmenu", (event) => this.#asked(event), { signal })
    list?.addEventListener("keydown", (event) => this.#key(list, event), { signal })
    this.addEventListener("toggle", () => this.#toggled(), { signal, capture: true })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /**
   * @param {HTMLElement} list
   * @param {KeyboardEvent} event
   */
  #key(list, event) {
    if (isMenuKey(event)) this.#asked(event)
    else stepAmong(list, ".inbox-name", event)
  }

  /** @param {Event} event */
  #asked(event) {
    if (event.defaultPrevented || !(event.target instanceof Element)) return
    const entry = entryOf(event.target)
    if (entry || this.contains(event.target)) event.preventDefault()
    if (entry) this.#open(entry, false)
  }

  /**
   * @param {HTMLElement} entry
   * @param {boolean} sheet from below, for a thumb
   */
  #open(entry, sheet) {
    const menu = cloneTemplate("menu-template")
    if (!(menu instanceof ConversationMenu)) return
    const { conversation = "" } = entry.dataset
    menu.dataset.conversation = conversation
    menu.dataset.back = ""
    const name = entry.querySelector(".inbox-name > bdi")?.textContent ?? ""
    for (const place of menu.querySelectorAll("[data-name]")) place.textContent = name
    one(menu, "remove-conversation > a", HTMLAnchorElement).href = `/chat/delete/${conversation}/`
    this.replaceChildren(menu)
    this.toggleAttribute("data-sheet", sheet)
    const kept = (/** @type {string} */ mark) => entry.hasAttribute(`data-${mark}`)
    menu.open({
      muted: kept("muted"),
      pinned: kept("pinned"),
      archived: kept("archived"),
      muted_until: entry.dataset.mutedUntil,
    })
    if (!sheet) this.#place(entry, one(menu, ".menu", HTMLElement))
  }

  /**
   * Below the entry, or as far up as it takes to be seen whole above the tabs.
   * @param {HTMLElement} entry
   * @param {HTMLElement} menu
   */
  #place(entry, menu) {
    const top = this.closest("inbox-list")?.getBoundingClientRect().top ?? 0
    const tabs = document.querySelector(".tabs")?.getBoundingClientRect()
    const end = tabs?.height ? tabs.top : innerHeight
    const below = entry.getBoundingClientRect().bottom - top
    this.style.insetBlockStart = `${below}px`
    const over = menu.getBoundingClientRect().bottom + margin - end
    if (over > 0) this.style.insetBlockStart = `${below - over}px`
  }

  /** A menu that is closed has done its work. */
  #toggled() {
    const details = this.querySelector("details")
    if (!details || details.open) return
    const id = this.querySelector("conversation-menu")?.getAttribute("data-conversation") ?? ""
    const held = this.contains(document.activeElement)
    this.replaceChildren()
    this.removeAttribute("data-sheet")
    const list = this.closest("inbox-list")
    const link =
      list?.querySelector(`[data-conversation="${CSS.escape(id)}"] .inbox-name`) ?? list?.querySelector(".inbox-name")
    if (held && link instanceof HTMLElement) link.focus()
  }
}

/**
 * The entry that something belongs to, null outside of all.
 * @param {Element} target
 */
function entryOf(target) {
  return /** @type {HTMLElement | null} */ (target.closest(".inbox-item"))
}
