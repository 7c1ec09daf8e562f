/** @typedef {import("./frames.js").Quote} Quote */

/**
 * What somebody has begun to write, per person and conversation. Storage may be
 * refused or full; a draft that cannot be kept is only kept on the page.
 */
export class Drafts {
  #storage
  #prefix
  #replies

  /**
   * @param {() => Pick<Storage, "getItem" | "setItem" | "removeItem">} storage throws where storage is refused
   * @param {number} userId
   */
  constructor(storage, userId) {
    this.#storage = storage
    this.#prefix = `swapnest.draft.${userId}.`
    this.#replies = `swapnest.reply.${userId}.`
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

  /**
   * What it answers.
   * @param {number} conversationId
   * @returns {Quote | undefined}
   */
  getReply(conversationId) {
    try {
      return quoteIn(JSON.parse(this.#storage().getItem(this.#replies + conversationId) ?? "null"))
    } catch {
      return undefined
    }
  }

  /**
   * @param {number} conversationId
   * @param {Quote | undefined} reply undefined forgets it
   */
  setReply(conversationId, reply) {
    try {
      if (reply) this.#storage().setItem(this.#replies + conversationId, JSON.stringify(reply))
      else this.#storage().removeItem(this.#replies + conversationId)
    } catch {
      // As with the text.
    }
  }
}

/**
 * What was stored may be of another version, or of somebody's own making.
 * @param {any} kept
 * @returns {Quote | undefined}
 */
function quoteIn(kept) {
  const { message_id: id, seq, sender_id: sender, sender_name: name, message } = kept ?? {}
  const fits = [id, seq, sender].every(Number.isSafeInteger) && [name, message].every((one) => typeof one === "string")
  return fits ? kept : undefined
}
