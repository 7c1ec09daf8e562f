/** @typedef {import("./frames.js").Conversation} Conversation */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").Message} Message */

/**
 * What is known of a conversation of the list.
 * @typedef {object} Known
 * @property {number} id
 * @property {number} head
 * @property {number} unread
 * @property {number} other the other person
 * @property {number} [theirs] the seq of the other person's last message, where it is known
 */

const unknownAfter = 300
const settlesAfter = 600

/**
 * How many unread messages each conversation has, and how many conversations have
 * some. It dispatches "entry" (detail: Conversation, to be drawn anew), "moved"
 * (detail: Message, the newest of its conversation), "unread" (detail: Known) and
 * "total" (detail: number).
 */
export class Inbox extends EventTarget {
  #me
  #get
  #clock
  #open
  #query
  #total
  #heard = 0
  /** hello has counted what the reader had read, and not told yet */
  #uncertain = false
  /** @type {Map<number, Known>} */
  #known = new Map()
  /** @type {Map<number, number>} how far the reader has come, by conversation */
  #seen = new Map()
  /** @type {Set<number>} being asked for */
  #asking = new Set()

  /**
   * @param {object} options
   * @param {number} options.me
   * @param {number} options.open the conversation on the page, 0 for none
   * @param {Known[]} options.known what the server has rendered
   * @param {number} options.total conversations with something unread
   * @param {string} options.filter of the list
   * @param {(path: string) => Promise<any>} options.get
   * @param {import("./clock.js").Clock} options.clock
   */
  constructor({ me, open, known, total, filter, get, clock }) {
    super()
    this.#me = me
    this.#open = open
    this.#total = total
    this.#query = `/conversations?filter=${filter || "all"}`
    this.#get = get
    this.#clock = clock
    for (const one of known) this.#known.set(one.id, one)
  }

  /** The people of the list. */
  get people() {
    return [...new Set([...this.#known.values()].map((one) => one.other))]
  }

  /** @returns {Iterable<Known>} */
  get conversations() {
    return this.#known.values()
  }

  /** @param {Frame} frame */
  frame(frame) {
    switch (frame.type) {
      case "hello":
        this.#hello(frame.unread ?? this.#total)
        break
      case "message":
        this.#message(frame)
        break
      case "read":
        if (frame.user_id === this.#me) this.#confirmed(frame.conversation_id, frame.seq)
        break
      case "conversation":
        this.#learn(frame.conversation)
        break
    }
  }

  /**
   * The reader has come up to seq.
   * @param {number} id
   * @param {number} seq
   */
  read(id, seq) {
    this.#seen.set(id, Math.max(seq, this.#seen.get(id) ?? 0))
    const known = this.#known.get(id)
    if (!known || known.unread === 0) return
    this.#setUnread(known, seq >= (known.theirs ?? known.head) ? 0 : Math.min(known.unread, known.head - seq))
  }

  /**
   * The server has noted how far the reader has come.
   * @param {number} id
   * @param {number} seq
   */
  #confirmed(id, seq) {
    this.read(id, seq)
    if (!this.#uncertain) return
    this.#uncertain = false
    // The next hello counts anew; until then the number may be one too high.
    this.#askTotal().catch(() => {})
  }

  /** @param {number} unread */
  #hello(unread) {
    const first = this.#heard++ === 0
    if (first && unread === this.#total) return
    this.#uncertain = true
    this.#setTotal(unread)
    void this.#refresh()
  }

  /** The list may have changed while nobody listened. */
  async #refresh() {
    try {
      const { conversations } = await this.#get(this.#query)
      for (const one of conversations.reverse()) this.#learn(one, true)
      // hello counted before what has been read meanwhile was told.
      await this.#askTotal()
    } catch {
      // The next message of each conversation brings its entry up to date.
    }
  }

  /** @param {Message} message */
  #message(message) {
    const known = this.#known.get(message.conversation_id)
    if (!known) {
      this.#clock.setTimeout(() => void this.#ask(message.conversation_id), unknownAfter)
      return
    }
    if (message.seq <= known.head) return
    known.head = message.seq
    if (message.sender_id !== this.#me) {
      known.theirs = message.seq
      this.#setUnread(known, known.unread + 1)
    }
    this.dispatchEvent(new CustomEvent("moved", { detail: message }))
  }

  /**
   * Asks for a conversation that is not in the list, and how many are unread.
   * @param {number} id
   */
  async #ask(id) {
    if (this.#known.has(id) || this.#asking.has(id)) return
    this.#asking.add(id)
    try {
      const { conversation } = await this.#get(`/conversations/${id}`)
      this.#learn(conversation)
      await this.#askTotal()
    } catch {
      // Its next message asks again.
    } finally {
      this.#asking.delete(id)
    }
  }

  /**
   * @param {Conversation} entry
   * @param {boolean} [counted] the total says it already
   */
  #learn(entry, counted = false) {
    const before = this.#known.get(entry.id)
    const known = { id: entry.id, head: entry.head, unread: before?.unread ?? 0, other: entry.other.id }
    if (before && before.head > entry.head) return
    this.#known.set(entry.id, known)
    this.dispatchEvent(new CustomEvent("entry", { detail: entry }))
    if (counted) known.unread = entry.unread
    // The answer may have been on its way when the reader came to the end.
    this.#setUnread(known, (this.#seen.get(entry.id) ?? 0) >= entry.head ? 0 : entry.unread)
  }

  /**
   * @param {Known} known
   * @param {number} unread
   */
  #setUnread(known, unread) {
    const change = Number(unread > 0) - Number(known.unread > 0)
    known.unread = unread
    if (change !== 0) this.#total = Math.max(0, this.#total + change)
    const tell = () => {
      // It may have been learned anew since.
      this.dispatchEvent(new CustomEvent("unread", { detail: this.#known.get(known.id) ?? known }))
      this.dispatchEvent(new CustomEvent("total", { detail: this.#total }))
    }
    // What is read as soon as it arrives never shows as unread.
    if (known.id === this.#open && unread > 0) this.#clock.setTimeout(tell, settlesAfter)
    else tell()
  }

  async #askTotal() {
    const { unread } = await this.#get("/me")
    this.#setTotal(unread.conversations)
  }

  /** @param {number} total */
  #setTotal(total) {
    this.#total = total
    this.dispatchEvent(new CustomEvent("total", { detail: total }))
  }
}
