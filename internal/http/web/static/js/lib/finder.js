/** @typedef {import("./found.js").Highlight} Highlight */
/** @typedef {{ message: import("./frames.js").Message, highlights: Highlight[] }} Hit */

/**
 * Looks for words in a conversation, and goes from one hit to the next. It changes hits, at and
 * said, and calls back after each change; an answer that comes behind a later one's is dropped.
 */
export class Finder {
  #get
  #changed
  #conversation
  #asked = 0
  #next = ""
  /** the cursor of what was asked for and not answered */
  #missed = /** @type {string | undefined} */ (undefined)
  text = ""
  /** @type {Hit[]} the newest first */
  hits = []
  /** the hit one is at, -1 for none */
  at = -1
  /** what there is to say of it */
  said = ""

  /** Whether there is an older hit to go to, or something to look through. */
  get canGoBack() {
    return this.hits.length > 0 || this.#next !== ""
  }

  /**
   * @param {string} conversation
   * @param {(path: string) => Promise<any>} get
   * @param {() => void} changed
   */
  constructor(conversation, get, changed) {
    this.#conversation = conversation
    this.#get = get
    this.#changed = changed
  }

  /**
   * Looks for what somebody has typed.
   * @param {string} text
   */
  async find(text) {
    this.text = text.trim()
    await this.#ask("")
  }

  /**
   * Goes to an older hit by 1, to a newer one by -1; behind the last one that is known, it asks for more.
   * @param {1 | -1} by
   */
  async step(by) {
    if (this.at + by >= this.hits.length && this.#next) await this.#ask(this.#next)
    if (!this.hits.length) return
    this.go(Math.min(Math.max(this.at + by, 0), this.hits.length - 1))
  }

  /** Asks once more for what the line has broken: for when there is one again. */
  async again() {
    if (this.#missed !== undefined) await this.#ask(this.#missed)
  }

  /** @param {number} at */
  go(at) {
    this.at = at
    this.#tell()
  }

  /** @param {string} cursor "" to begin anew */
  async #ask(cursor) {
    const asked = ++this.#asked
    this.#missed = undefined
    const { text } = this
    const query = new URLSearchParams({ q: text, conversation_id: this.#conversation, ...(cursor && { cursor }) })
    try {
      const { hits, next } = text ? await this.#get(`/search?${query}`) : { hits: [], next: "" }
      if (asked !== this.#asked) return
      this.hits = cursor ? [...this.hits, ...hits] : hits
      this.#next = next
      if (!cursor) this.at = -1
      this.#tell()
    } catch (error) {
      if (asked !== this.#asked) return
      this.#missed = cursor
      // What was found before fits other words.
      if (!cursor) Object.assign(this, { hits: [], at: -1 })
      this.said = error instanceof Error ? error.message : ""
      this.#changed()
    }
  }

  #tell() {
    const { length } = this.hits
    const count = `${length}${this.#next && "+"}`
    if (this.at >= 0) this.said = `${this.at + 1} of ${count}`
    else if (length) this.said = `${count} ${length === 1 ? "message" : "messages"}`
    else if (this.#next) this.said = "Nothing in the newest messages. Go on to older ones."
    else if (this.text) this.said = "Nothing found. Try fewer words, or only how one begins."
    else this.said = ""
    this.#changed()
  }
}
