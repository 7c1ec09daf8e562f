/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").MessagesPage} MessagesPage */

/**
 * Why the rows have changed: "start" when the script takes over, "event" for what
 * happened, "own" for what the reader wrote here, "older" for a page put in front,
 * "reset" for everything anew, "state" for ticks.
 * @typedef {"start" | "event" | "own" | "older" | "reset" | "state"} Why
 */

const askAgainAfter = 1_000

/**
 * The open conversation: it keeps the timeline in step with the line. It dispatches
 * "rows" (detail: Why), "message" (detail: a message just applied) and "older"
 * (detail: whether there are older ones).
 */
export class Thread extends EventTarget {
  #send
  #get
  #clock
  #epoch
  #other
  /** replay is under way: what comes out of order is in it */
  #resuming = false
  /** @type {Frame[] | undefined} what arrives while the newest page is loaded */
  #held
  /** @type {Promise<void> | undefined} */
  #loading
  #opens = 0

  /**
   * @param {object} options
   * @param {number} options.id
   * @param {number} options.other the other person
   * @param {import("./timeline.js").Timeline} options.timeline
   * @param {string} options.epoch
   * @param {boolean} options.hasOlder
   * @param {boolean} options.atEnd false when a page of older messages was rendered
   * @param {(frame: object) => boolean} options.send
   * @param {(path: string) => Promise<any>} options.get
   * @param {import("./clock.js").Clock} options.clock
   */
  constructor({ id, other, timeline, epoch, hasOlder, atEnd, send, get, clock }) {
    super()
    this.id = id
    this.timeline = timeline
    this.hasOlder = hasOlder
    this.#other = other
    this.#epoch = epoch
    this.#send = send
    this.#get = get
    this.#clock = clock
    if (!atEnd) void this.#reset()
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (frame.type === "hello") {
      if (!this.#held) this.#open()
      return
    }
    if (!("conversation_id" in frame) || frame.conversation_id !== this.id) return
    if (frame.type === "message" && this.#held) {
      this.#held.push(frame)
      this.timeline.expect(frame)
    } else if (frame.type === "message") this.#apply(frame)
    else if (frame.type === "caught_up") this.#caughtUp(frame.head)
    else if (frame.type === "reset") void this.#reset()
    else if (frame.type === "ack") this.#change("event", () => this.timeline.ack(frame))
    else if ((frame.type === "read" || frame.type === "delivered") && frame.user_id === this.#other)
      this.#moved(frame.type, frame.seq)
  }

  /**
   * @param {import("./outbox.js").Pending[]} pending
   * @param {Why} why
   */
  setPending(pending, why) {
    this.#change(why, () => this.timeline.setPending(pending))
  }

  /** Loads the page before the oldest message. Several calls at once are one. */
  older() {
    if (!this.hasOlder || this.#held) return Promise.resolve()
    this.#loading ??= this.#loadOlder().finally(() => (this.#loading = undefined))
    return this.#loading
  }

  async #loadOlder() {
    const { oldest } = this.timeline
    /** @type {MessagesPage} */
    const page = await this.#get(`/conversations/${this.id}/messages?before=${oldest}`)
    // After a reset it belongs in front of what is gone.
    if (this.timeline.oldest !== oldest) return
    this.timeline.prepend(page.messages)
    this.#setOlder(page.has_more)
    this.#tell("older")
  }

  #open() {
    this.#resuming = true
    const { last, at } = this.timeline
    this.#send({
      type: "open",
      conversation_id: this.id,
      after: last,
      ...(at && { at }),
      ...(this.#epoch && { epoch: this.#epoch }),
    })
  }

  /** @param {import("./frames.js").MessageFrame} frame */
  #apply(frame) {
    const result = this.timeline.apply(frame)
    if (result === "gap" && !this.#resuming) this.#open()
    if (result !== "applied") return
    this.#tell("event")
    this.dispatchEvent(new CustomEvent("message", { detail: frame }))
  }

  /** @param {number} head */
  #caughtUp(head) {
    this.#resuming = false
    if (head > this.timeline.last) {
      // The replay was cut short. Ask again, but not in a circle without a pause.
      this.#clock.setTimeout(() => head > this.timeline.last && this.#open(), askAgainAfter)
    }
    if (this.#opens++ > 0 || this.timeline.unsettled) void this.#askCursors()
  }

  /** Ticks may have moved while nobody listened. */
  async #askCursors() {
    try {
      const { participants } = await this.#get(`/conversations/${this.id}`)
      const other = participants.find((/** @type {{ id: number }} */ one) => one.id === this.#other)
      if (!other) return
      this.#moved("delivered", other.delivered_seq)
      this.#moved("read", other.read_seq)
    } catch {
      // Ticks that are late are no reason to disturb anybody.
    }
  }

  /** Forgets what there is and loads the newest page. */
  async #reset() {
    if (this.#held) return
    this.#held = []
    this.#resuming = false
    try {
      /** @type {MessagesPage} */
      const page = await this.#get(`/conversations/${this.id}/messages`)
      this.timeline.replace(page)
      this.#epoch = page.epoch
      const held = this.#held
      this.#held = undefined
      this.#setOlder(page.has_more)
      this.#tell("reset")
      // From here on the position fits: what lies between is replayed.
      this.#open()
      for (const frame of held) this.frame(frame)
    } catch {
      this.#clock.setTimeout(() => {
        this.#held = undefined
        void this.#reset()
      }, askAgainAfter)
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

  /** @param {boolean} hasOlder */
  #setOlder(hasOlder) {
    this.hasOlder = hasOlder
    this.dispatchEvent(new CustomEvent("older", { detail: hasOlder }))
  }

  /** @param {Why} why */
  #tell(why) {
    this.dispatchEvent(new CustomEvent("rows", { detail: why }))
  }
}
