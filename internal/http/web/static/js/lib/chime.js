const settlesAfter = 700
const burst = 4_000

/**
 * When a sound is due: for a message that is still unread a moment after it came, once
 * for messages less than 4 s apart, from one tab, and not for what is muted or being
 * looked at.
 */
export class Chime {
  #enabled
  #looking
  #claim
  #play
  #clock
  #lastAt = -Infinity

  /**
   * @param {object} options
   * @param {() => boolean} options.enabled whether the person wants to hear anything here
   * @param {(id: number) => boolean} options.looking whether they look at a conversation
   * @param {(run: () => void, ms: number) => void} options.claim runs in one tab only, and keeps the others out for a time
   * @param {() => void} options.play
   * @param {import("./clock.js").Clock} options.clock
   */
  constructor({ enabled, looking, claim, play, clock }) {
    this.#enabled = enabled
    this.#looking = looking
    this.#claim = claim
    this.#play = play
    this.#clock = clock
  }

  /** @param {{ id: number, unread: number, muted?: boolean }} known as it is now, and as it will be in a moment */
  heard(known) {
    const now = this.#clock.now()
    const quiet = now - this.#lastAt >= burst
    this.#lastAt = now
    if (!quiet) return
    this.#clock.setTimeout(() => {
      // Somebody who looks has read it by now, in whichever tab.
      const silent = known.unread === 0 || known.muted || !this.#enabled() || this.#looking(known.id)
      if (silent) this.#lastAt = -Infinity
      else this.#claim(this.#play, burst - settlesAfter)
    }, settlesAfter)
  }
}
