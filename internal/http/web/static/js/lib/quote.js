import { summaryOf } from "./summary.js"

/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./frames.js").Quote} Quote */

/** How much of a message an answer shows, in characters as the server counts them. */
const shown = 160

/**
 * The beginning of a text, as a quote shows it.
 * @param {string} text
 */
export function beginningOf(text) {
  return [...text.slice(0, 2 * shown)].slice(0, shown).join("")
}

/**
 * A quote of a message that has become another one; the same quote when it is of another message.
 * @template {Quote | null} T
 * @param {T} quote
 * @param {Message | undefined} message
 * @returns {T | Quote}
 */
export function requoted(quote, message) {
  if (!quote || !message || quote.message_id !== message.message_id || quote.deleted) return quote
  const { deleted = false, message: text, attachments } = message
  const said = deleted ? "" : beginningOf(summaryOf(text, attachments))
  return { ...quote, message: said, ...(deleted && { deleted }) }
}
