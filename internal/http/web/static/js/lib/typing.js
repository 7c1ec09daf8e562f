const repeatEvery = 3_000
const stopsAfter = 5_000
const expiresAfter = 6_000

/** Says that somebody writes: at once, again every 3 s, and when they have stopped. */
export class TypingSignal {
  #say
  #clock
  #saidAt = -Infinity
  /** @type {number | undefined} */
  #timer

  /**
   * @param {(typing: boolean) => void} say
   * @param {import("./clock.js").Clock} clock
   */
  constructor(say, clock) {
    this.#say = say
    this.#clock = clock
  }

  /** A key was pressed that changed the text. */
  typed() {
    const now = this.#clock.now()
    if (now - this.#saidAt >= repeatEvery) {
      this.#saidAt = now
      this.#say(true)
    }
    this.#clearTimer()
    this.#timer = this.#clock.setTimeout(() => this.stop(), stopsAfter)
  }

  /** The text was sent, emptied or left. */
  stop() {
    this.#clearTimer()
    if (this.#saidAt === -Infinity) return
    this.#saidAt = -Infinity
    this.#say(false)
  }

  #clearTimer() {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/** Knows whether somebody else writes, and forgets it by itself after 6 s. */
export class TypingWatch {
  #show
  #clock
  /** @type {number | undefined} */
  #timer

  /**
   * @param {(typing: boolean) => void} show
   * @param {import("./clock.js").Clock} clock
   */
  constructor(show, clock) {
    this.#show = show
    this.#clock = clock
  }

  get on() {
    return this.#timer !== undefined
  }

  /** @param {boolean} typing */
  heard(typing) {
    const was = this.on
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = typing ? this.#clock.setTimeout(() => this.heard(false), expiresAfter) : undefined
    if (was !== typing) this.#show(typing)
  }
}
