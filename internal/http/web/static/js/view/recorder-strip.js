import { clockOf } from "../lib/time.js"
import { makeIcon } from "./icon.js"
import { make } from "./make.js"
import { one } from "./query.js"
import { drawVoice } from "./voice.js"
import { setLevels, wave } from "./wave.js"

/** @typedef {import("../lib/recorder.js").Stage} Stage */

/** @type {Record<string, Stage[]>} when which button is there */
const buttons = {
  discard: ["asking", "recording", "paused", "stopped"],
  pause: ["recording"],
  resume: ["paused"],
  stop: ["recording", "paused"],
  send: ["recording", "paused", "stopped"],
  drop: ["sure"],
  keep: ["sure"],
}

/** The row that stands in the composer's place while something is recorded. */
export class RecorderStrip {
  /** @type {HTMLElement} */
  element
  #wave = wave([])
  #time = make("span", { class: "recorder-time" }, "0:00")
  #said = make("span", { class: "sr", role: "status" })
  #word = make("p", { class: "recorder-word", hidden: "" })
  #shown = make("div", { class: "recorder" })
  /** @type {number[]} */
  #levels = []

  /** @param {(what: string) => void} run what a button asks for */
  constructor(run) {
    const round = (/** @type {string} */ what, /** @type {string} */ symbol, /** @type {string} */ name, more = "") =>
      make(
        "button",
        { class: `icon-button ${more}`.trim(), type: "button", "data-do": what },
        makeIcon(symbol),
        make("span", { class: "sr" }, name),
      )
    const word = (/** @type {string} */ what, /** @type {string} */ name, /** @type {string} */ kind) =>
      make(
        "button",
        { class: "button", "data-size": "small", "data-kind": kind, type: "button", "data-do": what },
        name,
      )
    const row = make(
      "div",
      { class: "composer-row recorder-row", role: "group", "aria-label": "Voice message" },
      round("discard", "i-bin", "Discard"),
      this.#shown,
      round("pause", "i-pause", "Pause"),
      round("resume", "i-mic", "Go on recording"),
      round("stop", "i-stop", "Stop and listen"),
      round("send", "i-send", "Send the recording", "composer-send"),
      word("drop", "Discard", "danger"),
      word("keep", "Keep it", "plain"),
    )
    this.element = make("div", { class: "recorder-strip" }, row, this.#word, this.#said)
    row.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("[data-do]") : null
      if (button instanceof HTMLElement) run(button.dataset.do ?? "")
    })
  }

  /**
   * @param {Stage} stage
   * @param {{ url: string, duration_ms: number, waveform: number[] }} [voice] what one listens to
   */
  show(stage, voice) {
    this.element.dataset.stage = stage
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null
    for (const [what, stages] of Object.entries(buttons)) this.#button(what).hidden = !stages.includes(stage)
    if (stage === "sure") this.#shown.replaceChildren("Discard it?")
    else if (stage === "asking") this.#shown.replaceChildren("Waiting for the microphone")
    else if (voice) this.#shown.replaceChildren(drawVoice(voice))
    else this.#shown.replaceChildren(this.#time, this.#wave)
    // Who uses a keyboard stays here as buttons come and go.
    if (focused && !focused.checkVisibility()) this.focus(stage)
  }

  /** @param {Stage} stage */
  focus(stage) {
    const first = { asking: "discard", recording: "stop", paused: "resume", stopped: "send", sure: "keep" }[stage]
    this.#button(first).focus()
  }

  /**
   * @param {number} elapsed milliseconds
   * @param {number} level
   */
  meter(elapsed, level) {
    this.#time.textContent = clockOf(elapsed)
    const count = this.#wave.children.length
    this.#levels = [...this.#levels, level].slice(-count)
    setLevels(this.#wave, [...Array.from({ length: count - this.#levels.length }, () => 0), ...this.#levels])
  }

  /**
   * Says what has happened, to ears, and where it comes by surprise to eyes too.
   * @param {string} words
   * @param {boolean} [shown]
   */
  say(words, shown = false) {
    this.#said.textContent = words
    this.#word.textContent = shown ? words : ""
    this.#word.hidden = !shown
  }

  /** @param {string} what */
  #button(what) {
    return one(this.element, `[data-do="${what}"]`, HTMLElement)
  }
}
