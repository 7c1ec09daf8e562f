import { clockOf } from "../lib/time.js"
import { makeIcon } from "./icon.js"
import { make } from "./make.js"
import { lookFor } from "./missing.js"
import { one } from "./query.js"
import { wave } from "./wave.js"

/**
 * What partials/voice.html has beside its audio.
 * @param {number} ms how long it is
 * @param {number[]} levels 0 to 100
 */
export function makePlayer(ms, levels) {
  const length = clockOf(ms)
  const seek = make("span", {
    class: "voice-seek",
    role: "slider",
    tabindex: "-1",
    "aria-label": "Position",
    "aria-valuemin": "0",
    "aria-valuemax": String(Math.round(ms / 1000)),
    "aria-valuenow": "0",
    "aria-valuetext": `0:00 of ${length}`,
  })
  seek.append(wave(levels))
  return [
    make(
      "button",
      { class: "attachment-mark", type: "button", tabindex: "-1" },
      makeIcon("i-play"),
      make("span", { class: "sr" }, `Play voice message, ${length}`),
    ),
    seek,
    make("span", { class: "attachment-facts" }, length),
    make("button", { class: "speed", type: "button", tabindex: "-1" }, "1×", make("span", { class: "sr" }, " speed")),
  ]
}

/**
 * How far it is played.
 * @param {HTMLElement} note what has a player in it
 * @param {boolean} on whether it plays
 * @param {number} at milliseconds, where it stands
 * @param {number} total milliseconds
 */
export function showPlayer(note, on, at, total) {
  const length = clockOf(total)
  const play = one(note, ".attachment-mark", HTMLElement)
  one(play, "use", SVGUseElement).setAttribute("href", on ? "#i-pause" : "#i-play")
  one(play, ".sr", HTMLElement).textContent = `${on ? "Pause" : "Play"} voice message, ${length}`
  one(note, ".attachment-facts", HTMLElement).textContent = clockOf(total - at)
  const seek = one(note, ".voice-seek", HTMLElement)
  seek.setAttribute("aria-valuemax", String(Math.round(total / 1000)))
  seek.setAttribute("aria-valuenow", String(Math.round(at / 1000)))
  seek.setAttribute("aria-valuetext", `${clockOf(at)} of ${length}`)
  const rects = seek.querySelectorAll("rect")
  const played = at > 0 ? Math.ceil((at / (total || 1)) * rects.length) : 0
  for (const [i, rect] of rects.entries()) {
    if (i < played) rect.setAttribute("class", "played")
    else rect.removeAttribute("class")
  }
}

/**
 * Says why it cannot be played, as far as that can be found out.
 * @param {HTMLElement} note
 * @param {string} src what was to be played
 */
export async function explain(note, src) {
  const state = await lookFor(src)
  if (state === "there") sayAt(note, "This browser cannot play it. ", make("a", { href: src, download: "" }, "Save it"))
  else if (state === "gone") sayAt(note, "This recording is not there any more.")
  else sayAt(note, "It could not be loaded. Press play to try again.")
}

/**
 * @param {HTMLElement} note
 * @param {...(Node | string)} words none for nothing
 */
export function sayAt(note, ...words) {
  let said = note.querySelector(".voice-said")
  if (words.length === 0) return said?.remove()
  if (!said) note.append((said = make("span", { class: "voice-said", role: "status" })))
  said.replaceChildren(...words)
}
