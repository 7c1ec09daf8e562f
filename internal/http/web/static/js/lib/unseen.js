/** What the reader has deleted for themselves in a conversation. */
export class Unseen {
  /** @type {Set<number>} ids of messages */
  #hidden = new Set()
  /** nothing up to this seq is seen */
  #cleared = 0

  /**
   * @param {number} id
   * @returns {boolean} whether that is new
   */
  hide(id) {
    const before = this.#hidden.size
    return this.#hidden.add(id).size > before
  }

  /** @param {number} id */
  show(id) {
    this.#hidden.delete(id)
  }

  /**
   * @param {number} seq
   * @returns {boolean} whether that is new
   */
  clear(seq) {
    if (seq <= this.#cleared) return false
    this.#cleared = seq
    return true
  }

  /**
   * @param {number} id
   * @param {number} seq
   */
  sees(id, seq) {
    return seq > this.#cleared && !this.#hidden.has(id)
  }
}
