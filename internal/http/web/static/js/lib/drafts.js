/**
 * What somebody has begun to write, per person and conversation. Storage may be
 * refused or full; a draft that cannot be kept is only kept on the page.
 */
export class Drafts {
  #storage
  #prefix

  /**
   * @param {() => Pick<Storage, "getItem" | "setItem" | "removeItem">} storage throws where storage is refused
   * @param {number} userId
   */
  constructor(storage, userId) {
    this.#storage = storage
    this.#prefix = `swapnest.draft.${userId}.`
  }

  /** @param {number} conversationId */
  key(conversationId) {
    return this.#prefix + conversationId
  }

  /**
   * @param {number} conversationId
   * @returns {string} "" when there is none
   */
  get(conversationId) {
    try {
      return this.#storage().getItem(this.key(conversationId)) ?? ""
    } catch {
      return ""
    }
  }

  /**
   * @param {number} conversationId
   * @param {string} text "" forgets it
   */
  set(conversationId, text) {
    try {
      if (text.trim() === "") this.#storage().removeItem(this.key(conversationId))
      else this.#storage().setItem(this.key(conversationId), text)
    } catch {
      // It stays in the box; only a reload would lose it.
    }
  }
}
