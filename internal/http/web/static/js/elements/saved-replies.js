import { getJSON } from "../lib/api.js"
import { filled, findReplies, soughtBy } from "../lib/saved.js"
import { ReplyList } from "../view/reply-list.js"
import { one } from "../view/query.js"

/** @typedef {import("../lib/saved.js").SavedReply} SavedReply */

/**
 * <saved-replies data-name data-title> stands around the box of a composer. A stroke typed into
 * the empty box, or the button beside it, opens the list of what one writes often; what follows
 * the stroke narrows it. The one that is chosen stands in the box then, to be changed and sent:
 * nothing is sent from here.
 */
export class SavedReplies extends HTMLElement {
  #removed = new AbortController()
  #list = /** @type {ReplyList} */ (/** @type {unknown} */ (null))
  #box = /** @type {HTMLTextAreaElement} */ (/** @type {unknown} */ (null))
  /** @type {SavedReply[]} */
  #all = []
  /** @type {"" | "stroke" | "button"} what has opened the list */
  #by = ""

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.#box = one(this, "textarea", HTMLTextAreaElement)
    this.#list = new ReplyList(this, this.#box, (id) => this.#put(id))
    this.#box.addEventListener("input", () => void this.#typed(), { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    // Before the composer, which sends by Enter.
    this.addEventListener("keydown", (event) => this.#key(event), { capture: true, signal })
    this.addEventListener("focusout", (event) => this.#left(event.relatedTarget), { signal })
    document.addEventListener("pointerdown", (event) => this.#left(event.target), { signal })
    // It was loaded for a stroke, behind which more may have been typed.
    if (document.activeElement === this.#box && soughtBy(this.#box.value) !== undefined) void this.#open("stroke")
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#close()
  }

  async #typed() {
    const sought = soughtBy(this.#box.value)
    if (sought === undefined) return this.#close()
    // A path that one writes is none: the list opens with the stroke alone.
    if (this.#box.value === "/" && this.#by === "") await this.#open("stroke")
    else if (this.#by !== "") this.#draw(sought)
  }

  /** @param {"stroke" | "button"} by */
  async #open(by) {
    this.#by = by
    try {
      this.#all = (await getJSON("/saved-replies")).saved_replies
    } catch {
      this.#all = [] // without a line there is still the box
    }
    if (this.#by === by && this.isConnected) this.#draw(soughtBy(this.#box.value) ?? "")
  }

  /** @param {string} sought */
  #draw(sought) {
    const found = findReplies(this.#all, sought)
    // A stroke of who has saved nothing, or nothing such, is a stroke.
    if (found.length === 0 && this.#by === "stroke") return this.#list.close()
    this.#list.show(found.map((reply) => ({ ...reply, text: this.#filled(reply) })))
  }

  /** @param {SavedReply} reply */
  #filled({ text }) {
    const { name = "", title = "" } = this.dataset
    return filled(text, { name, title })
  }

  #close() {
    this.#by = ""
    this.#list.close()
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest(".composer-saved") : null
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    this.#box.focus()
    if (this.#list.open) this.#close()
    else void this.#open("button")
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#list.open || event.isComposing || event.target !== this.#box) return
    if (event.key === "Escape") this.#close()
    else if (!this.#list.key(event)) return
    event.preventDefault()
    event.stopPropagation()
  }

  /** @param {EventTarget | null} target where the focus or the finger is now */
  #left(target) {
    if (target instanceof Node && !this.contains(target)) this.#close()
  }

  /** @param {number} id of the reply that was chosen */
  #put(id) {
    const reply = this.#all.find((one) => one.id === id)
    if (!reply) return
    const text = this.#filled(reply)
    const own = this.#box.value.trim()
    // What somebody has written themselves stays.
    const value = own === "" || soughtBy(own) !== undefined ? text : `${this.#box.value.trimEnd()}\n${text}`
    this.#close()
    this.#box.value = value
    this.#box.dispatchEvent(new Event("input", { bubbles: true }))
    this.#box.focus()
    this.#box.setSelectionRange(value.length, value.length)
  }
}
