import { Drafts } from "../lib/drafts.js"
import { formatAge } from "../lib/time.js"
import { makeEntry, placeEntry, updateAge, updateListing, updateMarks, updateUnread } from "../view/entry.js"
import { ListPlace } from "../view/list-place.js"
import { LastWords } from "../view/last-words.js"
import { numberOf, one } from "../view/query.js"

/** @typedef {import("../lib/frames.js").Conversation} Conversation */
/** @typedef {import("../lib/frames.js").Message} Message */

const again = 30_000

/**
 * <inbox-list data-filter> is the list of conversations: what the server has rendered,
 * kept up to date by "entry", "moved", "unread", "cursor", "waits", "typing" and "listing" of the host. An
 * entry stands in it as long as it belongs to the filter.
 */
export class InboxList extends HTMLElement {
  #removed = new AbortController()
  /** @type {Map<number, HTMLElement>} entries by conversation, also those that have left the list */
  #nodes = new Map()
  #words = /** @type {LastWords} */ (/** @type {unknown} */ (null))
  /** @type {number | undefined} */
  #timer

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = this.closest("swapnest-chat")
    const me = numberOf(chat?.getAttribute("data-user-id") ?? undefined)
    this.#words = new LastWords(me, new Drafts(() => localStorage, me), (id) => this.#nodes.get(id))
    for (const node of this.querySelectorAll(".inbox-item")) {
      if (!(node instanceof HTMLElement)) continue
      this.#nodes.set(numberOf(node.dataset.conversation), node)
      this.#words.read(node)
    }
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      chat?.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail), { signal })
    on("entry", (entry) => this.#entry(entry))
    on("gone", (id) => this.#gone(id))
    on("moved", (message) => this.#moved(message))
    on("unread", (known) => this.#unread(known))
    on("cursor", (cursor) => this.#words.moved(cursor))
    on("privacy", ({ user_id: user }) => this.#words.doubted(this.#nodes, user))
    on("typing", (frame) => this.#words.typed(frame))
    on("listing", (frame) => this.#listing(frame))
    on("waits", (waits) => this.#words.waits(waits))
    on("compose", () => this.#drawAll())
    addEventListener("storage", () => this.#drawAll(), { signal })
    addEventListener("pageshow", () => this.#drawAll(), { signal })
    this.#timer = setInterval(() => this.#ages(), again)
    this.#drawAll()
    const more = () => this.dispatchEvent(new CustomEvent("more", { bubbles: true }))
    const place = new ListPlace(one(this, ".inbox-items", HTMLElement), this.#filter, more)
    on("page", (next) => place.restore(!next))
    addEventListener("pagehide", () => place.keep(), { signal })
    // The host comes last; it hears what is asked for once it is there.
    void customElements.whenDefined("swapnest-chat").then(() => place.restore(!this.querySelector("inbox-more")))
    // The filter that is chosen may be the last of a row that is wider than a phone.
    this.querySelector('.chip[aria-current="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearInterval(this.#timer)
  }

  get #filter() {
    return this.dataset.filter ?? "all"
  }

  /** @param {Conversation} entry new, or as it is now */
  #entry(entry) {
    const { id, role, archived, last_message: last } = entry
    const filter = this.#filter
    if (filter === "buying" ? role !== "buyer" : filter === "selling" && role !== "seller") return
    let node = this.#nodes.get(id)
    if (!node) {
      node = makeEntry(entry, filter)
      this.#nodes.set(id, node)
    }
    updateListing(node, entry.listing)
    updateMarks(node, entry)
    updateUnread(node, entry)
    node.toggleAttribute("data-archived", archived)
    if (last) this.#words.said(last)
    else this.#words.none(id)
    // Where the last message is deleted, an entry keeps its place.
    updateAge(node, entry.last_at)
    this.#settle(node)
  }

  /** @param {number} id of one that was deleted */
  #gone(id) {
    this.#nodes.get(id)?.remove()
    this.#nodes.delete(id)
    this.#emptied()
  }

  /** @param {Message} message the newest of its conversation */
  #moved(message) {
    const node = this.#nodes.get(message.conversation_id)
    if (!node) return
    updateAge(node, message.timestamp)
    this.#words.said(message)
    this.#settle(node)
  }

  /** @param {import("../lib/frames.js").ListingFrame} frame */
  #listing({ listing_id: id, listing }) {
    for (const node of this.#nodes.values()) if (numberOf(node.dataset.listing) === id) updateListing(node, listing)
  }

  /** @param {import("../lib/inbox.js").Known} known */
  #unread(known) {
    const node = this.#nodes.get(known.id)
    if (!node) return
    updateUnread(node, known)
    node.toggleAttribute("data-archived", known.archived === true)
    this.#settle(node)
  }

  /**
   * Puts an entry where it belongs, or out of the list.
   * @param {HTMLElement} node
   */
  #settle(node) {
    const list = one(this, ".inbox-items", HTMLElement)
    const filter = this.#filter
    const unread = node.hasAttribute("data-unread") || node.querySelector("[aria-current]") !== null
    const belongs = node.hasAttribute("data-archived") === (filter === "archived") && (filter !== "unread" || unread)
    if (belongs) placeEntry(list, node)
    else node.remove()
    this.#emptied()
  }

  /** Says that nothing is in the list, or that there is. */
  #emptied() {
    const list = one(this, ".inbox-items", HTMLElement)
    list.hidden = list.childElementCount === 0
    one(this, "[data-empty]", HTMLElement).hidden = !list.hidden
  }

  #drawAll() {
    for (const id of this.#nodes.keys()) this.#words.draw(id)
  }

  #ages() {
    for (const time of this.querySelectorAll("time")) time.textContent = formatAge(new Date(time.dateTime), new Date())
  }
}
