/** @typedef {import("./pending.js").Pending} Pending */

const key = "swapnest.outbox"

/**
 * Keeps pending messages of this tab where IndexedDB refuses them, does not answer or is full: over a reload, but for
 * no other tab, and where the browser keeps nothing at all only as long as the page.
 * @implements {Storage}
 * @typedef {import("./pending.js").Storage} Storage
 */
export class TabStorage {
  shared = false
  #area
  /** @type {Map<string, Pending>} what the browser does not keep */
  #memory = new Map()

  /** @param {() => Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">} [area] throws where it is refused */
  constructor(area = () => sessionStorage) {
    this.#area = area
  }

  /** @param {number} userId */
  async all(userId) {
    return this.everybodys().filter((one) => one.user_id === userId)
  }

  /** @returns {Pending[]} */
  everybodys() {
    return [...new Map([...this.#read(), ...this.#memory]).values()]
  }

  /** @param {Pending} one */
  async put(one) {
    if (!this.#write(this.#read().set(one.client_id, one))) this.#memory.set(one.client_id, one)
  }

  /** @param {string} clientId */
  async remove(clientId) {
    this.#memory.delete(clientId)
    const kept = this.#read()
    if (kept.delete(clientId)) this.#write(kept)
  }

  /** @param {string} clientId */
  async has(clientId) {
    return this.#memory.has(clientId) || this.#read().has(clientId)
  }

  async hasFiles() {
    return false
  }

  /**
   * Read each time: a page may have several of these.
   * @returns {Map<string, Pending>}
   */
  #read() {
    try {
      /** @type {Pending[]} */
      const kept = JSON.parse(this.#area().getItem(key) ?? "[]")
      return new Map(kept.map((one) => [one.client_id, one]))
    } catch {
      return new Map()
    }
  }

  /**
   * @param {Map<string, Pending>} kept
   * @returns {boolean} false where it is not kept
   */
  #write(kept) {
    try {
      if (kept.size === 0) this.#area().removeItem(key)
      else this.#area().setItem(key, JSON.stringify([...kept.values()]))
      return true
    } catch {
      return false
    }
  }
}
