import { cloneTemplate, one } from "../view/query.js"
import { ConversationMenu } from "./conversation-menu.js"

const margin = 8

/**
 * <entry-menu> opens the menu of a conversation at its entry of the list: by the other
 * mouse button, a long press, or the menu key.
 */
export class EntryMenu extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const list = this.closest("inbox-list")
    list?.addEventListener("contextmenu", (event) => this.#open(event), { signal })
    this.addEventListener("toggle", () => this.#toggled(), { signal, capture: true })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Event} event */
  #open(event) {
    const entry = event.target instanceof Element ? event.target.closest(".inbox-item") : null
    if (!(entry instanceof HTMLElement)) return
    event.preventDefault()
    const menu = cloneTemplate("menu-template")
    if (!(menu instanceof ConversationMenu)) return
    menu.dataset.conversation = entry.dataset.conversation
    menu.dataset.back = ""
    this.replaceChildren(menu)
    const kept = (/** @type {string} */ name) => entry.hasAttribute(`data-${name}`)
    menu.open({
      muted: kept("muted"),
      pinned: kept("pinned"),
      archived: kept("archived"),
      muted_until: entry.dataset.mutedUntil,
    })
    // Below the entry, or as far up as it takes to be seen whole above the tabs.
    const top = this.closest("inbox-list")?.getBoundingClientRect().top ?? 0
    const tabs = document.querySelector(".tabs")?.getBoundingClientRect()
    const end = tabs?.height ? tabs.top : innerHeight
    const below = entry.getBoundingClientRect().bottom - top
    this.style.insetBlockStart = `${below}px`
    const over = one(menu, ".menu", HTMLElement).getBoundingClientRect().bottom + margin - end
    if (over > 0) this.style.insetBlockStart = `${below - over}px`
  }

  /** A menu that is closed has done its work. */
  #toggled() {
    const details = this.querySelector("details")
    if (!details || details.open) return
    const id = this.querySelector("conversation-menu")?.getAttribute("data-conversation") ?? ""
    const held = this.contains(document.activeElement)
    this.replaceChildren()
    const link = this.closest("inbox-list")?.querySelector(`[data-conversation="${CSS.escape(id)}"] .inbox-name`)
    if (held && link instanceof HTMLElement) link.focus()
  }
}
