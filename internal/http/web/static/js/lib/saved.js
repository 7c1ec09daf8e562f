/**
 * A text that somebody writes often.
 * @typedef {object} SavedReply
 * @property {number} id
 * @property {string} title what it is called, "" for nothing
 * @property {string} text
 */

/**
 * The text with what its placeholders stand for.
 * @param {string} text
 * @param {{ name: string, title: string }} words whom one writes to, and what it is about
 */
export function filled(text, { name, title }) {
  return text.replace(/\{(name|title)\}/g, (_, word) => (word === "name" ? name : title))
}

/**
 * What somebody looks for who has typed this into an empty box: undefined when it begins with
 * no stroke, or goes on in another line.
 * @param {string} typed
 * @returns {string | undefined}
 */
export function soughtBy(typed) {
  return typed.startsWith("/") && !typed.includes("\n") ? typed.slice(1).trim() : undefined
}

/**
 * The replies in which all words occur, those whose title begins so first.
 * @param {SavedReply[]} all
 * @param {string} sought
 */
export function findReplies(all, sought) {
  const words = fold(sought).split(/\s+/).filter(Boolean)
  const found = all.filter(({ title, text }) => words.every((word) => fold(`${title}\n${text}`).includes(word)))
  const begins = (/** @type {SavedReply} */ reply) => Number(fold(reply.title).startsWith(fold(sought)))
  return words.length === 0 ? found : found.toSorted((a, b) => begins(b) - begins(a))
}

/** @param {string} text */
function fold(text) {
  return text.normalize("NFKC").toLowerCase()
}
