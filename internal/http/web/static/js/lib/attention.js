/** @typedef {import("./frames.js").Frame} Frame */

const together = 400
/** how long after a message its notice has been made or moved up at the latest */
const moved = 1_500

/**
 * How many conversations have something unread, for pages that show no list. It
 * dispatches "total" (detail: number) and "heard" (detail: a conversation in which
 * somebody else has written), and "rung" (detail: how many notices are unread, and
 * whether one of them is fresh). A notice that only moves up for a further message rings
 * nobody, so it is said to be fresh a moment after the message.
 */
export class Attention extends EventTarget {
  #me
  #get
  #clock
  /** a question will be asked in a moment */
  #waits = false
  /** rises with each question and hello, and the newest of them that has told a total */
  #turn = 0
  #told = 0
  /** how many notices are unread */
  #rung = 0
  /** a notice may move up in a moment, and another one after that */
  #moving = false
  #further = false
  /** @type {Set<number>} conversations in which somebody has written */
  #written = new Set()

  /**
   * @param {object} options
   * @param {number} options.me
   * @param {(path: string) => Promise<any>} options.get
   * @param {import("./clock.js").Clock} options.clock
   */
  constructor({ me, get, clock }) {
    super()
    this.#me = me
    this.#get = get
    this.#clock = clock
  }

  /** @param {Frame} frame */
  frame(frame) {
    if (frame.type === "notification") return this.#ring(rungBy(frame))
    if (frame.type === "hello") {
      this.#told = ++this.#turn
      this.#tell("total", frame.unread ?? 0)
      this.#ring({ unread: frame.unread_notifications ?? 0, fresh: false })
    }
    if (frame.type === "message" && frame.sender_id !== this.#me) {
      this.#written.add(frame.conversation_id)
      this.#soon()
      this.#move()
    } else if (frame.type === "conversation" || (frame.type === "read" && frame.user_id === this.#me)) this.#soon()
  }

  /** @param {{ unread: number, fresh: boolean }} rung */
  #ring(rung) {
    this.#rung = rung.unread
    this.#tell("rung", rung)
  }

  /** Says that a notice may have moved up: once for all messages of a moment. */
  #move() {
    if (this.#moving) {
      this.#further = true
      return
    }
    this.#moving = true
    this.#clock.setTimeout(() => {
      this.#moving = false
      if (this.#further) this.#move()
      this.#further = false
      this.#ring({ unread: this.#rung, fresh: true })
    }, moved)
  }

  /** Asks once for all that comes within a moment. */
  #soon() {
    if (this.#waits) return
    this.#waits = true
    this.#clock.setTimeout(() => {
      this.#waits = false
      void this.#ask()
    }, together)
  }

  async #ask() {
    const turn = ++this.#turn
    const written = [...this.#written]
    this.#written.clear()
    try {
      const { unread } = await this.#get("/me")
      // An answer of before takes nothing back.
      if (turn > this.#told) this.#tell("total", unread.conversations)
      this.#told = Math.max(turn, this.#told)
      for (const id of written) this.#tell("heard", (await this.#get(`/conversations/${id}`)).conversation)
    } catch {
      // The next frame, or the next hello, brings it up to date.
    }
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** @param {import("./frames.js").NotificationFrame} frame */
export function rungBy({ notification, unread }) {
  return { unread, fresh: notification !== undefined }
}
