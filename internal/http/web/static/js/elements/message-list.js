import { numberOf } from "../view/query.js"
import { formatDay } from "../lib/time.js"
import { goTo, reachLast, stepTo } from "../view/roving.js"
import { drawReactions } from "../view/reactions.js"
import { makeDivider, makeMessage, readMessages, updateMessage } from "../view/message.js"

/** @typedef {import("../lib/timeline.js").Row} Row */

/**
 * What the host says when rows have changed.
 * @typedef {object} Rows
 * @property {Row[]} rows
 * @property {import("../lib/thread.js").Why} why
 * @property {boolean} hasOlder
 * @property {boolean} atEnd
 */

/**
 * <message-list> shows a conversation. The server renders what is there; this element
 * brings it up to date with "rows" of the host, and says "before-draw" and "drawn"
 * (detail: Rows) around each change.
 */
export class MessageList extends HTMLElement {
  #removed = new AbortController()
  #list = document.createElement("ol")
  /** @type {Map<string, HTMLElement>} bubbles by key */
  #bubbles = new Map()
  /** @type {Map<string, HTMLElement>} the lines that days begin with */
  #days = new Map()
  /** @type {HTMLElement | null} */
  #divider = null
  /** @type {HTMLElement | null} what stands above the first message */
  #note = null
  /** @type {Rows | undefined} what was drawn last */
  #drawn

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const list = this.querySelector("ol")
    if (list) this.#list = list
    for (const [key, { node }] of readMessages(this.#list)) this.#bubbles.set(key, node)
    this.#note = this.#list.querySelector("li.note")
    this.#divider = this.#list.querySelector("li.unread")
    const draw = (/** @type {Event} */ event) => this.#draw(/** @type {CustomEvent<Rows>} */ (event).detail)
    this.closest("swapnest-chat")?.addEventListener("rows", draw, { signal })
    // What draws pictures may come after them.
    document.addEventListener("attachments", () => this.#drawn && this.#draw({ ...this.#drawn, why: "event" }), {
      signal,
    })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.addEventListener("keydown", (event) => stepTo(this.#list, event), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Rows} change */
  #draw(change) {
    this.#drawn = change
    const { rows, why, hasOlder } = change
    const people = { me: numberOf(this.dataset.me), other: this.dataset.otherName ?? "" }
    this.dispatchEvent(new CustomEvent("before-draw", { bubbles: true }))
    const held = this.#list.contains(document.activeElement)
    if (why === "reset") this.#forget()
    /** @type {HTMLElement[]} */
    const wanted = []
    if (this.#note) wanted.push(this.#note)
    this.#note?.toggleAttribute("hidden", hasOlder)
    for (const row of rows) {
      if (row.day) wanted.push(this.#day(row))
      if (row.unread) wanted.push(this.#newMessages())
      let node = this.#bubbles.get(row.item.key)
      if (!node) {
        node = makeMessage(row.item, row.item.mine ? "You" : (this.dataset.otherName ?? ""))
        this.#bubbles.set(row.item.key, node)
        node.toggleAttribute("data-new", why === "event" || why === "own")
      }
      updateMessage(node, row)
      drawReactions(node, row.item.reactions, people)
      wanted.push(node)
    }
    this.#arrange(wanted)
    reachLast(this.#list)
    // Where the message is gone that had the focus, another one has it.
    const reached =
      held && !this.#list.contains(document.activeElement) && this.#list.querySelector('.bubble[tabindex="0"]')
    if (reached instanceof HTMLElement) goTo(this.#list, reached)
    this.dispatchEvent(new CustomEvent("drawn", { detail: change, bubbles: true }))
  }

  /**
   * What has begun anew may be another log, which gives a message of its own the id that
   * another one had in the last. One's own go by an id that never comes again.
   */
  #forget() {
    for (const [key, node] of this.#bubbles) if (node.dataset.side !== "mine") this.#bubbles.delete(key)
  }

  /**
   * Has the list hold exactly these, moving as little as possible.
   * @param {HTMLElement[]} wanted
   */
  #arrange(wanted) {
    const keep = new Set(/** @type {Element[]} */ (wanted))
    for (const node of [...this.#list.children]) if (!keep.has(node)) node.remove()
    for (const [key, node] of this.#bubbles) if (!keep.has(node)) this.#bubbles.delete(key)
    let at = this.#list.firstElementChild
    for (const node of wanted) {
      if (node === at) at = at.nextElementSibling
      else this.#list.insertBefore(node, at)
    }
  }

  /** @param {Row} row */
  #day({ day, item }) {
    let node = this.#days.get(day)
    if (!node) {
      node = document.createElement("li")
      node.className = "day"
      const time = document.createElement("time")
      time.dateTime = day
      node.append(time)
      this.#days.set(day, node)
    }
    const text = formatDay(new Date(item.at), new Date())
    const time = node.firstElementChild
    if (time && time.textContent !== text) time.textContent = text
    return node
  }

  #newMessages() {
    this.#divider ??= makeDivider()
    return this.#divider
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("[data-act]") : null
    const message = button?.closest(".message")
    if (!(button instanceof HTMLElement) || !(message instanceof HTMLElement)) return
    const detail = message.dataset.clientId
    this.dispatchEvent(new CustomEvent(button.dataset.act ?? "", { detail, bubbles: true }))
  }
}
