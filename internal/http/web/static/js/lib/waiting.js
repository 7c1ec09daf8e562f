/** @typedef {import("./pending.js").Pending} Pending */
/** @typedef {import("./pending.js").Sent} Sent */
/** @typedef {import("./pending.js").Storage} Storage */

/**
 * What is counted of an outbox: how many messages wait, in which conversation the first one does, and whether
 * some only go out from a chat page, which carries their files.
 * @typedef {{ count: number, first: number, files: boolean }} Count
 */

/**
 * What waits of somebody's messages, by conversation; those that have failed wait for their writer.
 * @param {Pending[]} all
 * @returns {Map<number, number>}
 */
export function waitingOf(all) {
  /** @type {Map<number, number>} */
  const counts = new Map()
  for (const { conversation_id: id, state } of all) if (state !== "failed") counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

/**
 * How many messages wait, in words.
 * @param {number} count
 * @param {string} one what one does
 * @param {string} many what several do
 */
export function waitingWords(count, one, many) {
  return count === 1 ? `1 message ${one}` : `${count} messages ${many}`
}

/**
 * What of an outbox goes out without what carries files: in each conversation all before the first message that has
 * some, for the order stays.
 * @param {Pending[]} all
 */
export function textsOf(all) {
  const held = new Set()
  return [...all]
    .sort((a, b) => a.order - b.order)
    .filter((one) => {
      if (one.files?.length && one.state !== "failed") held.add(one.conversation_id)
      return !one.files?.length && !held.has(one.conversation_id)
    })
}

/**
 * What waits in the outbox, on a page that is no chat: it is counted, and what is text alone goes out by the line of
 * the page. It dispatches "count" (detail: Count) when that has changed, and "overdue" when the line owes an
 * answer for long.
 */
export class Waiting extends EventTarget {
  #storage
  #me
  #load
  /** @type {Promise<import("./outbox.js").Outbox> | undefined} */
  #outbox
  #up = false
  /** what was sent from here: it is taken away a little later */
  #sent = new Set()
  #told = "0"

  /**
   * @param {object} options
   * @param {Storage} options.storage
   * @param {number} options.me
   * @param {(storage: Storage) => Promise<import("./outbox.js").Outbox>} options.load what sends, once something waits
   */
  constructor({ storage, me, load }) {
    super()
    this.#storage = storage
    this.#me = me
    this.#load = load
  }

  /** Looks at what waits, and sends it if there is a line. */
  async look() {
    const stored = await this.#storage.all(this.#me).catch(() => [])
    const all = stored.filter((one) => !this.#sent.has(one.client_id))
    const waiting = all.filter(({ state }) => state !== "failed").sort((a, b) => a.order - b.order)
    const count = { count: waiting.length, first: waiting[0]?.conversation_id ?? 0, files: false }
    const texts = textsOf(all).filter(({ state }) => state !== "failed")
    count.files = texts.length < waiting.length
    if (this.#up && texts.length > 0) await this.#send().catch(() => {}) // the next look tries again
    const told = JSON.stringify(count)
    if (told === this.#told || (count.count === 0 && this.#told === "0")) return
    this.#told = count.count === 0 ? "0" : told
    this.dispatchEvent(new CustomEvent("count", { detail: count }))
  }

  /** @param {import("./frames.js").Frame} frame */
  async frame(frame) {
    if (frame.type === "hello") {
      this.#up = true
      void this.#outbox?.then((outbox) => outbox.lineUp(), () => {}) // prettier-ignore
      await this.look()
    } else if (frame.type === "ack") (await this.#outbox)?.settled(frame)
    else if (frame.type === "error") (await this.#outbox)?.refused(frame)
  }

  /** @param {number} [code] of the close */
  lost(code) {
    this.#up = false
    void this.#outbox?.then((outbox) => outbox.lineDown(code), () => {}) // prettier-ignore
  }

  /**
   * Another tab has changed the outbox.
   * @param {{ sent?: Sent }} word
   */
  async told({ sent }) {
    if (sent) (await this.#outbox)?.settled(sent)
    await this.look()
  }

  async #send() {
    if (this.#outbox) return (await this.#outbox).load()
    this.#outbox = this.#begin()
    this.#outbox.catch(() => (this.#outbox = undefined))
    await this.#outbox
  }

  async #begin() {
    const storage = this.#storage
    const outbox = await this.#load({
      shared: storage.shared,
      all: async (user) => textsOf(await storage.all(user)),
      put: (one) => storage.put(one),
      remove: (id, sent, files) => storage.remove(id, sent, files),
      has: (id) => storage.has(id),
      hasFiles: (user) => storage.hasFiles(user),
    })
    outbox.addEventListener("sent", (event) => {
      this.#sent.add(/** @type {CustomEvent<Pending>} */ (event).detail.client_id)
      void this.look()
    })
    outbox.addEventListener("overdue", () => this.dispatchEvent(new CustomEvent("overdue")))
    if (this.#up) outbox.lineUp()
    else await outbox.load()
    return outbox
  }
}
