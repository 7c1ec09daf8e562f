import { fileName, waveOf, whyNot } from "../lib/recording.js"
import { makeIcon } from "../view/icon.js"
import { make } from "../view/make.js"
import { openMicrophone, tick } from "../view/microphone.js"
import { numberOf, one } from "../view/query.js"
import { RecorderStrip } from "../view/recorder-strip.js"
import { loadStyle } from "../view/style.js"
import { loadVoice } from "../view/voice.js"

/** @typedef {import("../view/recorder-strip.js").Stage} Stage */
/** @typedef {import("../view/microphone.js").Microphone} Microphone */

/** What one may say where the page has no other limit, in milliseconds. */
const most = 300_000
/** From when on it is said that the end comes. */
const soon = 10_000
/** Shorter ones are slips of a finger. */
const least = 500

/**
 * <voice-recorder> stands around the microphone's button in the composer. Pressed, it records in
 * the place of the row around it, and dispatches "attach" (detail: files with one of kind voice,
 * send: true) when that is to be sent. Escape asks whether to discard it, as the bin does.
 */
export class VoiceRecorder extends HTMLElement {
  #removed = new AbortController()
  #over = new AbortController()
  /** @type {RecorderStrip | undefined} */
  #strip
  /** @type {Microphone | undefined} */
  #microphone
  /** @type {{ file: File, kind: "voice", duration_ms: number, waveform: number[] } | undefined} */
  #voice
  #url = ""
  /** @type {Stage} */
  #stage = "recording"
  /** @type {Stage} the one that the question came in */
  #before = "recording"
  #timer = 0
  #warned = false

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    one(this, "button", HTMLButtonElement).addEventListener("click", () => void this.#begin(), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#end()
  }

  async #begin() {
    if (this.#strip) return
    this.#fault("")
    for (const audio of document.querySelectorAll("audio")) audio.pause()
    const strip = new RecorderStrip((what) => void this.#do(what))
    this.#strip = strip
    try {
      // All at once, also what plays it: the line may be gone by then.
      await Promise.all([loadVoice(), loadStyle("voice-recorder")])
      if (this.#strip !== strip) return
      this.#row.hidden = true
      this.#row.after(strip.element)
      strip.element.addEventListener("keydown", (event) => this.#key(event))
      this.#to("asking")
      strip.focus("asking")
      const microphone = await openMicrophone()
      if (this.#strip !== strip) return microphone.drop()
      this.#microphone = microphone
      const { signal } = (this.#over = new AbortController())
      addEventListener("beforeunload", (event) => event.preventDefault(), { signal })
      // A page that nobody sees has slow timers.
      microphone.onPart(() => this.#tick())
      microphone.onLost(
        () => void this.#stop("The microphone was taken away. What was recorded until then is here.", true),
      )
      this.#timer = setInterval(() => this.#tick(), tick)
      this.#to("recording", "Recording")
      strip.focus("recording")
    } catch (error) {
      if (this.#strip !== strip) return
      this.#end()
      this.#fault(whyNot(error instanceof Error ? error.name : ""))
    }
  }

  /** @param {string} what */
  async #do(what) {
    if (what === "discard") this.#ask()
    if (what === "drop") this.#end("Discarded")
    if (what === "keep") this.#keep()
    if (what === "pause") this.#pause()
    if (what === "resume") this.#resume()
    if (what === "stop") await this.#stop("Stopped. Listen to it, or send it.")
    if (what === "send") await this.#send()
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
    if (this.#stage === "asking" || this.#length < least) return this.#end("Discarded")
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
    if (!this.#voice && !(await this.#finish())) return
    const detail = { files: [this.#voice], send: true }
    this.#end("")
    this.dispatchEvent(new CustomEvent("attach", { bubbles: true, detail }))
  }

  /** Makes a file of what was recorded. Returns whether there is one. */
  async #finish() {
    const microphone = this.#microphone
    if (!microphone) return false
    this.#microphone = undefined
    clearInterval(this.#timer)
    const blob = await microphone.stop()
    if (!this.#strip) return false
    const duration_ms = Math.round(microphone.elapsed)
    if (blob.size === 0 || duration_ms < least) {
      this.#end()
      this.#fault("That was too short. Press the button, speak, and press send when you are done.")
      return false
    }
    const file = new File([blob], fileName(blob.type), { type: blob.type })
    this.#voice = { file, kind: "voice", duration_ms, waveform: waveOf(microphone.levels) }
    return true
  }

  #tick() {
    const microphone = this.#microphone
    if (!microphone) return
    if (!microphone.paused) this.#strip?.meter(microphone.elapsed, microphone.level())
    const left = this.#most - microphone.elapsed
    if (left <= 0) void this.#stop(`That is all that fits: ${this.#words}. Listen to it, or send it.`, true)
    else if (left <= soon && !this.#warned && this.#most > 2 * soon) {
      this.#warned = true
      this.#strip?.say("10 seconds are left.", true)
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return
    event.preventDefault()
    event.stopPropagation()
    if (this.#stage === "sure") this.#keep()
    else this.#ask()
  }

  /**
   * @param {Stage} stage
   * @param {string} [word]
   * @param {boolean} [shown]
   */
  #to(stage, word = "", shown = false) {
    this.#stage = stage
    if (this.#voice && this.#url === "") this.#url = URL.createObjectURL(this.#voice.file)
    this.#strip?.show(stage, this.#voice && stage === "stopped" ? { ...this.#voice, url: this.#url } : undefined)
    this.#strip?.say(word, shown)
  }

  /** Gives everything back: the microphone, the memory, the composer's row, the focus. */
  #end(word = "") {
    const focused = this.#strip?.element.contains(document.activeElement)
    this.#over.abort()
    clearInterval(this.#timer)
    this.#microphone?.drop()
    this.#microphone = this.#voice = undefined
    this.#warned = false
    this.#strip?.element.remove()
    this.#strip = undefined
    if (this.#url) URL.revokeObjectURL(this.#url)
    this.#url = ""
    if (!this.isConnected) return
    this.#row.hidden = false
    if (focused) one(this, "button", HTMLButtonElement).focus()
    if (word) this.#told(word)
  }

  /** @param {string} word said to ears, when there is no strip any more */
  #told(word) {
    const said = make("span", { class: "sr", role: "status" })
    this.append(said)
    said.textContent = word
    setTimeout(() => said.remove(), 2_000)
  }

  /** @param {string} text why there is no recording, "" for nothing */
  #fault(text) {
    const box = this.#row.parentElement
    box?.querySelector(":scope > .recorder-fault")?.remove()
    if (text === "") return
    const fault = make("p", { class: "composer-fault recorder-fault", role: "alert" }, makeIcon("i-alert"))
    this.#row.after(fault)
    fault.append(make("span", {}, text))
  }

  get #length() {
    return this.#voice?.duration_ms ?? this.#microphone?.elapsed ?? 0
  }

  get #most() {
    return numberOf(one(document, "swapnest-chat", HTMLElement).dataset.voiceMs) || most
  }

  get #words() {
    const seconds = Math.round(this.#most / 1000)
    return seconds % 60 === 0 && seconds > 60 ? `${seconds / 60} minutes` : `${seconds} seconds`
  }

  get #row() {
    const row = this.closest(".composer-row")
    if (!(row instanceof HTMLElement)) throw new Error("The recorder stands in no composer.")
    return row
  }
}
