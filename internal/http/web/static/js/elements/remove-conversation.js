import { sendJSON } from "../lib/api.js"
import { numberOf, one } from "../view/query.js"
import { leave } from "../view/toast.js"

/**
 * <remove-conversation> in the menu of a conversation asks whether to delete it for oneself, and
 * does so: then it dispatches "remove" (detail: its id) at the host. While it asks, the menu has
 * data-asks. Without a script its link leads to a page that asks.
 */
export class RemoveConversation extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.closest("details")?.addEventListener("toggle", () => this.#ask(false), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const item = event.target instanceof Element ? event.target.closest("[data-do]") : null
    if (!item || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    const work = item.getAttribute("data-do")
    if (work === "delete") void this.#remove()
    else this.#ask(work === "ask")
  }

  /** @param {boolean} asks */
  #ask(asks) {
    const menu = this.closest(".menu")
    const had = menu?.hasAttribute("data-asks")
    menu?.toggleAttribute("data-asks", asks)
    one(this, ".menu-fault", HTMLElement).hidden = true
    if (asks) one(this, '[data-do="keep"]', HTMLElement).focus()
    else if (had) one(this, '[data-do="ask"]', HTMLElement).focus()
  }

  async #remove() {
    const menu = /** @type {HTMLElement | null} */ (this.closest("conversation-menu"))
    const chat = this.closest("swapnest-chat") ?? document.body
    const id = menu?.getAttribute("data-conversation") ?? ""
    try {
      await sendJSON("DELETE", `/conversations/${id}`)
      menu?.querySelector("details")?.removeAttribute("open")
      chat.dispatchEvent(new CustomEvent("remove", { detail: numberOf(id) }))
      leave(menu, chat, { text: "Conversation deleted for you" })
    } catch (error) {
      const fault = one(this, ".menu-fault", HTMLElement)
      fault.textContent = error instanceof Error ? error.message : String(error)
      fault.hidden = false
    }
  }
}
