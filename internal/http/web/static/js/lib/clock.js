/**
 * What modules know of time and chance. Tests give one that they move themselves.
 * @typedef {object} Clock
 * @property {() => number} now milliseconds
 * @property {(run: () => void, ms: number) => number} setTimeout
 * @property {(timer: number) => void} clearTimeout
 * @property {() => number} random from 0 to below 1
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => /** @type {number} */ (/** @type {unknown} */ (setTimeout(run, ms))),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
}
