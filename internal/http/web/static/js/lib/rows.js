/** @typedef {import("./item.js").Item} Item */

/**
 * A message in its place.
 * @typedef {object} Row
 * @property {Item} item
 * @property {"first" | "middle" | "last" | "only"} run
 * @property {boolean} meta its state shows although others of its run follow
 * @property {string} day set where a day begins
 * @property {boolean} unread the new messages begin here
 */

const runWithin = 5 * 60_000

/**
 * Lays messages out: where days begin, where the new ones begin, and which stand
 * together as a run.
 * @param {Item[]} items in order
 * @param {number} newAfter what comes after this seq is new; -1 when nothing is
 * @param {(at: string) => string} dayOf what two messages of one day have in common
 * @returns {Row[]}
 */
export function layOut(items, newAfter, dayOf) {
  /** @type {Row[]} */
  const rows = []
  let day = ""
  let divided = newAfter < 0
  for (const item of items) {
    const today = dayOf(item.at)
    const unread = !divided && !item.mine && item.seq > newAfter
    divided ||= unread
    rows.push({ item, run: "only", meta: false, day: today === day ? "" : today, unread })
    day = today
  }
  rows.forEach((row, i) => {
    const before = i > 0 && joined(rows[i - 1], row)
    const next = rows[i + 1]
    const after = next !== undefined && joined(row, next)
    row.run = before ? (after ? "middle" : "last") : after ? "first" : "only"
    row.meta = after && next.item.state !== row.item.state
  })
  return rows
}

/**
 * Whether two neighbours belong to one run: one sender, close in time, and no line
 * between them.
 * @param {Row} a
 * @param {Row} b
 */
function joined(a, b) {
  return (
    a.item.mine === b.item.mine &&
    b.day === "" &&
    !b.unread &&
    Math.abs(Date.parse(b.item.at) - Date.parse(a.item.at)) <= runWithin
  )
}
