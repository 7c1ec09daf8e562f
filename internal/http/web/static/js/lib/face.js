const faces = ["rose", "clay", "olive", "pine", "sea", "iris"]

/**
 * The colour of a person without a picture; the server counts the same way.
 * @param {number} id
 */
export function faceOf(id) {
  return faces[id % faces.length]
}

/**
 * The first character of a name as a reader sees it, or "?".
 * @param {string} name
 */
export function initialOf(name) {
  const [first] = new Intl.Segmenter().segment(name.trim())
  return first ? first.segment.toUpperCase() : "?"
}
