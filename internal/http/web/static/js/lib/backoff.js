const least = 500
const most = 30_000

/**
 * How long to wait before trying again: full jitter, so that a crowd that lost its
 * server together does not come back together.
 * @param {number} attempt how often it has failed before, from 0
 * @param {() => number} [random]
 * @returns {number} milliseconds, from 0 up to a ceiling that doubles from 0.5 s to 30 s
 */
export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(most, least * 2 ** Math.min(attempt, 16))
  return Math.round(random() * ceiling)
}
