const kept = "swapnest.speed"
const speeds = [1, 1.5, 2]

/** How fast voice messages are played, in all tabs; where it cannot be kept, on this page. */
export class Speed {
  #storage
  #chosen = 0

  /** @param {() => Pick<Storage, "getItem" | "setItem">} storage throws where storage is refused */
  constructor(storage) {
    this.#storage = storage
  }

  /** How many times as fast as it was spoken. */
  get now() {
    return speeds[this.#at]
  }

  /** Goes on to the next one, and from the last to the first. */
  next() {
    this.#chosen = (this.#at + 1) % speeds.length
    try {
      this.#storage().setItem(kept, String(speeds[this.#chosen]))
    } catch {
      // It is so on this page alone.
    }
  }

  get #at() {
    try {
      return Math.max(0, speeds.indexOf(Number(this.#storage().getItem(kept))))
    } catch {
      return this.#chosen
    }
  }
}
