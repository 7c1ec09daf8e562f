import { requoted } from "./quote.js"
import { become, keyOf, pendingItem } from "./item.js"
import { layOut } from "./rows.js"
import { Unseen } from "./unseen.js"

/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./frames.js").MessageFrame} MessageFrame */
/** @typedef {import("./frames.js").RevisionFrame} RevisionFrame */
/** @typedef {import("./frames.js").MessagesPage} MessagesPage */
/** @typedef {import("./frames.js").Quote} Quote */
/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./item.js").Item} Item */
/** @typedef {import("./item.js").State} State */

/** How many messages are kept; a window that outgrows it by half is cut back to it. */
const most = 400

/** How many changes of messages are remembered, for pages that were asked for before them. */
const mostRevised = 200

/**
 * One conversation's messages, whatever order events, acknowledgements and pages
 * arrive in. It applies the event after the last one, drops what it has, and says
 * when one in between is missing. It knows neither page nor socket.
 *
 * It holds a window: messages without a gap, at most some hundreds of them. The
 * window reaches the end of the conversation (atEnd) or not; then what happens at the
 * end is noted as a position only, and comes with its page when one reads on.
 */
export class Timeline {
  #me
  /** @type {Item[]} committed, in rising seq */
  #items = []
  /** @type {Item[]} acknowledged, but not in the window yet */
  #acked = []
  /** @type {Item[]} in the outbox, in their order */
  #pending = []
  /** @type {Map<number, Message>} messages as they have become, by id */
  #revised = new Map()
  #unseen = new Unseen()
  #read = 0
  #delivered = 0

  /**
   * @param {object} start
   * @param {number} start.me
   * @param {Item[]} start.items what the server has rendered
   * @param {number} start.last position: the seq of the last event applied
   * @param {string} start.at its time, "" when not known
   * @param {boolean} start.hasOlder whether there are messages before the window
   * @param {boolean} start.atEnd whether the window reaches the end
   * @param {number} start.newAfter what comes after it is new; -1 when nothing is
   * @param {number} start.read how far the other person has read
   * @param {number} start.delivered how far messages have reached the other person
   */
  constructor({ me, items, last, at, hasOlder, atEnd, newAfter, read, delivered }) {
    this.#me = me
    this.#items = items
    this.last = last
    this.at = at
    this.hasOlder = hasOlder
    this.atEnd = atEnd
    this.newAfter = newAfter
    this.#read = read
    this.#delivered = delivered
    this.#refresh()
  }

  /** The seq of the oldest message there is, 0 without any. */
  get oldest() {
    return this.#items[0]?.seq ?? 0
  }

  /** The seq of the newest message of the window, 0 without any. */
  get newest() {
    return this.#items.at(-1)?.seq ?? 0
  }

  /** Whether anything of one's own has not been read. */
  get unsettled() {
    return this.#items.some((item) => item.mine && item.state !== "read")
  }

  /**
   * @param {MessageFrame | RevisionFrame} message
   * @returns {"applied" | "dropped" | "gap"}
   */
  apply(message) {
    if (message.seq <= this.last) return "dropped"
    if (message.seq > this.last + 1) {
      this.expect(message)
      return "gap"
    }
    this.last = message.seq
    if (message.type !== "message") {
      this.at = message.at
      this.revise(message)
      return "applied"
    }
    this.at = message.timestamp
    // One that outgrows the window comes with its page, like all behind the window.
    if (this.atEnd && this.#items.length >= 2 * most) this.atEnd = false
    // A page may have been quicker than the event.
    if (this.atEnd && message.seq > this.newest) this.#items.push(...this.#itemsOf([message]))
    this.#settle(message)
    if (message.hidden) this.conceal(message.message_id)
    return "applied"
  }

  /**
   * A message has become another one, by an event or by an answer to the reader's own command.
   * @param {Message} message
   */
  revise(message) {
    if (message.hidden) return
    const id = message.message_id
    // An answer may be older than the events that have come since: only these tell of reactions.
    const { reactions = [] } = message
    const now = { ...message, reactions: "message_seq" in message ? reactions : this.#revised.get(id)?.reactions }
    this.#revised.delete(id)
    this.#revised.set(id, now)
    if (this.#revised.size > mostRevised) this.#revised.delete([...this.#revised.keys()][0])
    for (const item of [...this.#items, ...this.#acked, ...this.#pending]) {
      if (item.id === id) become(item, now)
      item.quote = requoted(item.quote, message)
    }
  }

  /**
   * The reader sees a message no longer, whether it is here already or not.
   * @param {number} id
   * @returns {boolean} whether that is new
   */
  conceal(id) {
    return this.#unseen.hide(id) && this.#strip()
  }

  /**
   * The reader sees a message again. Beyond the window it comes with its page.
   * @param {Message} message
   */
  reveal(message) {
    this.#unseen.show(message.message_id)
    const { seq } = message
    const inside = (seq > this.oldest || !this.hasOlder) && (seq < this.newest || (this.atEnd && seq <= this.last))
    if (!inside || this.#items.some((item) => item.seq === seq)) return
    this.#items.push(...this.#itemsOf([message]))
    this.#items.sort((a, b) => a.seq - b.seq)
  }

  /**
   * The reader sees nothing up to a seq any more.
   * @param {number} seq
   * @returns {boolean} whether that is new
   */
  clear(seq) {
    if (!this.#unseen.clear(seq)) return false
    // What is loaded has no gap: nothing older is left where some of it is gone.
    if (this.oldest <= seq) this.hasOlder = false
    return this.#strip()
  }

  /** Takes out what the reader does not see any more. */
  #strip() {
    const sees = (/** @type {Item} */ item) => this.#unseen.sees(item.id, item.seq)
    this.#items = this.#items.filter(sees)
    this.#acked = this.#acked.filter(sees)
    return true
  }

  /**
   * One's own message is committed; its event follows, or has come already.
   * @param {Pick<import("./frames.js").Ack, "client_id" | "message_id" | "seq" | "timestamp">} ack
   */
  ack(ack) {
    const item = this.#pending.find((one) => one.clientId === ack.client_id)
    this.#pending = this.#pending.filter((one) => one !== item)
    // It is in the window, or before it.
    if (!item || ack.seq <= this.newest || (this.atEnd && ack.seq <= this.last)) return
    item.state = "sent"
    item.fault = undefined
    item.at = ack.timestamp
    item.seq = ack.seq
    item.id = ack.message_id
    this.#acked.push(item)
    this.#acked.sort((a, b) => a.seq - b.seq)
  }

  /**
   * A message that cannot be applied yet: if it is one's own, its bubble stays.
   * @param {MessageFrame | RevisionFrame} message
   */
  expect(message) {
    if (message.type === "message" && message.sender_id === this.#me) this.ack(message)
  }

  /**
   * What waits in the outbox for this conversation, in its order.
   * @param {(Pending & Partial<Pick<Item, "attachments">>)[]} all
   */
  setPending(all) {
    const known = new Map(this.#pending.map((item) => [item.clientId, item]))
    this.#pending = all
      .filter((one) => !this.#has(one.client_id))
      .map((one) => {
        const item = known.get(one.client_id) ?? pendingItem(one)
        Object.assign(item, { state: one.state, fault: one.fault, attachments: one.attachments ?? [] })
        if (!one.reply) item.quote = null
        item.quote = this.#quoteNow(item.quote)
        return item
      })
  }

  /**
   * Puts a page in front. What is there already is left out.
   * @param {MessagesPage} page
   */
  prepend(page) {
    const oldest = this.oldest || Infinity
    this.#items = [...this.#itemsOf(page.messages.filter((m) => m.seq < oldest)), ...this.#items]
    this.hasOlder = page.has_more
    if (this.#items.length > 1.5 * most) {
      this.#items.length = most
      this.atEnd = false
    }
  }

  /**
   * Puts a page behind. What is there already is left out.
   * @param {MessagesPage} page
   */
  append(page) {
    const { newest } = this
    this.#items.push(...this.#itemsOf(page.messages.filter((m) => m.seq > newest)))
    // What has happened since the page was read comes with the next one.
    this.atEnd = !page.has_more && page.head >= this.last
    if (this.#items.length > 1.5 * most) {
      this.#items = this.#items.slice(-most)
      this.hasOlder = true
    }
    this.#join()
  }

  /**
   * Moves the window to the newest page. The position stays, for it is of the line and
   * not of the window.
   * @param {MessagesPage} page
   */
  show(page) {
    this.#items = this.#itemsOf(page.messages)
    this.hasOlder = page.has_more
    this.atEnd = page.head >= this.last
    this.#join()
  }

  /**
   * Forgets everything committed, position included, and starts from the newest page.
   * @param {MessagesPage} page
   */
  replace(page) {
    this.last = page.head
    // The page is behind all that was heard before it.
    this.#revised.clear()
    const end = page.messages.at(-1)
    this.at = end && end.seq === page.head ? end.timestamp : ""
    this.show(page)
    this.#pending = this.#pending.filter((item) => !this.#has(item.clientId))
  }

  /** The log is another one: what was counted or acknowledged in the last one means nothing. */
  forget() {
    this.#acked = []
    this.#revised.clear()
    this.#unseen = new Unseen()
    this.#read = this.#delivered = 0
    this.newAfter = -1
  }

  /**
   * The other person has come further.
   * @param {"read" | "delivered"} kind
   * @param {number} seq
   * @returns {boolean} whether that is new
   */
  moved(kind, seq) {
    if (seq <= (kind === "read" ? this.#read : this.#delivered)) return false
    if (kind === "read") this.#read = seq
    else this.#delivered = seq
    this.#refresh()
    return true
  }

  /** How far the other person has read may not be known any more: what was read was delivered. */
  hideRead() {
    this.#delivered = Math.max(this.#read, this.#delivered)
    this.#read = 0
    this.#refresh()
  }

  /**
   * Everything to show, in order: what waits to be sent stands at the end, also of a
   * window that ends earlier.
   * @param {(at: string) => string} dayOf what two messages of one day have in common
   * @returns {Row[]}
   */
  rows(dayOf) {
    const whole = !this.hasOlder || this.oldest <= this.newAfter + 1
    const newAfter = whole ? this.newAfter : -1
    // What answers a message that the reader has deleted for themselves does not show that.
    const sees = (/** @type {Quote} */ { message_id, seq }) => this.#unseen.sees(message_id, seq)
    const all = [...this.#items, ...this.#acked, ...this.#pending].map((item) =>
      !item.quote || sees(item.quote) ? item : { ...item, quote: null },
    )
    return layOut(all, newAfter, dayOf)
  }

  /**
   * Those of some messages that the reader sees.
   * @param {Message[]} messages
   */
  #itemsOf(messages) {
    return messages.filter((one) => this.#unseen.sees(one.message_id, one.seq)).map((one) => this.#itemOf(one))
  }

  /**
   * @param {Message} message
   * @returns {Item}
   */
  #itemOf(message) {
    const mine = message.sender_id === this.#me
    const item = {
      key: keyOf(mine, message.client_id, message.message_id),
      seq: message.seq,
      id: message.message_id,
      clientId: message.client_id,
      mine,
      text: message.message,
      at: message.timestamp,
      edited: message.edited_at ?? "",
      deleted: message.deleted === true,
      reactions: message.reactions ?? [],
      attachments: message.attachments ?? [],
      quote: this.#quoteNow(message.reply_to ?? null),
      state: mine ? this.#stateAt(message.seq) : "",
    }
    // The page may have been read before it became what it is.
    const revised = this.#revised.get(message.message_id)
    if (revised) become(item, revised)
    return item
  }

  /**
   * A quote that may have been read before what it is of became what it is.
   * @param {Quote | null} quote
   */
  #quoteNow(quote) {
    return quote && requoted(quote, this.#revised.get(quote.message_id))
  }

  /**
   * @param {number} seq
   * @returns {State}
   */
  #stateAt(seq) {
    if (seq <= this.#read) return "read"
    return seq <= this.#delivered ? "delivered" : "sent"
  }

  #refresh() {
    for (const item of this.#items) if (item.mine) item.state = this.#stateAt(item.seq)
  }

  /** @param {string} clientId */
  #has(clientId) {
    const same = (/** @type {Item} */ item) => item.mine && item.clientId === clientId
    // A message that waits is young: look at the end first.
    return this.#acked.some(same) || this.#items.findLastIndex(same) >= 0
  }

  /**
   * The bubble that waited for this event has become it. Behind the window's end it
   * keeps standing until its page comes.
   * @param {Message} message
   */
  #settle(message) {
    if (message.sender_id !== this.#me) return
    this.ack(message)
    this.#pending = this.#pending.filter((item) => item.clientId !== message.client_id)
    this.#join()
  }

  /** What the window has by now waits no longer, and its ticks are those of today. */
  #join() {
    this.#acked = this.#acked.filter((item) => item.seq > this.newest)
    this.#refresh()
  }
}
