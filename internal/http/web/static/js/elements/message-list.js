import { formatDay } from "../lib/time.js"
import { makeMessage, readMessages, updateMessage } from "../view/message.js"

/** @typedef {import("../lib/timeline.js").Row} Row */

/**
 * What the host says when rows have changed.
 * @typedef {object} Rows
 * @property {Row[]} rows
 * @property {import("../lib/thread.js").Why} why
 */

/**
 * <message-list> shows a conversation. The server renders what is there; this element
 * brings it up to date with "rows" of the host, and says "before-draw" and "drawn"
 * (detail: why, and the new messages of the other person) around each change.
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
  /** @type {HTMLElement[]} what stands above all */
  #notes = []

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const list = this.querySelector("ol")
    if (list) this.#list = list
    for (const [key, { node }] of readMessages(this.#list)) this.#bubbles.set(key, node)
    for (const node of this.#list.children)
      if (node instanceof HTMLElement && node.matches(".note")) this.#notes.push(node)
    this.#divider = this.#list.querySelector("li.unread")
    const draw = (/** @type {Event} */ event) => this.#draw(/** @type {CustomEvent<Rows>} */ (event).detail)
    this.closest("swapnest-chat")?.addEventListener("rows", draw, { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.addEventListener("keydown", (event) => this.#key(event), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Rows} change */
  #draw({ rows, why }) {
    this.dispatchEvent(new CustomEvent("before-draw", { bubbles: true }))
    /** @type {HTMLElement[]} */
    const wanted = [...this.#notes]
    /** @type {import("../lib/timeline.js").Item[]} */
    const fresh = []
    for (const row of rows) {
      if (row.day) wanted.push(this.#day(row))
      if (row.unread) wanted.push(this.#newMessages())
      let node = this.#bubbles.get(row.item.key)
      if (!node) {
        node = makeMessage(row.item, row.item.mine ? "You" : (this.dataset.otherName ?? ""))
        this.#bubbles.set(row.item.key, node)
        node.toggleAttribute("data-new", why === "event" || why === "own")
        if (why === "event" && !row.item.mine) fresh.push(row.item)
      }
      updateMessage(node, row)
      wanted.push(node)
    }
    this.#arrange(wanted)
    this.#rove()
    this.dispatchEvent(new CustomEvent("drawn", { detail: { why, fresh }, bubbles: true }))
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
    if (!this.#divider) {
      this.#divider = document.createElement("li")
      this.#divider.className = "unread"
      this.#divider.id = "new"
      const text = document.createElement("span")
      text.textContent = "New messages"
      this.#divider.append(text)
    }
    return this.#divider
  }

  /** Exactly one bubble is reached by Tab: the one that was, or the last. */
  #rove() {
    const active = this.#list.querySelector('.bubble[tabindex="0"]')
    if (active && active.contains(document.activeElement)) return
    active?.setAttribute("tabindex", "-1")
    const all = this.#list.querySelectorAll(".bubble")
    all[all.length - 1]?.setAttribute("tabindex", "0")
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    const here = event.target instanceof Element ? event.target.closest(".bubble") : null
    if (!step || !here) return
    const all = [...this.#list.querySelectorAll(".bubble")]
    const next = all[all.indexOf(here) + step]
    if (!(next instanceof HTMLElement)) return
    event.preventDefault()
    here.setAttribute("tabindex", "-1")
    next.setAttribute("tabindex", "0")
    next.focus()
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
