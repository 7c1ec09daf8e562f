import { clockOf } from "../lib/time.js"
import { makeIcon } from "../view/icon.js"
import { make } from "../view/make.js"
import { lookFor } from "../view/missing.js"
import { one } from "../view/query.js"
import { wave } from "../view/wave.js"

const kept = "swapnest.speed"
const speeds = [1, 1.5, 2]
const step = 5_000

/** @type {VoiceNote | undefined} the one that plays: no other does at the same time */
let playing

/**
 * <voice-note data-ms> is a voice message that is played: the markup is that of
 * partials/voice.html, or is made from data-wave where a script has put it. What follows it in
 * the list plays on by itself.
 */
export class VoiceNote extends HTMLElement {
  #removed = new AbortController()
  #audio = /** @type {HTMLAudioElement} */ (/** @type {unknown} */ (null))
  #total = 0
  /** @type {number | undefined} where it is to begin, in milliseconds, before anything is loaded */
  #from
  #dragged = false

  static observedAttributes = ["data-ms"]

  /** The server may have measured its length otherwise than who has recorded it. */
  attributeChangedCallback() {
    this.#total = Number(this.dataset.ms) || 0
    const seek = this.querySelector(".voice-seek")
    if (!seek || !this.#audio) return
    seek.setAttribute("aria-valuemax", String(Math.round(this.#total / 1000)))
    this.#show()
  }

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.#audio = one(this, "audio", HTMLAudioElement)
    this.#audio.controls = false
    if (!this.querySelector(".attachment-mark")) this.#make()
    for (const name of ["data-wave", "data-plain"]) this.removeAttribute(name)
    this.#reach()
    const [play, speed] = [this.#part(".attachment-mark"), this.#part(".speed")]
    for (const button of [play, speed]) button.removeAttribute("disabled")
    play.addEventListener("click", () => this.#press(), { signal })
    speed.addEventListener("click", () => setSpeed(speedNow() + 1), { signal })
    const seek = this.#part(".voice-seek")
    seek.addEventListener("keydown", (event) => this.#key(event), { signal })
    seek.addEventListener("pointerdown", (event) => this.#grab(seek, event), { signal })
    seek.addEventListener("pointermove", (event) => this.#dragged && this.#seekTo(seek, event), { signal })
    for (const end of ["pointerup", "pointercancel"])
      seek.addEventListener(end, () => (this.#dragged = false), { signal })
    const on = (/** @type {string} */ type, /** @type {() => void} */ run) =>
      this.#audio.addEventListener(type, run, { signal })
    on("play", () => this.#began())
    for (const type of ["pause", "timeupdate", "seeked", "loadedmetadata"]) on(type, () => this.#show())
    on("ended", () => this.#ended())
    on("error", () => void this.#failed())
    this.showSpeed()
    this.#show()
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#audio.pause()
    if (playing === this) playing = undefined
  }

  /** Plays it from where it stands. */
  async play() {
    this.#say("")
    if (this.#audio.error) this.#audio.load()
    if (this.#from !== undefined) this.#audio.currentTime = this.#from / 1000
    this.#from = undefined
    this.#audio.playbackRate = speeds[speedNow()]
    try {
      await this.#audio.play()
    } catch {
      // Where it cannot be played the element has told so by an event; else it was paused.
    }
  }

  showSpeed() {
    const speed = speeds[speedNow()]
    one(this, ".speed", HTMLElement).firstChild?.replaceWith(`${speed}×`)
    this.#audio.playbackRate = speed
  }

  get #at() {
    return this.#from ?? Math.min(this.#audio.currentTime * 1000, this.#total)
  }

  #press() {
    if (this.#audio.paused) void this.play()
    else this.#audio.pause()
  }

  #began() {
    if (playing && playing !== this) playing.#audio.pause()
    playing = this
    this.#show()
  }

  #ended() {
    playing = undefined
    this.#from = 0
    this.#show()
    const all = [...(this.closest("ol")?.querySelectorAll("voice-note") ?? [])]
    const next = all[all.indexOf(this) + 1]
    if (next instanceof VoiceNote) void next.play()
  }

  /** Says why it cannot be played, as far as that can be found out. */
  async #failed() {
    const { src } = this.#audio
    this.#show()
    const state = await lookFor(src)
    if (state === "there") this.#say("This browser cannot play it. ", make("a", { href: src, download: "" }, "Save it"))
    else if (state === "gone") this.#say("This recording is not there any more.")
    else this.#say("It could not be loaded. Press play to try again.")
  }

  /** @param {...(Node | string)} words */
  #say(...words) {
    let said = this.querySelector(".voice-said")
    if (words[0] === "") return said?.remove()
    if (!said) this.append((said = make("span", { class: "voice-said", role: "status" })))
    said.replaceChildren(...words)
  }

  #show() {
    const [on, at, length] = [!this.#audio.paused, this.#at, clockOf(this.#total)]
    const play = this.#part(".attachment-mark")
    one(play, "use", SVGUseElement).setAttribute("href", on ? "#i-pause" : "#i-play")
    one(play, ".sr", HTMLElement).textContent = `${on ? "Pause" : "Play"} voice message, ${length}`
    this.#part(".attachment-facts").textContent = clockOf(this.#total - at)
    const seek = this.#part(".voice-seek")
    seek.setAttribute("aria-valuenow", String(Math.round(at / 1000)))
    seek.setAttribute("aria-valuetext", `${clockOf(at)} of ${length}`)
    const rects = seek.querySelectorAll("rect")
    const played = at > 0 ? Math.ceil((at / (this.#total || 1)) * rects.length) : 0
    for (const [i, rect] of rects.entries()) {
      if (i < played) rect.setAttribute("class", "played")
      else rect.removeAttribute("class")
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    // Sound goes from left to right, whatever the script of the page does.
    const to = {
      ArrowLeft: this.#at - step,
      ArrowRight: this.#at + step,
      PageDown: this.#at - 3 * step,
      PageUp: this.#at + 3 * step,
      Home: 0,
      End: this.#total,
    }[event.key]
    if (event.key === " " || event.key === "Enter") this.#press()
    else if (to === undefined) return
    else this.#seek(to)
    event.preventDefault()
    event.stopPropagation()
  }

  /**
   * @param {HTMLElement} seek
   * @param {PointerEvent} event
   */
  #grab(seek, event) {
    if (event.button !== 0) return
    // The bubble is not pulled, and its menu does not open.
    event.stopPropagation()
    this.#dragged = true
    seek.setPointerCapture(event.pointerId)
    this.#seekTo(seek, event)
  }

  /**
   * @param {HTMLElement} seek
   * @param {PointerEvent} event
   */
  #seekTo(seek, event) {
    const { left, width } = seek.getBoundingClientRect()
    this.#seek(((event.clientX - left) / (width || 1)) * this.#total)
  }

  /** @param {number} ms */
  #seek(ms) {
    const to = Math.max(0, Math.min(this.#total, ms))
    if (this.#audio.readyState === 0) this.#from = to
    else this.#audio.currentTime = to / 1000
    this.#show()
  }

  /** Its controls are reached by Tab where the bubble around it is. */
  #reach() {
    const reached = this.closest(".bubble")?.getAttribute("tabindex") !== "-1"
    for (const control of this.querySelectorAll("[tabindex]")) control.setAttribute("tabindex", reached ? "0" : "-1")
  }

  /** The markup of partials/voice.html. */
  #make() {
    const length = clockOf(this.#total)
    const levels = (this.dataset.wave || "").split(",").filter(Boolean).map(Number)
    const seek = make("span", {
      class: "voice-seek",
      role: "slider",
      tabindex: "-1",
      "aria-label": "Position",
      "aria-valuemin": "0",
      "aria-valuemax": String(Math.round(this.#total / 1000)),
      "aria-valuenow": "0",
      "aria-valuetext": `0:00 of ${length}`,
    })
    seek.append(wave(levels))
    this.append(
      make(
        "button",
        { class: "attachment-mark", type: "button", tabindex: "-1" },
        makeIcon("i-play"),
        make("span", { class: "sr" }, `Play voice message, ${length}`),
      ),
      seek,
      make("span", { class: "attachment-facts" }, length),
      make("button", { class: "speed", type: "button", tabindex: "-1" }, "1×", make("span", { class: "sr" }, " speed")),
    )
  }

  /** @param {string} selector */
  #part(selector) {
    return one(this, selector, HTMLElement)
  }
}

/** Which of the speeds is chosen, on all pages. */
function speedNow() {
  try {
    return Math.max(0, speeds.indexOf(Number(localStorage.getItem(kept))))
  } catch {
    return chosen
  }
}

/** The speed where nothing can be kept. */
let chosen = 0

/** @param {number} next counts on through the speeds */
function setSpeed(next) {
  chosen = next % speeds.length
  try {
    localStorage.setItem(kept, String(speeds[chosen]))
  } catch {
    // It is so on this page alone.
  }
  for (const note of document.querySelectorAll("voice-note")) if (note instanceof VoiceNote) note.showSpeed()
}
