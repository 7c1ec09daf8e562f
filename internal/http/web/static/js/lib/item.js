/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./timeline.js").Item} Item */

/**
 * Changes a message to what it has become. What is older than what is known changes nothing.
 * @param {Item} item
 * @param {Message} message
 */
export function become(item, { message: text, edited_at: edited = "", deleted = false }) {
  if (item.deleted || (edited < item.edited && !deleted)) return
  Object.assign(item, { text, edited, deleted })
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
    state: one.state,
    fault: one.fault,
  }
}
