// The lock manager of a browser, as the Web Locks standard has it, for what stands for its tabs.

const aborted = (why) => new DOMException(why, "AbortError")

export class FakeLocks {
  /** @type {Map<string, any>} what has each lock */
  #held = new Map()
  /** @type {Map<string, any[]>} who waits for it, in order */
  #waiting = new Map()

  /**
   * What one tab sees of it. Nothing reaches a tab before its gate opens.
   * @param {unknown} tab
   * @param {() => Promise<void>} [gate]
   */
  of(tab, gate = () => Promise.resolve()) {
    return {
      request: (name, options, run) => {
        if (options.steal && options.signal)
          return Promise.reject(new DOMException("steal and signal", "NotSupportedError"))
        if (options.signal?.aborted) return Promise.reject(options.signal.reason)
        return new Promise((resolve, reject) => {
          const request = { tab, name, run, resolve, gate, reject: (error) => void gate().then(() => reject(error)) }
          const queue = this.#queue(name)
          const taken = this.#held.has(name) || queue.length > 0
          if (options.ifAvailable && taken) return void gate().then(() => run(null)).then(resolve, reject) // prettier-ignore
          if (options.steal) {
            this.#held.get(name)?.reject(aborted("stolen"))
            this.#held.delete(name)
            queue.unshift(request)
          } else queue.push(request)
          options.signal?.addEventListener("abort", () => {
            const at = queue.indexOf(request)
            // A lock that was granted is not touched by it.
            if (at < 0) return
            queue.splice(at, 1)
            request.reject(options.signal.reason)
          })
          this.#grant(name)
        })
      },
    }
  }

  /** Whose lock it is. */
  holder(name) {
    return this.#held.get(name)?.tab
  }

  /** How many locks are held or waited for. */
  get size() {
    return [...this.#waiting.values()].reduce((sum, queue) => sum + queue.length, this.#held.size)
  }

  /** A tab is gone: the browser lets go of what it had, without asking it. */
  end(tab) {
    for (const [name, queue] of this.#waiting) {
      queue.splice(0, Infinity, ...queue.filter((request) => request.tab !== tab))
      if (this.holder(name) === tab) this.#held.delete(name)
      this.#grant(name)
    }
  }

  #queue(name) {
    const queue = this.#waiting.get(name) ?? []
    this.#waiting.set(name, queue)
    return queue
  }

  #grant(name) {
    if (this.#held.has(name)) return
    const request = this.#queue(name).shift()
    if (!request) return
    this.#held.set(name, request)
    const end = (answer) => {
      // One that was stolen was told so already.
      if (this.#held.get(name) !== request) return
      this.#held.delete(name)
      answer()
      this.#grant(name)
    }
    request
      .gate()
      .then(() => request.run({ name, mode: "exclusive" }))
      .then(
        (value) => end(() => request.resolve(value)),
        (error) => end(() => request.reject(error)),
      )
  }
}
