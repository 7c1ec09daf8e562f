/** What is recorded, the best first; browsers can do one of them at least. */
const types = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"]

/** How many levels a waveform has. */
export const bars = 48

/**
 * What this browser records best, undefined where it records nothing that everybody can play.
 * @param {(type: string) => boolean} supports
 */
export function bestType(supports) {
  return types.find(supports)
}

/**
 * What a recording is called: the part behind the dot goes by its type.
 * @param {string} type
 */
export function fileName(type) {
  return `voice-message.${/ogg/.test(type) ? "ogg" : /mp4/.test(type) ? "m4a" : "webm"}`
}

/**
 * Why there is no recording, and what one does about it.
 * @param {string} name of the error, or what is missing: "insecure" or "unsupported"
 */
export function whyNot(name) {
  switch (name) {
    case "insecure":
      return "Recording needs a secure page. Open this site by its address that begins with https."
    case "unsupported":
      return "This browser cannot record. Use a newer one, or send a recording of another app as a file."
    case "NotAllowedError":
    case "SecurityError":
      return "The microphone is not allowed. Allow it for this site, by the icon beside the address or in the settings of your browser, and press the button again."
    case "NotFoundError":
    case "OverconstrainedError":
      return "There is no microphone. Connect one, and press the button again."
    case "NotReadableError":
    case "AbortError":
      return "The microphone does not answer. Close other programs that use it, and press the button again."
  }
  return "The recording did not start. Press the button again."
}

/**
 * A level of 0 to 100 of what a microphone hears: the root lets what is quiet be seen.
 * @param {Float32Array} samples of -1 to 1
 */
export function levelOf(samples) {
  let sum = 0
  for (const v of samples) sum += v * v
  return Math.min(100, Math.round(100 * Math.sqrt(Math.sqrt(sum / Math.max(1, samples.length)))))
}

/**
 * The waveform of all levels that were heard, the loudest of which is 100.
 * @param {number[]} levels
 * @returns {number[]}
 */
export function waveOf(levels) {
  if (levels.length === 0) return []
  const all = Array.from({ length: bars }, (_, i) => {
    const from = Math.floor((i * levels.length) / bars)
    return Math.max(...levels.slice(from, Math.max(from + 1, Math.floor(((i + 1) * levels.length) / bars))))
  })
  const loudest = Math.max(...all)
  return loudest === 0 ? all : all.map((level) => Math.round((100 * level) / loudest))
}

/** How long something has been going on, without its breaks. */
export class Stopwatch {
  #now
  #before = 0
  #since = -1

  /** @param {() => number} now milliseconds */
  constructor(now) {
    this.#now = now
  }

  get elapsed() {
    return this.#before + (this.#since < 0 ? 0 : this.#now() - this.#since)
  }

  go() {
    if (this.#since < 0) this.#since = this.#now()
  }

  halt() {
    this.#before = this.elapsed
    this.#since = -1
  }
}
