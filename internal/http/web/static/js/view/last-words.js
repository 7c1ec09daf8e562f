import { systemClock } from "../lib/clock.js"
import { summaryOf } from "../lib/summary.js"
import { deletedText } from "../lib/text.js"
import { TypingWatch } from "../lib/typing.js"
import { updateLast } from "./entry.js"
import { numberOf } from "./query.js"

/** @typedef {{ seq: number, mine: boolean, text: string, state: "" | "sent" | "delivered" | "read" }} Last */

/**
 * The last line of each entry of the list: who writes, what waits to be sent, what one has begun to write, or
 * the last message and how far it has come.
 */
export class LastWords {
  #me
  #drafts
  #nodeOf
  /** @type {Map<number, Last>} by conversation */
  #last = new Map()
  /** @type {Map<number, import("../lib/pending.js").Pending>} the last one that is not sent */
  #waits = new Map()
  /** @type {Map<number, TypingWatch>} who writes */
  #typing = new Map()

  /**
   * @param {number} me
   * @param {import("../lib/drafts.js").Drafts} drafts
   * @param {(id: number) => Element | undefined} nodeOf the entry of a conversation
   */
  constructor(me, drafts, nodeOf) {
    this.#me = me
    this.#drafts = drafts
    this.#nodeOf = nodeOf
  }

  /** @param {HTMLElement} node an entry that the server has rendered */
  read(node) {
    const state = node.querySelector(".inbox-last > .tick")?.getAttribute("data-state") ?? ""
    this.#last.set(numberOf(node.dataset.conversation), {
      seq: numberOf(node.dataset.last),
      mine: state !== "",
      text: node.querySelector(".inbox-last > bdi")?.textContent ?? "",
      state: /** @type {Last["state"]} */ (state),
    })
  }

  /** @param {import("../lib/frames.js").Message} message the last one of its conversation */
  said({ conversation_id: id, seq, sender_id: sender, message, is_read: read, deleted, attachments }) {
    const text = deleted ? deletedText : summaryOf(message, attachments)
    const mine = sender === this.#me
    const before = this.#last.get(id)
    // An entry that is told anew does not say that its message was delivered.
    const known = before?.seq === seq ? before.state : ""
    this.#last.set(id, { seq, mine, text, state: mine ? (read ? "read" : known || "sent") : "" })
    if (!mine) this.#typing.get(id)?.heard(false)
    this.draw(id)
  }

  /** @param {number} id of a conversation in which the reader sees no message */
  none(id) {
    this.#last.set(id, { seq: 0, mine: false, text: "", state: "" })
    this.draw(id)
  }

  /** @param {import("../lib/frames.js").Cursor} cursor the other person has come further */
  moved({ type, conversation_id: id, user_id: user, seq }) {
    const last = this.#last.get(id)
    if (!last?.mine || user === this.#me || seq < last.seq || last.state === "read") return
    last.state = type
    this.draw(id)
  }

  /**
   * Whether the last messages with somebody, or all of the reader's own, were read may not be known
   * any more: it is told anew.
   * @param {Iterable<[number, HTMLElement]>} nodes by conversation
   * @param {number} user
   */
  doubted(nodes, user) {
    for (const [id, node] of nodes) {
      const last = this.#last.get(id)
      if (last?.state !== "read" || (user !== this.#me && numberOf(node.dataset.other) !== user)) continue
      last.state = "delivered"
      this.draw(id)
    }
  }

  /** @param {{ conversation: number, last?: import("../lib/pending.js").Pending }} waits what has not been sent */
  waits({ conversation, last }) {
    if (last) this.#waits.set(conversation, last)
    else this.#waits.delete(conversation)
    this.draw(conversation)
  }

  /** @param {import("../lib/frames.js").TypingFrame} frame */
  typed({ conversation_id: id, is_typing: typing }) {
    const watch = this.#typing.get(id) ?? new TypingWatch(() => this.draw(id), systemClock)
    this.#typing.set(id, watch)
    watch.heard(typing)
  }

  /** @param {number} id */
  draw(id) {
    const node = this.#nodeOf(id)
    if (!node) return
    const here = node.querySelector("[aria-current]") !== null
    const draft = here ? "" : this.#drafts.get(id)
    const last = this.#last.get(id)
    const waits = this.#waits.get(id)
    if (this.#typing.get(id)?.on) updateLast(node, { kind: "typing", text: "typing…", state: "" })
    else if (waits)
      updateLast(node, { kind: waits.state === "failed" ? "failed" : "waiting", text: waits.text || "A file", state: "" }) // prettier-ignore
    else if (draft) updateLast(node, { kind: "draft", text: draft, state: "" })
    else if (last) updateLast(node, { kind: "", text: last.text, state: last.state })
  }
}
