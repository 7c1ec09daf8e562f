import { backoff } from "./backoff.js"

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").MessagesPage} MessagesPage */

/**
 * Why the rows have changed: "start" when the script takes over, "event" for what
 * happened, "own" for what the reader wrote here, "older" and "newer" for a page put in
 * front or behind, "latest" for the newest page, "reset" for everything anew, "state"
 * for ticks.
 * @typedef {"start" | "event" | "own" | "older" | "newer" | "latest" | "reset" | "state"} Why
 */

/** @typedef {"older" | "newer" | "latest"} Move which way the window goes */

const askAgainAfter = 1_000
const answersWithin = 5_000
const mostPatience = 30_000
const little = 200

/**
 * The open conversation: it keeps the timeline in step with the line, and moves its
 * window when one reads on. It dispatches "rows" (detail: Why), "message" (detail: a
 * message just applied) and "stuck" (detail: the Move that could not be loaded).
 */
export class Thread extends EventTarget {
  #send
  #get
  #clock
  #epoch
  #other
  /** replay is under way: what comes out of order is in it */
  #resuming = false
  /** @type {number | undefined} until when the next frame of the replay must be there */
  #patience
  /** how often an answer did not come */
  #unanswered = 0
  /** how often the newest page could not be loaded */
  #failures = 0
  /** @type {Frame[] | undefined} what arrives while everything is loaded anew */
  #held
  /** @type {Map<Move, Promise<void>>} what is being loaded */
  #loading = new Map()
  /** rises when the window goes elsewhere: what was asked for before does not fit it */
  #places = 0
  #opens = 0

  /**
   * @param {object} options
   * @param {number} options.id
   * @param {number} options.other the other person
   * @param {import("./timeline.js").Timeline} options.timeline
   * @param {string} options.epoch
   * @param {(frame: object) => boolean} options.send
   * @param {(path: string) => Promise<any>} options.get
   * @param {import("./clock.js").Clock} options.clock
   */
  constructor({ id, other, timeline, epoch, send, get, clock }) {
    super()
    this.id = id
    this.timeline = timeline
    this.#other = other
    this.#epoch = epoch
    this.#send = send
    this.#get = get
    this.#clock = clock
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (frame.type === "hello") {
      // The position is of another log: there is nothing to ask for.
      if (this.#epoch && frame.epoch !== this.#epoch) void this.#reset()
      else if (!this.#held) this.#open()
      return
    }
    if (frame.type === "conversation" && frame.conversation.id === this.id) this.#stripped([], frame.conversation)
    if (!("conversation_id" in frame) || frame.conversation_id !== this.id) return
    if (isEvent(frame)) {
      if (!this.#held) return this.#apply(frame)
      this.#held.push(frame)
      this.timeline.expect(frame)
    } else if (frame.type === "caught_up") this.#caughtUp(frame.head)
    else if (frame.type === "reset") void this.#reset()
    else if (frame.type === "hidden") this.#hidden(frame)
    else if (frame.type === "ack") this.#change("event", () => this.timeline.ack(frame))
    else if ((frame.type === "read" || frame.type === "delivered") && frame.user_id === this.#other)
      this.#moved(frame.type, frame.seq)
  }

  /**
   * @param {Parameters<import("./timeline.js").Timeline["setPending"]>[0]} pending
   * @param {Why} why
   */
  setPending(pending, why) {
    this.#change(why, () => this.timeline.setPending(pending))
  }

  /** Loads the page before the window. */
  older() {
    return this.#move("older", this.timeline.hasOlder, async () => {
      const { oldest, last } = this.timeline
      const page = await this.#page(`before=${oldest || last + 1}`)
      return () => this.timeline.prepend(page)
    })
  }

  /** Loads the page behind the window. */
  newer() {
    return this.#move("newer", !this.timeline.atEnd, async () => {
      const page = await this.#page(`after=${this.timeline.newest}`)
      return () => this.timeline.append(page)
    })
  }

  /** Goes to the end of the conversation: by what is missing when that is little, else by the newest page. */
  async latest() {
    await this.#move("latest", !this.timeline.atEnd, async () => {
      this.#places++
      const { newest, last } = this.timeline
      if (last - newest <= little) {
        const page = await this.#page(`after=${newest}&limit=${little}`)
        return () => this.timeline.append(page)
      }
      const page = await this.#page("")
      return () => this.timeline.show(page)
    })
    // What has happened while the page was on its way.
    await this.newer()
  }

  /**
   * Moves the window. The same move asked for several times is one.
   * @param {Move} move
   * @param {boolean} needed
   * @param {() => Promise<() => void>} load
   */
  async #move(move, needed, load) {
    if (!needed || this.#held) return
    const under = this.#loading.get(move)
    if (under) return under
    const run = this.#run(move, load)
    this.#loading.set(move, run)
    return run
  }

  /**
   * @param {Move} move
   * @param {() => Promise<() => void>} load
   */
  async #run(move, load) {
    const asked = load()
    const place = this.#places
    const { oldest, newest } = this.timeline
    let came = true
    try {
      const apply = await asked
      // A page belongs to where the window was.
      const fits =
        place === this.#places &&
        (move !== "older" || oldest === this.timeline.oldest) &&
        (move !== "newer" || newest === this.timeline.newest)
      if (fits) apply()
    } catch {
      came = false
    }
    // Whoever is told may ask for more at once.
    this.#loading.delete(move)
    if (came) this.#tell(move)
    else this.dispatchEvent(new CustomEvent("stuck", { detail: move }))
  }

  /**
   * @param {string} query
   * @returns {Promise<MessagesPage>}
   */
  #page(query) {
    return this.#get(`/conversations/${this.id}/messages${query && "?" + query}`)
  }

  #open() {
    this.#resuming = true
    const { last, at } = this.timeline
    const sent = this.#send({
      type: "open",
      conversation_id: this.id,
      after: last,
      ...(at && { at }),
      ...(this.#epoch && { epoch: this.#epoch }),
    })
    // Without a line the next hello opens it.
    if (sent) this.#expectAnswer()
    else this.#answered()
  }

  /**
   * The server may have been unable to answer, and then it follows the conversation no
   * longer: a replay in which nothing moves is asked for again, or whatever comes after it
   * would be a gap for ever.
   */
  #expectAnswer() {
    this.#answered()
    this.#patience = this.#clock.setTimeout(
      () => {
        this.#unanswered++
        this.#open()
      },
      Math.min(mostPatience, answersWithin * 2 ** this.#unanswered),
    )
  }

  #answered() {
    if (this.#patience !== undefined) this.#clock.clearTimeout(this.#patience)
    this.#patience = undefined
  }

  /**
   * A message is known to have become another one, before its event comes.
   * @param {import("./frames.js").Message} message
   */
  revised(message) {
    if (message.conversation_id === this.id) this.#change("event", () => this.timeline.revise(message))
  }

  /** @param {import("./frames.js").MessageFrame | import("./frames.js").RevisionFrame} frame */
  #apply(frame) {
    const result = this.timeline.apply(frame)
    if (result === "gap" && !this.#resuming) this.#open()
    if (result !== "applied") return
    if (this.#resuming) this.#expectAnswer()
    this.#tell("event")
    if (frame.type === "message" && !frame.hidden) this.dispatchEvent(new CustomEvent("message", { detail: frame }))
  }

  /** @param {number} head */
  #caughtUp(head) {
    if (this.#held) return
    this.#resuming = false
    this.#unanswered = 0
    this.#answered()
    if (head > this.timeline.last) {
      // The replay was cut short. Ask again, but not in a circle without a pause.
      this.#clock.setTimeout(() => head > this.timeline.last && this.#open(), askAgainAfter)
    }
    if (this.#opens++ > 0 || this.timeline.unsettled) void this.#askCursors()
  }

  /** What the two people show each other has changed. */
  shownAnew() {
    return this.#askCursors()
  }

  /** Ticks may have moved, and messages may have been deleted elsewhere, while nobody listened. */
  async #askCursors() {
    try {
      const { participants, hidden = [], conversation = {} } = await this.#get(`/conversations/${this.id}`)
      this.#stripped(hidden, conversation)
      const other = participants.find((/** @type {{ id: number }} */ one) => one.id === this.#other)
      if (!other) return
      // Whoever has read something has a cursor, or keeps it to themselves by now.
      if (other.read_seq === 0) this.#change("state", () => this.timeline.hideRead())
      this.#moved("delivered", other.delivered_seq)
      this.#moved("read", other.read_seq)
    } catch {
      // Ticks that are late are no reason to disturb anybody.
    }
  }

  /**
   * What the reader has deleted for themselves is not shown any more.
   * @param {number[]} ids
   * @param {{ cleared_seq?: number }} conversation
   */
  #stripped(ids, { cleared_seq: cleared = 0 }) {
    const changed = [this.timeline.clear(cleared), ...ids.map((id) => this.timeline.conceal(id))]
    if (changed.includes(true)) this.#tell("state")
  }

  /** @param {Pick<import("./frames.js").HiddenFrame, "message_id" | "message">} frame */
  #hidden({ message_id: id, message }) {
    if (!message) this.#stripped([id], {})
    else this.#change("state", () => this.timeline.reveal(message))
  }

  /** Forgets what there is and loads the newest page. */
  async #reset() {
    if (this.#held) return
    this.#held = []
    this.#resuming = false
    this.#unanswered = 0
    this.#answered()
    try {
      const page = await this.#page("")
      this.#failures = 0
      this.#places++
      if (page.epoch !== this.#epoch) this.timeline.forget()
      this.timeline.replace(page)
      this.#epoch = page.epoch
      const held = this.#held
      this.#held = undefined
      this.#tell("reset")
      // From here on the position fits: what lies between is replayed.
      this.#open()
      for (const frame of held) this.frame(frame)
    } catch {
      const wait = 500 + backoff(++this.#failures, this.#clock.random)
      this.#clock.setTimeout(() => {
        this.#held = undefined
        void this.#reset()
      }, wait)
    }
  }

  /**
   * @param {"read" | "delivered"} kind
   * @param {number} seq
   */
  #moved(kind, seq) {
    if (this.timeline.moved(kind, seq)) this.#tell("state")
  }

  /**
   * @param {Why} why
   * @param {() => void} change
   */
  #change(why, change) {
    change()
    this.#tell(why)
  }

  /** @param {Why} why */
  #tell(why) {
    this.dispatchEvent(new CustomEvent("rows", { detail: why }))
  }
}

/**
 * Whether a frame has a place in the conversation: a new message, or a change of one.
 * @param {Frame} frame
 * @returns {frame is import("./frames.js").MessageFrame | import("./frames.js").RevisionFrame}
 */
function isEvent(frame) {
  // Also of a kind that this page does not know: it takes a place all the same.
  return frame.type === "message" || "message_seq" in frame
}
