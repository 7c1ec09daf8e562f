import { fileName, waveOf } from "./recording.js"

/** How often it is asked how loud it is, in milliseconds. */
const tick = 100
/** From when on it is said that the end comes. */
const soon = 10_000
/** Shorter ones are slips of a finger. */
const least = 500

/** The microphone being asked for, recording, a break in it, listening, and whether to discard it. */
/** @typedef {"asking" | "recording" | "paused" | "stopped" | "sure"} Stage */

/** @typedef {{ file: File, kind: "voice", duration_ms: number, waveform: number[] }} Voice a recording as it is sent */

/**
 * A microphone that records, as view/microphone.js has it.
 * @typedef {object} Microphone
 * @property {number} elapsed milliseconds, without breaks
 * @property {boolean} paused
 * @property {number[]} levels how loud it was, 0 to 100, whenever it was asked
 * @property {() => number} level asks
 * @property {() => void} pause
 * @property {() => void} resume
 * @property {() => Promise<Blob>} stop
 * @property {() => void} drop
 * @property {(run: () => void) => void} onPart about once a second
 * @property {(run: () => void) => void} onLost
 */

/**
 * What shows a recording.
 * @typedef {object} Page
 * @property {(stage: Stage, voice?: Voice) => void} show with what one listens to
 * @property {(words: string, shown?: boolean) => void} say to ears, and where it comes by surprise to eyes too
 * @property {(elapsed: number, level: number) => void} meter milliseconds, and 0 to 100
 * @property {(word: string, fault: string) => void} over nothing is left; what to say, and why there is no recording
 * @property {(voice: Voice) => void} send
 */

/** One recording, from the microphone being asked for until it is sent or discarded. */
export class Recorder {
  #most
  #page
  /** @type {Stage} */
  #stage = "asking"
  /** @type {Stage} the one that the question came in */
  #before = "recording"
  /** @type {Microphone | undefined} */
  #microphone
  /** @type {Voice | undefined} */
  #voice
  #timer = 0
  #warned = false
  #over = false

  /**
   * @param {number} most how long it may be, in milliseconds
   * @param {Page} page
   */
  constructor(most, page) {
    this.#most = most
    this.#page = page
  }

  /** Whether it was ended, also while the microphone was asked for. */
  get over() {
    return this.#over
  }

  /** @param {Microphone} microphone which records already, and is given back when this ends */
  begin(microphone) {
    this.#microphone = microphone
    // A page that nobody sees has slow timers.
    microphone.onPart(() => this.#tick())
    microphone.onLost(
      () => void this.#stop("The microphone was taken away. What was recorded until then is here.", true),
    )
    this.#timer = setInterval(() => this.#tick(), tick)
    this.#to("recording", "Recording")
  }

  /** @param {string} what a button of the strip asks for */
  async do(what) {
    if (what === "discard") this.#ask()
    if (what === "drop") this.end("Discarded")
    if (what === "keep") this.#keep()
    if (what === "pause") this.#pause()
    if (what === "resume") this.#resume()
    if (what === "stop") await this.#stop("Stopped. Listen to it, or send it.")
    if (what === "send") await this.#send()
  }

  /** Asks whether to discard it, and takes the question back. */
  escape() {
    if (this.#stage === "sure") this.#keep()
    else this.#ask()
  }

  /**
   * Gives back the microphone and the memory.
   * @param {string} [word] what is said of it
   * @param {string} [fault] why there is no recording
   */
  end(word = "", fault = "") {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#timer)
    this.#microphone?.drop()
    this.#microphone = this.#voice = undefined
    this.#page.over(word, fault)
  }

  #pause() {
    this.#microphone?.pause()
    this.#to("paused", "Paused")
  }

  #resume() {
    this.#microphone?.resume()
    this.#to("recording", "Recording")
  }

  /** Asks whether to discard it, which does not go on meanwhile. */
  #ask() {
    const length = this.#voice?.duration_ms ?? this.#microphone?.elapsed ?? 0
    if (this.#stage === "asking" || length < least) return this.end("Discarded")
    this.#before = this.#stage
    this.#microphone?.pause()
    this.#to("sure", "Discard it?")
  }

  #keep() {
    if (this.#before === "recording") return this.#resume()
    this.#to(this.#before)
  }

  /**
   * @param {string} word what has ended it
   * @param {boolean} [shown] to eyes too
   */
  async #stop(word, shown = false) {
    if (!this.#microphone) return
    if (await this.#finish()) this.#to("stopped", word, shown)
  }

  async #send() {
    const voice = this.#voice ?? (await this.#finish())
    if (!voice) return
    this.end()
    this.#page.send(voice)
  }

  /** Makes a file of what was recorded, if there is enough of it. */
  async #finish() {
    const microphone = this.#microphone
    if (!microphone) return undefined
    this.#microphone = undefined
    clearInterval(this.#timer)
    const blob = await microphone.stop()
    if (this.#over) return undefined
    const duration_ms = Math.round(microphone.elapsed)
    if (blob.size === 0 || duration_ms < least) {
      this.end("", "That was too short. Press the button, speak, and press send when you are done.")
      return undefined
    }
    const file = new File([blob], fileName(blob.type), { type: blob.type })
    this.#voice = { file, kind: "voice", duration_ms, waveform: waveOf(microphone.levels) }
    return this.#voice
  }

  #tick() {
    const microphone = this.#microphone
    if (!microphone) return
    if (!microphone.paused) this.#page.meter(microphone.elapsed, microphone.level())
    const left = this.#most - microphone.elapsed
    if (left <= 0) void this.#stop(`That is all that fits: ${this.#words}. Listen to it, or send it.`, true)
    else if (left <= soon && !this.#warned && this.#most > 2 * soon) {
      this.#warned = true
      this.#page.say("10 seconds are left.", true)
    }
  }

  /**
   * @param {Stage} stage
   * @param {string} [word]
   * @param {boolean} [shown]
   */
  #to(stage, word = "", shown = false) {
    this.#stage = stage
    this.#page.show(stage, stage === "stopped" ? this.#voice : undefined)
    this.#page.say(word, shown)
  }

  get #words() {
    const seconds = Math.round(this.#most / 1000)
    return seconds % 60 === 0 && seconds > 60 ? `${seconds / 60} minutes` : `${seconds} seconds`
  }
}
