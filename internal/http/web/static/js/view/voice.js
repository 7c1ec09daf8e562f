/**
 * A voice message, as partials/voice.html has it.
 * @param {import("../lib/frames.js").Attachment} attachment
 * @returns {HTMLElement}
 */
export function drawVoice({ url }) {
  return Object.assign(document.createElement("audio"), { controls: true, preload: "none", src: url })
}
