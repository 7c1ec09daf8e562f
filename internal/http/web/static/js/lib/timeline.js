/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {"" | "sending" | "waiting" | "sent" | "delivered" | "read" | "failed"} State */

/**
 * A message as it is shown. Its key stays the same from the first bubble on.
 * @typedef {object} Item
 * @property {string} key
 * @property {number} seq 0 while it is on its way
 * @property {number} id of the message; 0 while it is on its way
 * @property {string} clientId
 * @property {boolean} mine
 * @property {string} text
 * @property {string} at RFC 3339
 * @property {State} state
 * @property {string} [fault] why it was not sent
 */

/**
 * An item in its place.
 * @typedef {object} Row
 * @property {Item} item
 * @property {"first" | "middle" | "last" | "only"} run
 * @property {boolean} meta its state shows although others of its run follow
 * @property {string} day set where a day begins
 * @property {boolean} unread the new messages begin here
 */

const runWithin = 5 * 60_000

/**
 * One conversation's messages, whatever order events, acknowledgements and pages
 * arrive in. It applies the event after the last one, drops what it has, and says
 * when one in between is missing. It knows neither page nor socket.
 */
export class Timeline {
  #me
  /** @type {Item[]} committed, in rising seq */
  #items = []
  /** @type {Item[]} acknowledged, their event is still to come */
  #acked = []
  /** @type {Item[]} in the outbox, in their order */
  #pending = []
  #read = 0
  #delivered = 0

  /**
   * @param {object} start
   * @param {number} start.me
   * @param {Item[]} start.items what the server has rendered
   * @param {number} start.last position: the seq of the last event applied
   * @param {string} start.at its time, "" when not known
   * @param {number} start.newAfter what comes after it is new; -1 when nothing is
   * @param {number} start.read how far the other person has read
   * @param {number} start.delivered how far messages have reached the other person
   */
  constructor({ me, items, last, at, newAfter, read, delivered }) {
    this.#me = me
    this.#items = items
    this.last = last
    this.at = at
    this.newAfter = newAfter
    this.#read = read
    this.#delivered = delivered
    this.#refresh()
  }

  /** The seq of the oldest message there is, 0 without any. */
  get oldest() {
    return this.#items[0]?.seq ?? 0
  }

  /** Whether anything of one's own has not been read. */
  get unsettled() {
    return this.#items.some((item) => item.mine && item.state !== "read")
  }

  /**
   * @param {Message} message
   * @returns {"applied" | "dropped" | "gap"}
   */
  apply(message) {
    if (message.seq <= this.last) return "dropped"
    if (message.seq > this.last + 1) {
      this.expect(message)
      return "gap"
    }
    this.last = message.seq
    this.at = message.timestamp
    this.#items.push(this.#itemOf(message))
    this.#settle(message.client_id, message.sender_id)
    return "applied"
  }

  /**
   * One's own message is committed; its event follows, or has come already.
   * @param {Pick<import("./frames.js").Ack, "client_id" | "message_id" | "seq" | "timestamp">} ack
   */
  ack(ack) {
    const item = this.#pending.find((one) => one.clientId === ack.client_id)
    this.#pending = this.#pending.filter((one) => one !== item)
    if (!item || ack.seq <= this.last) return
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
   * @param {Message} message
   */
  expect(message) {
    if (message.sender_id === this.#me) this.ack(message)
  }

  /**
   * What waits in the outbox for this conversation, in its order.
   * @param {Pending[]} all
   */
  setPending(all) {
    const known = new Map(this.#pending.map((item) => [item.clientId, item]))
    this.#pending = all
      .filter((one) => !this.#has(one.client_id))
      .map((one) => {
        const item = known.get(one.client_id) ?? pendingItem(one)
        item.state = one.state
        item.fault = one.fault
        return item
      })
  }

  /**
   * Puts a page in front. What is there already is left out.
   * @param {Message[]} messages in rising seq
   */
  prepend(messages) {
    const oldest = this.oldest || Infinity
    this.#items = [...messages.filter((m) => m.seq < oldest).map((m) => this.#itemOf(m)), ...this.#items]
    this.#refresh()
  }

  /**
   * Forgets everything committed, and starts from the newest page.
   * @param {import("./frames.js").MessagesPage} page
   */
  replace(page) {
    this.#items = page.messages.map((message) => this.#itemOf(message))
    this.last = page.head
    const end = page.messages.at(-1)
    this.at = end && end.seq === page.head ? end.timestamp : ""
    this.#acked = this.#acked.filter((item) => item.seq > page.head)
    this.#pending = this.#pending.filter((item) => !this.#has(item.clientId))
    this.#refresh()
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

  /**
   * Everything to show, in order.
   * @param {(at: string) => string} dayOf what two messages of one day have in common
   * @returns {Row[]}
   */
  rows(dayOf) {
    const all = [...this.#items, ...this.#acked, ...this.#pending]
    /** @type {Row[]} */
    const rows = []
    let day = ""
    let divided = false
    for (const item of all) {
      const today = dayOf(item.at)
      /** @type {boolean} */
      const unread = !divided && this.newAfter >= 0 && !item.mine && item.seq > this.newAfter
      divided ||= unread
      rows.push({ item, run: "only", meta: false, day: today === day ? "" : today, unread })
      day = today
    }
    rows.forEach((row, i) => {
      const before = i > 0 && joined(rows[i - 1], row)
      const next = rows[i + 1]
      const after = next !== undefined && joined(row, next)
      row.run = before ? (after ? "middle" : "last") : after ? "first" : "only"
      row.meta = after && next.item.state !== row.item.state
    })
    return rows
  }

  /**
   * @param {Message} message
   * @returns {Item}
   */
  #itemOf(message) {
    const mine = message.sender_id === this.#me
    return {
      key: keyOf(mine, message.client_id, message.message_id),
      seq: message.seq,
      id: message.message_id,
      clientId: message.client_id,
      mine,
      text: message.message,
      at: message.timestamp,
      state: mine ? this.#stateAt(message.seq) : "",
    }
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
   * The bubble that waited for this event has become it.
   * @param {string} clientId
   * @param {number} sender
   */
  #settle(clientId, sender) {
    if (sender !== this.#me) return
    this.#acked = this.#acked.filter((item) => item.clientId !== clientId && item.seq > this.last)
    this.#pending = this.#pending.filter((item) => item.clientId !== clientId)
  }
}

/**
 * @param {boolean} mine
 * @param {string} clientId
 * @param {number} id
 */
export function keyOf(mine, clientId, id) {
  return mine && clientId ? `c:${clientId}` : `m:${id}`
}

/**
 * @param {Pending} one
 * @returns {Item}
 */
function pendingItem(one) {
  return {
    key: keyOf(true, one.client_id, 0),
    seq: 0,
    id: 0,
    clientId: one.client_id,
    mine: true,
    text: one.text,
    at: one.at,
    state: one.state,
    fault: one.fault,
  }
}

/**
 * Whether two neighbours belong to one run: one sender, close in time, and no line
 * between them.
 * @param {Row} a
 * @param {Row} b
 */
function joined(a, b) {
  return (
    a.item.mine === b.item.mine &&
    b.day === "" &&
    !b.unread &&
    Math.abs(Date.parse(b.item.at) - Date.parse(a.item.at)) <= runWithin
  )
}
