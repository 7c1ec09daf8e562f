const together = 400

/**
 * Tells the other side how far messages have come here: delivered a moment after
 * they arrive, read when they were seen. Only forward; the last word
 * is said again on every resume.
 */
export class Receipts {
  #send
  #clock
  /** @type {Map<number, number>} by conversation */
  #read = new Map()
  /** @type {Map<number, number>} */
  #delivered = new Map()
  /** @type {Map<number, number>} what waits to be told as delivered */
  #waiting = new Map()
  /** @type {number | undefined} */
  #timer

  /**
   * @param {(frame: object) => boolean} send
   * @param {import("./clock.js").Clock} clock
   */
  constructor(send, clock) {
    this.#send = send
    this.#clock = clock
  }

  /**
   * A message of somebody else has arrived.
   * @param {number} conversationId
   * @param {number} seq
   */
  received(conversationId, seq) {
    if (seq <= (this.#delivered.get(conversationId) ?? 0)) return
    this.#waiting.set(conversationId, Math.max(seq, this.#waiting.get(conversationId) ?? 0))
    if (this.#timer === undefined) this.#timer = this.#clock.setTimeout(() => this.#tell(), together)
  }

  /**
   * Everything up to seq was on the screen of somebody who looked.
   * @param {number} conversationId
   * @param {number} seq
   * @returns {boolean} whether that is new
   */
  seen(conversationId, seq) {
    if (seq <= (this.#read.get(conversationId) ?? 0)) return false
    this.#read.set(conversationId, seq)
    this.#send({ type: "read", conversation_id: conversationId, seq })
    return true
  }

  /**
   * Whether the other side has been told that a message was seen.
   * @param {number} conversationId
   * @param {number} seq
   */
  hasRead(conversationId, seq) {
    return seq <= (this.#read.get(conversationId) ?? 0)
  }

  /** The log is another one: its numbers begin anew, maybe below those of the last one. */
  forget() {
    for (const cursors of [this.#read, this.#delivered, this.#waiting]) cursors.clear()
  }

  /** The line is back: what was said while it was lost was heard by nobody. */
  resume() {
    for (const [conversationId, seq] of this.#read) this.#send({ type: "read", conversation_id: conversationId, seq })
    for (const [conversationId, seq] of this.#delivered)
      this.#waiting.set(conversationId, Math.max(seq, this.#waiting.get(conversationId) ?? 0))
    this.#tell()
  }

  #tell() {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [conversationId, seq] of this.#waiting) {
      // Who has read it has it.
      const told = seq <= (this.#read.get(conversationId) ?? 0)
      if (!told && !this.#send({ type: "delivered", conversation_id: conversationId, seq })) continue
      this.#delivered.set(conversationId, seq)
      this.#waiting.delete(conversationId)
    }
  }
}
