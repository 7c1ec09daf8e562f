import { clockOf } from "./time.js"

/** @typedef {import("./frames.js").Attachment} Attachment */

/**
 * What a list, a quote or a voice says of a message: its text, or what it carries where it has
 * none. The server says the same (chat.Message.Summary).
 * @param {string} text
 * @param {Attachment[]} [attachments]
 * @returns {string}
 */
export function summaryOf(text, attachments = []) {
  const [first] = attachments
  if (text || !first) return text
  const { length } = attachments
  if (length > 1) return `${length} ${attachments.every(({ kind }) => kind === "image") ? "photos" : "files"}`
  if (first.kind === "image") return "Photo"
  if (first.kind === "file") return first.name
  return `Voice message, ${clockOf(first.duration_ms ?? 0)}`
}
