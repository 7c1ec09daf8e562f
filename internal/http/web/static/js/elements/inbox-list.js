import { systemClock } from "../lib/clock.js"
import { Drafts } from "../lib/drafts.js"
import { formatAge } from "../lib/time.js"
import { TypingWatch } from "../lib/typing.js"
import { makeEntry, updateAge, updateLast, updateUnread } from "../view/entry.js"
import { numberOf } from "../view/query.js"

/** @typedef {import("../lib/frames.js").Conversation} Conversation */
/** @typedef {import("../lib/frames.js").Message} Message */
/** @typedef {import("../lib/frames.js").Cursor} Cursor */
/** @typedef {import("../lib/frames.js").TypingFrame} TypingFrame */
/** @typedef {{ seq: number, mine: boolean, text: string, state: "" | "sent" | "delivered" | "read" }} Last */

const again = 30_000

/**
 * <inbox-list data-filter> is the list of conversations: what the server has rendered,
 * kept up to date by "entry", "moved", "unread", "cursor" and "typing" of the host.
 */
export class InboxList extends HTMLElement {
  #removed = new AbortController()
  #me = 0
  /** @type {Drafts | undefined} */
  #drafts
  /** @type {Map<number, Last>} the last words of each conversation */
  #last = new Map()
  /** @type {Map<number, TypingWatch>} who writes */
  #typing = new Map()
  /** @type {number | undefined} */
  #timer

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = this.closest("swapnest-chat")
    this.#me = numberOf(chat?.getAttribute("data-user-id") ?? undefined)
    this.#drafts = new Drafts(() => localStorage, this.#me)
    for (const node of this.querySelectorAll(".inbox-item")) this.#read(node)
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      chat?.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail), { signal })
    on("entry", (entry) => this.#entry(entry))
    on("moved", (message) => this.#moved(message))
    on("unread", ({ id, unread }) => this.#each(id, (node) => updateUnread(node, unread)))
    on("cursor", (cursor) => this.#cursor(cursor))
    on("typing", (frame) => this.#typed(frame))
    on("compose", () => this.#drawAll())
    on("message", ({ conversation_id: id, sender_id: from }) => from === this.#me || this.#typing.get(id)?.heard(false))
    addEventListener("storage", () => this.#drawAll(), { signal })
    addEventListener("pageshow", () => this.#drawAll(), { signal })
    this.#timer = setInterval(() => this.#ages(), again)
    this.#drawAll()
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearInterval(this.#timer)
  }

  /** @param {Element} node of the server */
  #read(node) {
    if (!(node instanceof HTMLElement)) return
    const state = node.querySelector(".inbox-last > .tick")?.getAttribute("data-state") ?? ""
    this.#last.set(numberOf(node.dataset.conversation), {
      seq: numberOf(node.dataset.last),
      mine: state !== "",
      text: node.querySelector(".inbox-last > bdi")?.textContent ?? "",
      state: /** @type {Last["state"]} */ (state),
    })
  }

  /**
   * @param {number} id
   * @param {(node: HTMLElement) => void} run
   */
  #each(id, run) {
    const node = this.querySelector(`.inbox-item[data-conversation="${id}"]`)
    if (node instanceof HTMLElement) run(node)
  }

  /** @param {Conversation} entry new, or as it is now */
  #entry(entry) {
    let node = this.querySelector(`.inbox-item[data-conversation="${entry.id}"]`)
    if (!node && !this.#shows(entry)) return
    if (!node) node = makeEntry(entry)
    if (entry.last_message) this.#moved(entry.last_message, node)
  }

  /** @param {Conversation} entry */
  #shows({ role, archived, unread }) {
    const filter = this.dataset.filter ?? "all"
    if (archived !== (filter === "archived")) return false
    if (filter === "buying" || filter === "selling") return (filter === "buying") === (role === "buyer")
    return filter !== "unread" || unread > 0
  }

  /**
   * The conversation of a new message goes to the top.
   * @param {Message} message
   * @param {Element | null} [node]
   */
  #moved({ conversation_id: id, seq, sender_id: sender, message, timestamp, is_read: read }, node) {
    node ??= this.querySelector(`.inbox-item[data-conversation="${id}"]`)
    if (!node) return
    const mine = sender === this.#me
    this.#last.set(id, { seq, mine, text: message, state: mine ? (read ? "read" : "sent") : "" })
    updateAge(node, timestamp)
    this.#draw(node)
    const list = this.querySelector(".inbox-items")
    if (!(list instanceof HTMLElement)) return
    list.hidden = false
    this.querySelector("[data-empty]")?.remove()
    if (list.firstElementChild !== node) list.prepend(node)
  }

  /** @param {Cursor} cursor the other person has come further */
  #cursor({ type, conversation_id: id, user_id: user, seq }) {
    const last = this.#last.get(id)
    if (!last?.mine || user === this.#me || seq < last.seq || last.state === "read") return
    last.state = type
    this.#each(id, (node) => this.#draw(node))
  }

  /** @param {TypingFrame} frame */
  #typed({ conversation_id: id, is_typing: typing }) {
    const draw = () => this.#each(id, (node) => this.#draw(node))
    const watch = this.#typing.get(id) ?? new TypingWatch(draw, systemClock)
    this.#typing.set(id, watch)
    watch.heard(typing)
  }

  #drawAll() {
    for (const node of this.querySelectorAll(".inbox-item")) this.#draw(node)
  }

  /** @param {Element} node */
  #draw(node) {
    const id = numberOf(node.getAttribute("data-conversation") ?? undefined)
    const here = node.querySelector("[aria-current]") !== null
    const draft = here ? "" : (this.#drafts?.get(id) ?? "")
    const last = this.#last.get(id)
    if (this.#typing.get(id)?.on) updateLast(node, { kind: "typing", text: "typing…", state: "" })
    else if (draft) updateLast(node, { kind: "draft", text: draft, state: "" })
    else if (last) updateLast(node, { kind: "", text: last.text, state: last.state })
  }

  #ages() {
    for (const time of this.querySelectorAll("time")) time.textContent = formatAge(new Date(time.dateTime), new Date())
  }
}
