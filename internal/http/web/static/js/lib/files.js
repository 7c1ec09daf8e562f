/** @typedef {import("./uploads.js").Uploads} Uploads */
/** @typedef {import("./job.js").Chosen} Chosen */
/** @typedef {import("./frames.js").Attachment} Attachment */

/**
 * The files of a tab, as far as every page needs to know of them: what carries them is loaded when
 * there are some. They belong to the conversation where they were chosen, and stand at its composer
 * until a message takes them. It dispatches "change" (detail: the conversation's id).
 */
export class Files extends EventTarget {
  #open
  /** @type {Promise<Uploads> | undefined} */
  #opening
  /** @type {Uploads | undefined} */
  #uploads
  /** @type {Set<string>} what is about to be added */
  #coming = new Set()
  #adding = Promise.resolve()
  /** @type {Set<string>} what a message has taken: it never comes back to the composer */
  #taken = new Set()

  /** @param {() => Promise<Uploads>} open loads what carries them; it may fail without a line */
  constructor(open) {
    super()
    this.#open = open
  }

  /** Whether anything was loaded. */
  get loaded() {
    return this.#uploads !== undefined
  }

  /** Takes up what is stored. Without success it is tried again the next time. */
  async load() {
    try {
      await (await this.#ready()).load()
    } catch {
      // Messages that have files wait, as they do without a line.
    }
  }

  /** There may be a line again. */
  wake() {
    this.#uploads?.wake()
  }

  /**
   * Begins to send files.
   * @param {number} conversation
   * @param {Chosen[]} chosen
   */
  add(conversation, chosen) {
    for (const { id } of chosen) this.#coming.add(id)
    this.#adding = this.#add(conversation, chosen)
    return this.#adding
  }

  /**
   * @param {number} conversation
   * @param {Chosen[]} chosen
   */
  async #add(conversation, chosen) {
    try {
      const uploads = await this.#ready()
      uploads.add(conversation, chosen)
    } finally {
      for (const { id } of chosen) this.#coming.delete(id)
    }
  }

  /**
   * A message has them, now or since before the page was loaded.
   * @param {string[]} ids
   */
  take(ids) {
    for (const id of ids) this.#taken.add(id)
  }

  /**
   * What was chosen in a conversation and is in no message.
   * @param {number} conversation
   * @returns {Attachment[]}
   */
  chosen(conversation) {
    const ids = this.#uploads?.in(conversation).filter((id) => !this.#taken.has(id)) ?? []
    return this.shown(ids)
  }

  /**
   * As they are shown until the server shows them.
   * @param {string[]} ids
   * @returns {Attachment[]}
   */
  shown(ids) {
    return this.#uploads?.shown(ids) ?? []
  }

  /**
   * How far all of them are: at the server, under the ids that it has given; or one does not get there.
   * @param {string[]} ids
   * @returns {{ attachments?: string[], fault?: string }} neither while they are on their way
   */
  standing(ids) {
    if (!this.#uploads || ids.some((id) => this.#coming.has(id))) return {}
    return this.#uploads.standing(ids)
  }

  /**
   * Resolves once other tabs can find them.
   * @param {string[]} ids
   */
  async recorded(ids) {
    await this.#adding.catch(() => {})
    await this.#uploads?.recorded(ids)
  }

  /**
   * The server has some of them no longer: they are sent again, once.
   * @param {string[]} ids
   * @returns {boolean} false when they were already, or cannot be
   */
  renew(ids) {
    return this.#uploads?.renew(ids) ?? false
  }

  /** @param {string[]} ids those of them that have failed are tried again */
  retry(ids) {
    this.#uploads?.retry(ids)
  }

  /** @param {string[]} ids that are not wanted any more */
  cancel(ids) {
    this.take(ids)
    this.#uploads?.cancel(ids)
  }

  /** @param {string[]} ids of a message that the server has */
  sent(ids) {
    this.#uploads?.forget(ids)
  }

  /** Takes away what was chosen a day ago and never sent. */
  sweep() {
    this.#uploads?.sweep(this.#taken)
  }

  async #ready() {
    this.#opening ??= this.#begin()
    try {
      return await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async #begin() {
    const uploads = await this.#open()
    uploads.addEventListener("change", (event) => {
      this.dispatchEvent(new CustomEvent("change", { detail: /** @type {CustomEvent} */ (event).detail }))
    })
    await uploads.load()
    this.#uploads = uploads
    return uploads
  }
}
