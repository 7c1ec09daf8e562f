/**
 * Which tab is busy with a thing: one at a time. The browser hands a claim on when its tab is
 * closed or has crashed. Where a browser has no locks, nobody waits for anybody.
 */
export class Claims {
  #locks
  #prefix
  /** @type {Map<string, AbortController>} what another tab is waited for */
  #waiting = new Map()

  /**
   * @param {import("./turns.js").Locks | undefined} locks
   * @param {string} prefix of their names
   */
  constructor(locks, prefix) {
    this.#locks = locks
    this.#prefix = prefix
  }

  /** @param {string} id */
  waitsFor(id) {
    return this.#waiting.has(id)
  }

  /**
   * Runs something that does not fail, unless another tab is busy with it.
   * @param {string} id
   * @param {() => Promise<void>} run
   * @returns {Promise<boolean>} whether it was run
   */
  async hold(id, run) {
    let ran = false
    const once = async (/** @type {Lock | null} */ lock) => {
      if (!lock) return
      ran = true
      await run()
    }
    try {
      if (this.#locks) await this.#locks.request(this.#prefix + id, { ifAvailable: true }, once)
    } catch {
      // Refused by the browser, as it refuses its storage: it is as if there were no locks.
      this.#locks = undefined
    }
    if (!ran && !this.#locks) {
      ran = true
      await run()
    }
    return ran
  }

  /**
   * Tells when another tab is not busy with a thing any more.
   * @param {string} id
   * @param {() => void} free
   */
  await(id, free) {
    const waiting = new AbortController()
    this.#waiting.set(id, waiting)
    const request = this.#locks?.request(this.#prefix + id, { signal: waiting.signal }, () => {})
    request?.then(
      () => {
        if (this.#waiting.get(id) !== waiting) return
        this.#waiting.delete(id)
        free()
      },
      () => this.#waiting.get(id) === waiting && this.#waiting.delete(id),
    )
  }

  /** @param {string} id that is not waited for any more */
  leave(id) {
    this.#waiting.get(id)?.abort()
    this.#waiting.delete(id)
  }

  leaveAll() {
    for (const id of [...this.#waiting.keys()]) this.leave(id)
  }
}
