import { Recorder } from "../lib/recorder.js"
import { whyNot } from "../lib/recording.js"
import { makeIcon } from "../view/icon.js"
import { make } from "../view/make.js"
import { openMicrophone } from "../view/microphone.js"
import { numberOf, one } from "../view/query.js"
import { RecorderStrip } from "../view/recorder-strip.js"
import { loadStyle } from "../view/style.js"
import { loadVoice } from "../view/voice.js"

/** @typedef {import("../lib/recorder.js").Voice} Voice */

/** What one may say where the page has no other limit, in milliseconds. */
const most = 300_000

/**
 * <voice-recorder> stands around the microphone's button in the composer. Pressed, it records in
 * the place of the row around it, and dispatches "attach" (detail: files with one of kind voice,
 * send: true) when that is to be sent. Escape asks whether to discard it, as the bin does.
 */
export class VoiceRecorder extends HTMLElement {
  #removed = new AbortController()
  /** @type {Recorder | undefined} */
  #recorder

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    one(this, "button", HTMLButtonElement).addEventListener("click", () => void this.#begin(), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#recorder?.end()
  }

  async #begin() {
    if (this.#recorder) return
    this.#fault("")
    for (const audio of document.querySelectorAll("audio")) audio.pause()
    const strip = new RecorderStrip((what) => void recorder.do(what))
    const over = new AbortController()
    const recorder = this.#record(strip, over)
    this.#recorder = recorder
    try {
      // All at once, also what plays it: the line may be gone by then.
      await Promise.all([loadVoice(), loadStyle("voice-recorder")])
      if (recorder.over) return
      this.#row.hidden = true
      this.#row.after(strip.element)
      strip.element.addEventListener("keydown", (event) => escape(event, recorder))
      strip.show("asking")
      strip.focus("asking")
      const microphone = await openMicrophone()
      if (recorder.over) return microphone.drop()
      addEventListener("beforeunload", (event) => event.preventDefault(), { signal: over.signal })
      recorder.begin(microphone)
      strip.focus("recording")
    } catch (error) {
      recorder.end("", whyNot(error instanceof Error ? error.name : ""))
    }
  }

  /**
   * A recording that a strip shows.
   * @param {RecorderStrip} strip
   * @param {AbortController} over ends with it
   */
  #record(strip, over) {
    let url = ""
    return new Recorder(this.#most, {
      show: (stage, voice) => {
        if (voice) url ||= URL.createObjectURL(voice.file)
        strip.show(stage, voice && { ...voice, url })
      },
      say: (words, shown) => strip.say(words, shown),
      meter: (elapsed, level) => strip.meter(elapsed, level),
      over: (word, fault) => {
        over.abort()
        if (url) URL.revokeObjectURL(url)
        this.#recorder = undefined
        this.#close(strip, word)
        if (fault) this.#fault(fault)
      },
      send: (voice) => {
        const detail = { files: [voice], send: true }
        this.dispatchEvent(new CustomEvent("attach", { bubbles: true, detail }))
      },
    })
  }

  /**
   * Gives back the composer's row and the focus.
   * @param {RecorderStrip} strip
   * @param {string} word
   */
  #close(strip, word) {
    const focused = strip.element.contains(document.activeElement)
    strip.element.remove()
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

  get #most() {
    return numberOf(one(document, "swapnest-chat", HTMLElement).dataset.voiceMs) || most
  }

  get #row() {
    const row = this.closest(".composer-row")
    if (!(row instanceof HTMLElement)) throw new Error("The recorder stands in no composer.")
    return row
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {Recorder} recorder
 */
function escape(event, recorder) {
  if (event.key !== "Escape" || event.isComposing) return
  event.preventDefault()
  event.stopPropagation()
  recorder.escape()
}
