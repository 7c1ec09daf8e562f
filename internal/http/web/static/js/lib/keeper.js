/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./outbox.js").Sent} Sent */
/** @typedef {import("./outbox.js").Storage} Storage */

/**
 * What a tab knows of the storage of its outbox, which may fail at any time: a disk that
 * is full or a private window keeps nobody from sending.
 */
export class Keeper {
  #storage
  /** @type {Map<string, Pending>} what is not stored (yet), so that its absence there means nothing */
  #unstored = new Map()
  /** @type {Set<string>} what is being stored */
  #underway = new Set()
  /** @type {Set<string>} deleted or sent here: a list read before does not bring it back */
  #gone = new Set()
  /** @type {Promise<unknown>} one after the other: a list is never older than what is known here */
  #work = Promise.resolve()

  /** @param {Storage} storage */
  constructor(storage) {
    this.#storage = storage
  }

  /**
   * What is stored of a person's, as far as it is not gone.
   * @param {number} userId
   * @returns {Promise<Pending[] | undefined>} undefined when the storage does not tell
   */
  async all(userId) {
    const stored = await this.#after(() => this.#storage.all(userId).catch(() => undefined))
    return stored?.filter((one) => !this.#gone.has(one.client_id))
  }

  /**
   * Whether a message is on no disk, as far as is known.
   * @param {string} clientId
   */
  lacks(clientId) {
    return this.#unstored.has(clientId)
  }

  /**
   * Whether a message is just being stored: it is sent after that.
   * @param {string} clientId
   */
  isBusyWith(clientId) {
    return this.#underway.has(clientId)
  }

  /**
   * Stores a message; the promise resolves also when that does not work.
   * @param {Pending} one
   * @param {Promise<unknown>} [first] what must be stored before it, which does not fail
   */
  store(one, first) {
    this.#unstored.set(one.client_id, one)
    this.#underway.add(one.client_id)
    return this.#after(async () => {
      await first
      await this.#write(one)
    })
  }

  /**
   * Whether a message is still to be sent: false once another tab has sent or deleted it.
   * @param {string} clientId
   */
  async has(clientId) {
    try {
      return this.#unstored.has(clientId) || (await this.#storage.has(clientId))
    } catch {
      return true
    }
  }

  /**
   * @param {Pending} one
   * @param {Sent} [sent] where it stands; without it was deleted
   */
  forget({ client_id: clientId, files }, sent) {
    this.#gone.add(clientId)
    this.#unstored.delete(clientId)
    this.#storage.remove(clientId, sent, files).catch(() => {
      // It is sent again after a reload, which its id makes harmless.
    })
  }

  /**
   * @template T
   * @param {() => Promise<T>} run which does not fail
   * @returns {Promise<T>}
   */
  #after(run) {
    const done = this.#work.then(run)
    this.#work = done
    return done
  }

  /** @param {Pending} one */
  async #write(one) {
    // Another tab sends what it finds: it must not find a message without those that were
    // written before it in the conversation.
    const before = [...this.#unstored.values()].filter(
      ({ conversation_id: id, order }) => id === one.conversation_id && order < one.order,
    )
    try {
      for (const each of [...before, one]) {
        await this.#storage.put({ ...each })
        this.#unstored.delete(each.client_id)
        // It may have been sent or deleted meanwhile.
        if (this.#gone.has(each.client_id)) await this.#storage.remove(each.client_id)
      }
    } catch {
      // It is still sent by this page, and the tab has it after a reload.
    } finally {
      this.#underway.delete(one.client_id)
    }
  }
}
