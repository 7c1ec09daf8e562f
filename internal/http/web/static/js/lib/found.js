/**
 * @typedef {object} Highlight a part of a text, in characters (code points)
 * @property {number} start
 * @property {number} end behind the last one
 */

const lead = 40

/**
 * The parts of a text: those that fit what was looked for, and those around them.
 * @param {string} text
 * @param {Highlight[]} highlights in rising order, without overlap
 * @returns {{ text: string, fits: boolean }[]}
 */
export function partsOf(text, highlights) {
  const characters = [...text]
  const parts = []
  let at = 0
  for (const { start, end } of highlights) {
    if (start > at) parts.push({ text: characters.slice(at, start).join(""), fits: false })
    if (end > start) parts.push({ text: characters.slice(start, end).join(""), fits: true })
    at = end
  }
  if (at < characters.length) parts.push({ text: characters.slice(at).join(""), fits: false })
  return parts
}

/**
 * The same, without most of what stands before the first one that fits.
 * @param {string} text
 * @param {Highlight[]} highlights
 */
export function excerptOf(text, highlights) {
  const parts = partsOf(text, highlights)
  const before = parts[0] && !parts[0].fits ? [...parts[0].text] : []
  if (before.length > lead) {
    const rest = before.slice(-lead).join("")
    const space = rest.indexOf(" ")
    parts[0].text = "… " + (space >= 0 && space < rest.length - 1 ? rest.slice(space + 1) : rest)
  }
  return parts
}

/**
 * Where highlights lie in pieces of a text that follow each other, each in UTF-16 units of its
 * piece.
 * @param {string[]} pieces
 * @param {Highlight[]} highlights
 * @returns {{ piece: number, start: number, end: number }[]}
 */
export function placesIn(pieces, highlights) {
  const places = []
  let before = 0
  for (const [piece, text] of pieces.entries()) {
    const characters = [...text]
    const units = (/** @type {number} */ n) => characters.slice(0, Math.max(0, n)).join("").length
    for (const { start, end } of highlights) {
      const from = units(start - before)
      const to = units(Math.min(end - before, characters.length))
      if (to > from) places.push({ piece, start: from, end: to })
    }
    before += characters.length
  }
  return places
}
