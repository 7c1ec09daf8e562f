import { loadStyle } from "./style.js"

/**
 * A voice message as the API and the socket have it, or one that waits.
 * @typedef {object} Voice
 * @property {string} url
 * @property {number} [duration_ms]
 * @property {number[]} [waveform]
 */

/**
 * A voice message to be played, which draws itself as partials/voice.html does once its module
 * is there; without it the browser's own controls do.
 * @param {Voice} voice
 * @returns {HTMLElement}
 */
export function drawVoice({ url, duration_ms = 0, waveform = [] }) {
  const note = document.createElement("voice-note")
  note.className = "attachment"
  note.dataset.ms = String(duration_ms)
  note.dataset.wave = waveform.join(",")
  const audio = document.createElement("audio")
  audio.preload = "none"
  audio.src = url
  note.append(audio)
  void loadVoice()
  return note
}

/** @type {Promise<void> | undefined} */
let loading

/** Defines <voice-note>, for a page that has one. */
export function loadVoice() {
  loading ??= load().catch(() => {
    loading = undefined
    for (const note of document.querySelectorAll("voice-note")) {
      note.setAttribute("data-plain", "")
      note.querySelector("audio")?.setAttribute("controls", "")
    }
  })
  return loading
}

async function load() {
  const [{ VoiceNote }] = await Promise.all([import("../elements/voice-note.js"), loadStyle("voice")])
  if (!customElements.get("voice-note")) customElements.define("voice-note", VoiceNote)
}
