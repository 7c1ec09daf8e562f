import { Chime } from "../lib/chime.js"
import { systemClock } from "../lib/clock.js"

const lockName = "swapnest.sound"
/** Two soft notes: when each begins and how high it is, in seconds and hertz. */
const notes = [
  [0, 659],
  [0.12, 880],
]
const length = 0.28
const loudness = 0.06

/** @type {AudioContext | undefined} */
let audio

/**
 * Whether somebody wants to hear new messages on this machine; not until they say so.
 * @param {number} me
 */
export function wantsSound(me) {
  try {
    return localStorage.getItem(key(me)) === "on"
  } catch {
    return false
  }
}

/**
 * @param {number} me
 * @param {boolean} on
 */
export function setSound(me, on) {
  try {
    if (on) localStorage.setItem(key(me), "on")
    else localStorage.removeItem(key(me))
  } catch {
    // Where nothing can be stored it stays off.
  }
}

/** @param {number} me */
function key(me) {
  return `swapnest.sound.${me}`
}

/** Plays at once; a click is the moment in which a browser allows it. */
export function playSound() {
  audio ??= new AudioContext()
  void audio.resume()
  for (const [after, pitch] of notes) {
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    const at = audio.currentTime + after
    tone.frequency.value = pitch
    volume.gain.setValueAtTime(0, at)
    volume.gain.linearRampToValueAtTime(loudness, at + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, at + length)
    tone.connect(volume).connect(audio.destination)
    tone.start(at)
    tone.stop(at + length)
  }
}

/**
 * The sound of this tab.
 * @param {number} me
 * @param {(id: number) => boolean} looking whether a conversation is being looked at here
 */
export function makeChime(me, looking) {
  // A tab that nobody has touched may not play: it leaves it to one that may.
  const mayPlay = () => navigator.userActivation?.hasBeenActive ?? true
  return new Chime({ enabled: () => wantsSound(me) && mayPlay(), looking, claim, play: playSound, clock: systemClock })
}

/**
 * Runs where no other tab of this browser has run a moment before.
 * @param {() => void} run
 * @param {number} ms
 */
function claim(run, ms) {
  if (!navigator.locks) {
    // Without locks the tab that is seen plays; of several windows it may be two.
    if (document.visibilityState === "visible") run()
    return
  }
  void navigator.locks.request(lockName, { ifAvailable: true }, async (lock) => {
    if (!lock) return
    run()
    await new Promise((resolve) => setTimeout(resolve, ms))
  })
}
