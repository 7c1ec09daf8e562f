import { beginningOf } from "../lib/quote.js"
import { summaryOf } from "../lib/summary.js"
import { focusEnd } from "./box.js"
import { one } from "./query.js"
import { drawQuote } from "./quote.js"

/** @typedef {import("../lib/frames.js").Quote} Quote */
/** @typedef {import("../lib/timeline.js").Row} Row */

/** The composer while what one writes answers a message: a bar shows which, also after a reload. */
export class Replying {
  #bar
  #input
  #drafts
  #conversation
  /** @type {Quote | undefined} */
  #quote

  /**
   * @param {HTMLElement} composer
   * @param {HTMLTextAreaElement} input
   * @param {import("../lib/drafts.js").Drafts} drafts
   * @param {number} conversation
   */
  constructor(composer, input, drafts, conversation) {
    this.#bar = one(composer, ".composer-reply", HTMLElement)
    this.#input = input
    this.#drafts = drafts
    this.#conversation = conversation
    this.#show(drafts.getReply(conversation))
  }

  /**
   * Obeys "reply" (detail: Quote) and "rows" of the host, and its own button.
   * @param {HTMLElement} chat
   * @param {AbortSignal} signal
   */
  obey(chat, signal) {
    const begin = (/** @type {Event} */ event) => this.#begin(/** @type {CustomEvent} */ (event).detail)
    chat.addEventListener("reply", begin, { signal })
    const seen = (/** @type {Event} */ event) => this.#seen(/** @type {CustomEvent} */ (event).detail.rows)
    chat.addEventListener("rows", seen, { signal })
    one(this.#bar, "button", HTMLElement).addEventListener("click", () => (this.end(), this.#input.focus()), { signal })
  }

  /** What is answered, undefined for nothing. */
  get quote() {
    return this.#quote
  }

  /** @returns {boolean} whether there was something to end */
  end() {
    if (!this.#quote) return false
    this.#keep(undefined)
    return true
  }

  /** @param {Quote} quote */
  #begin(quote) {
    this.#keep(quote)
    focusEnd(this.#input)
  }

  /**
   * What is answered may have become another text; what was deleted cannot be answered.
   * @param {Row[]} rows
   */
  #seen(rows) {
    const quote = this.#quote
    const item = quote && rows.find((row) => row.item.id === quote.message_id)?.item
    if (!item) return
    const message = beginningOf(summaryOf(item.text, item.attachments))
    if (item.deleted) this.end()
    else if (message !== quote.message) this.#keep({ ...quote, message })
  }

  /** @param {Quote | undefined} quote */
  #keep(quote) {
    this.#drafts.setReply(this.#conversation, quote)
    this.#show(quote)
  }

  /** @param {Quote | undefined} quote */
  #show(quote) {
    this.#quote = quote
    this.#bar.hidden = !quote
    if (quote) drawQuote(this.#bar, quote)
  }
}
