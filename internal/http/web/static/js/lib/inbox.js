import { backoff } from "./backoff.js"
import { isFinal, unlessGone } from "./api.js"

/** @typedef {import("./frames.js").Conversation} Conversation */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./frames.js").RevisionFrame} RevisionFrame */

/**
 * What is known of a conversation of the list.
 * @typedef {object} Known
 * @property {number} id
 * @property {number} head
 * @property {number} [last] the seq of the last message; head where it is not known
 * @property {string} [at] when somebody wrote there last, where it is known
 * @property {number} unread
 * @property {number} other the other person
 * @property {number} [theirs] the seq of the other person's last message, where it is known
 * @property {boolean} [muted]
 * @property {boolean} [archived]
 * @property {boolean} [marked_unread]
 */

const unknownAfter = 300
const settlesAfter = 600
/** how often a list that does not come is asked for again, for a minute or three */
const mostTries = 10

/**
 * How many unread messages each conversation has, and how many conversations have
 * something unread. It dispatches "entry" (detail: Conversation, to be drawn anew), "gone"
 * (detail: number, a conversation that the reader has deleted for themselves),
 * "moved" (detail: Message, the newest of its conversation), "unread" (detail: Known),
 * "heard" (detail: Known, somebody else has written live), "page" (detail: the cursor of
 * what is not loaded yet, "" for nothing, null when it could not be loaded) and
 * "total" (detail: number).
 */
export class Inbox extends EventTarget {
  #me
  #get
  #clock
  #open
  #query
  #total
  #next
  #heard = 0
  /** hello has counted what the reader had read, and not told yet */
  #uncertain = false
  /** @type {Map<number, Known>} */
  #known = new Map()
  /** @type {Map<number, number>} how far the reader has come, by conversation */
  #seen = new Map()
  /** @type {Set<number>} being asked for */
  #asking = new Set()
  /** @type {Map<number, number>} the newest seq heard of what is not in the list */
  #newest = new Map()
  /** rises when the list is asked for: then the time before does not come again */
  #turn = 0
  /** rises with each change of the total, which an older answer does not take back */
  #changes = 0
  #loading = false
  /** the list is not what it was, even if as much is unread */
  #stale = false

  /**
   * @param {object} options
   * @param {number} options.me
   * @param {number} options.open the conversation on the page, 0 for none
   * @param {Known[]} options.known what the server has rendered
   * @param {number} options.total conversations with something unread
   * @param {string} options.filter of the list
   * @param {string} [options.next] the cursor of the page behind, "" on the last
   * @param {(path: string) => Promise<any>} options.get
   * @param {import("./clock.js").Clock} options.clock
   */
  constructor({ me, open, known, total, filter, next = "", get, clock }) {
    super()
    this.#me = me
    this.#open = open
    this.#total = total
    this.#query = `/conversations?filter=${filter || "all"}`
    this.#next = next
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
      case "message_edited":
      case "message_deleted":
      case "reaction":
        this.#revised(frame)
        break
      case "read":
        if (frame.user_id === this.#me) this.#confirmed(frame.conversation_id, frame.seq)
        break
      case "conversation":
        this.#told(frame.conversation)
        break
    }
  }

  /**
   * The reader has come up to seq, and so takes back that it was marked as unread.
   * @param {number} id
   * @param {number} seq
   */
  read(id, seq) {
    this.#seen.set(id, Math.max(seq, this.#seen.get(id) ?? 0))
    const known = this.#known.get(id)
    if (!known || !waits(known)) return
    const last = known.last ?? known.head
    const all = seq >= (known.theirs ?? last)
    this.#change(known, { unread: all ? 0 : Math.min(known.unread, last - seq), marked_unread: false })
  }

  /** The log is another one: what it holds may be less than what was known of the last one. */
  forget() {
    this.#seen.clear()
    this.#newest.clear()
    for (const known of this.#known.values()) known.head = 0
    this.#stale = true
  }

  /** What the page shows of the list is of some time ago. */
  doubt() {
    this.#stale = true
  }

  /**
   * What somebody and the reader show each other has changed.
   * @param {number} user who has changed it
   */
  async shownAnew(user) {
    if (user === this.#me) return this.#refresh()
    const theirs = [...this.#known.values()].filter((one) => one.other === user)
    for (const { id } of theirs) {
      const answer = await this.#get(`/conversations/${id}`).catch(() => null)
      if (answer?.conversation) this.#learn(answer.conversation, true)
    }
  }

  /** Loads the next page of the list. Several calls at once are one. */
  async more() {
    if (!this.#next || this.#loading) return
    this.#loading = true
    const page = await this.#get(`${this.#query}&cursor=${this.#next}`).catch(() => null)
    this.#loading = false
    if (page) {
      this.#next = page.next
      for (const one of page.conversations) this.#learn(one, true)
    }
    this.#tell("page", page && page.next)
  }

  /**
   * The server has noted how far the reader has come.
   * @param {number} id
   * @param {number} seq
   */
  #confirmed(id, seq) {
    this.read(id, seq)
    // Of what is not in this list only the server knows whether it was unread.
    if (!this.#uncertain && this.#known.has(id)) return
    this.#uncertain = false
    // The next hello counts anew; until then the number may be one too high.
    this.#askTotal().catch(() => {})
  }

  /** @param {number} unread */
  #hello(unread) {
    const first = this.#heard++ === 0 && !this.#stale
    this.#stale = false
    if (first && unread === this.#total) return
    this.#uncertain = true
    this.#setTotal(unread)
    void this.#refresh()
  }

  /**
   * The list may have changed while nobody listened.
   * @param {number} [tries] how often it has not come
   */
  async #refresh(tries = 0) {
    const turn = ++this.#turn
    try {
      const page = await this.#get(this.#query)
      const left = this.#left(page)
      for (const one of page.conversations.reverse()) this.#learn(one, true)
      for (const id of left) await this.#look(id)
      // hello counted before what has been read meanwhile was told.
      await this.#askTotal()
    } catch (error) {
      if (isFinal(error) || tries === mostTries) return
      const again = () => turn === this.#turn && void this.#refresh(tries + 1)
      this.#clock.setTimeout(again, backoff(tries + 2, this.#clock.random))
    }
  }

  /**
   * What the newest page does not have although it would be on it: it was archived or deleted.
   * @param {{ conversations: Conversation[], next: string }} page
   */
  #left({ conversations, next }) {
    const there = new Set(conversations.map(({ id }) => id))
    const oldest = next ? (conversations.at(-1)?.last_at ?? "") : ""
    return [...this.#known.values()]
      .filter(({ id, at }) => !there.has(id) && at !== undefined && at >= oldest)
      .map(({ id }) => id)
  }

  /** @param {number} id of a conversation that has changed while nobody listened */
  async #look(id) {
    const { conversation } = await this.#get(`/conversations/${id}`).catch(unlessGone)
    if (!conversation || conversation.cleared) this.gone(id)
    else this.#learn(conversation, true)
  }

  /** @param {Message} message */
  #message(message) {
    const theirs = message.sender_id !== this.#me
    const known = this.#known.get(message.conversation_id)
    if (!known) {
      if (message.hidden) return
      const { conversation_id: id, seq } = message
      this.#newest.set(id, Math.max(seq, this.#newest.get(id) ?? 0))
      this.#clock.setTimeout(() => void this.#ask(id, theirs), unknownAfter)
      return
    }
    if (message.seq <= known.head) return
    known.head = message.seq
    if (message.hidden) return
    known.last = message.seq
    if (theirs) known.theirs = message.seq
    // What was archived comes back with it, unless it is muted.
    const archived = known.archived && known.muted
    if (theirs || archived !== known.archived) this.#change(known, { unread: known.unread + Number(theirs), archived })
    this.#tell("moved", message)
    if (theirs) this.#tell("heard", known)
  }

  /**
   * A message has become another one: nothing is unread for that, and nothing moves.
   * @param {RevisionFrame} frame
   */
  #revised(frame) {
    const known = this.#known.get(frame.conversation_id)
    if (!known || frame.seq <= known.head) return
    const last = known.last ?? known.head
    known.last = last
    known.head = frame.seq
    if (frame.message_seq === last && frame.type !== "reaction") this.#tell("moved", { ...frame, seq: last })
  }

  /**
   * Asks for a conversation that is not in the list, and how many are unread.
   * @param {number} id
   * @param {boolean} theirs somebody else has written there
   */
  async #ask(id, theirs) {
    const known = this.#known.get(id)
    if (known && theirs) this.#tell("heard", known)
    if (this.#asking.has(id) || !this.#behind(id)) return
    this.#asking.add(id)
    try {
      // An answer may be of before a message that was heard of while it was on its way.
      for (let tries = 0; tries < 3 && this.#behind(id); tries++) {
        const { conversation } = await this.#get(`/conversations/${id}`)
        this.#learn(conversation)
      }
      if (theirs && !known) this.#tell("heard", this.#known.get(id))
      await this.#askTotal()
    } catch {
      // Its next message asks again.
    } finally {
      this.#asking.delete(id)
      if (!this.#behind(id)) this.#newest.delete(id)
    }
  }

  /** @param {number} id whether less is known of a conversation than was heard of it */
  #behind(id) {
    return (this.#known.get(id)?.head ?? 0) < (this.#newest.get(id) ?? 0)
  }

  /**
   * The server tells how a conversation stands. Of one that is not in this list it is
   * not known whether it was counted before.
   * @param {Conversation} entry
   */
  #told(entry) {
    if (entry.cleared) {
      this.gone(entry.id)
      return
    }
    const fresh = !this.#known.has(entry.id) && entry.head > 1
    this.#learn(entry, fresh)
    if (fresh) this.#askTotal().catch(() => {})
  }

  /**
   * The reader has deleted a conversation for themselves: it is in no list, and counts nowhere.
   * @param {number} id
   */
  gone(id) {
    const known = this.#known.get(id)
    if (known) this.#change(known, { unread: 0, marked_unread: false })
    else this.#askTotal().catch(() => {})
    this.#known.delete(id)
    this.#tell("gone", id)
  }

  /**
   * @param {Conversation} entry
   * @param {boolean} [counted] the total says it already
   */
  #learn(entry, counted = false) {
    const { id, head, unread, muted, archived, marked_unread } = entry
    const last = entry.last_message?.seq ?? 0
    const before = this.#known.get(id)
    if (before && before.head > head) return
    const known = before ?? { id, head, unread: 0, other: entry.other.id }
    this.#known.set(id, known)
    this.#tell("entry", entry)
    // The answer may have been on its way when the reader came to the end.
    const seen = (this.#seen.get(id) ?? 0) >= (last || head)
    const now = { head, last, at: entry.last_at, muted, archived, unread: seen ? 0 : unread, marked_unread }
    if (counted) Object.assign(known, { ...now, unread })
    this.#change(known, now)
  }

  /**
   * @param {Known} known
   * @param {Partial<Known>} change
   */
  #change(known, change) {
    const before = Number(waits(known))
    Object.assign(known, change)
    const difference = Number(waits(known)) - before
    this.#changes += Math.abs(difference)
    this.#total = Math.max(0, this.#total + difference)
    const tell = () => {
      this.#tell("unread", known)
      this.#tell("total", this.#total)
    }
    // What is read as soon as it arrives never shows as unread.
    if (known.id === this.#open && waits(known)) this.#clock.setTimeout(tell, settlesAfter)
    else tell()
  }

  async #askTotal() {
    for (let tries = 0; tries < 3; tries++) {
      const changes = this.#changes
      const { unread } = await this.#get("/me")
      if (changes === this.#changes) return this.#setTotal(unread.conversations)
    }
  }

  /** @param {number} total */
  #setTotal(total) {
    if (total !== this.#total) this.#changes++
    this.#total = total
    this.#tell("total", total)
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/**
 * Whether a conversation has something unread that counts.
 * @param {Known} known
 */
function waits({ unread, marked_unread: marked, archived }) {
  return !archived && (unread > 0 || marked === true)
}
