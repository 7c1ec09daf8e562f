import { sendJSON } from "../lib/api.js"
import { formatUntil } from "../lib/time.js"
import { leave } from "../view/toast.js"
import { one } from "../view/query.js"

/** @type {Record<string, number>} for how many milliseconds a button mutes */
const muteFor = { "1h": 3_600_000, "8h": 8 * 3_600_000 }

/**
 * @typedef {object} Kept how a conversation is kept
 * @property {boolean} muted
 * @property {string | null} [muted_until]
 * @property {boolean} pinned
 * @property {boolean} archived
 */

/**
 * <conversation-menu data-conversation data-back> has a conversation muted, pinned,
 * archived and marked as unread. Its words follow "entry" of the host, so that they say
 * what another tab has made of it. Where data-back is empty one stays on the page.
 */
export class ConversationMenu extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.#until(this.dataset.mutedUntil ?? "")
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("entry", (event) => this.#entry(/** @type {CustomEvent} */ (event).detail), { signal })
    this.addEventListener("submit", (event) => void this.#submit(event), { signal })
    this.addEventListener("keydown", (event) => this.#key(event), { signal })
    this.addEventListener("focusout", (event) => this.#left(event.relatedTarget), { signal })
    document.addEventListener("pointerdown", (event) => this.#left(event.target), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Kept} kept how the conversation is kept now */
  open(kept) {
    this.#words(kept)
    this.#details.open = true
    one(this, ".menu-item", HTMLElement).focus()
  }

  get #details() {
    return one(this, "details", HTMLDetailsElement)
  }

  /** @param {EventTarget | null} target where the focus or the finger is now */
  #left(target) {
    if (target instanceof Node && !this.contains(target)) this.#details.open = false
  }

  #close() {
    this.#details.open = false
    one(this, "summary", HTMLElement).focus()
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key === "Escape" && this.#details.open) {
      event.stopPropagation()
      this.#close()
      return
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (!step) return
    event.preventDefault()
    this.#details.open = true
    const items = [...this.querySelectorAll(".menu-item")].filter((item) => item.getClientRects().length > 0)
    const here = items.indexOf(/** @type {Element} */ (document.activeElement))
    const next = items[here < 0 ? (step > 0 ? 0 : items.length - 1) : (here + step + items.length) % items.length]
    if (next instanceof HTMLElement) next.focus()
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    const { submitter: button } = event
    if (!(button instanceof HTMLButtonElement)) return
    event.preventDefault()
    const fault = one(this, ".menu-fault", HTMLElement)
    fault.hidden = true
    const { name } = button
    const forMS = muteFor[button.value]
    const on = button.value !== "off"
    const chat = this.closest("swapnest-chat") ?? document.body
    try {
      const { conversation } = await sendJSON("PATCH", this.#path, {
        [name]: on,
        ...(forMS && { muted_for_ms: forMS }),
      })
      this.#words(conversation)
      // Who has gone on meanwhile is not called back.
      if (this.#details.open) this.#close()
      if (!on || (name !== "archived" && name !== "marked_unread")) return
      const text = name === "archived" ? "Conversation archived" : "Marked as unread"
      leave(this, chat, { text, undo: { path: this.#path, change: { [name]: false } } })
    } catch (error) {
      fault.textContent = error instanceof Error ? error.message : String(error)
      fault.hidden = false
    }
  }

  get #path() {
    return `/conversations/${this.dataset.conversation}`
  }

  /** @param {import("../lib/frames.js").Conversation} entry */
  #entry(entry) {
    if (String(entry.id) === this.dataset.conversation) this.#words(entry)
  }

  /** @param {string} end of being muted; "" for none */
  #until(end) {
    const words = one(this, ".menu-until", HTMLElement)
    words.hidden = end === ""
    if (end) words.textContent = `Muted until ${formatUntil(new Date(end), new Date())}`
  }

  /** @param {Kept} kept */
  #words(kept) {
    for (const name of /** @type {const} */ (["muted", "pinned", "archived"])) {
      const button = one(this, `[name="${name}"]`, HTMLButtonElement)
      const words = one(button, "span", HTMLElement)
      button.value = kept[name] ? "off" : "on"
      words.textContent = (kept[name] ? words.dataset.off : words.dataset.on) ?? ""
    }
    for (const item of this.querySelectorAll('[data-while="unmuted"]')) item.toggleAttribute("hidden", kept.muted)
    this.#until(kept.muted_until ?? "")
  }
}
