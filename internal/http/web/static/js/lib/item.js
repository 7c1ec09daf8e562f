/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./frames.js").Quote} Quote */
/** @typedef {"" | "sending" | "waiting" | "sent" | "delivered" | "read" | "failed"} State */

/**
 * A message as it is shown. Its key stays the same from the first bubble on.
 * @typedef {object} Item
 * @property {string} key
 * @property {number} seq 0 while it is on its way
 * @property {number} id of the message; 0 while it is on its way
 * @property {string} clientId
 * @property {boolean} mine
 * @property {string} text
 * @property {string} at RFC 3339
 * @property {string} edited RFC 3339, "" when the text was never changed
 * @property {boolean} deleted taken away for everyone
 * @property {import("./frames.js").Reaction[]} reactions
 * @property {import("./frames.js").Attachment[]} attachments what it carries
 * @property {Quote | null} quote what it answers, as that is now
 * @property {State} state
 * @property {string} [fault] why it was not sent
 */

/**
 * Changes a message to what it has become. What is older than what is known changes nothing.
 * @param {Item} item
 * @param {Message} message
 */
export function become(item, { message: text, edited_at: edited = "", deleted = false, reactions }) {
  if (reactions && !item.deleted) item.reactions = reactions
  if (item.deleted || (edited < item.edited && !deleted)) return
  Object.assign(item, { text, edited, deleted, ...(deleted && { reactions: [], attachments: [] }) })
}

/**
 * @param {boolean} mine
 * @param {string} clientId
 * @param {number} id
 */
export function keyOf(mine, clientId, id) {
  return mine && clientId ? `c:${clientId}` : `m:${id}`
}

/**
 * @param {Pending} one
 * @returns {Item}
 */
export function pendingItem(one) {
  return {
    key: keyOf(true, one.client_id, 0),
    seq: 0,
    id: 0,
    clientId: one.client_id,
    mine: true,
    text: one.text,
    at: one.at,
    edited: "",
    deleted: false,
    reactions: [],
    attachments: [],
    quote: one.reply ?? null,
    state: one.state,
    fault: one.fault,
  }
}
