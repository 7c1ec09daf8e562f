import { Speed } from "../lib/speed.js"
import { explain, makePlayer, sayAt, showPlayer } from "../view/player.js"
import { one } from "../view/query.js"
import { mindSeek } from "../view/seek.js"

const speed = new Speed(() => localStorage)

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

  static observedAttributes = ["data-ms"]

  /** The server may have measured its length otherwise than who has recorded it. */
  attributeChangedCallback() {
    this.#total = Number(this.dataset.ms) || 0
    if (this.#audio) this.#show()
  }

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.#audio = one(this, "audio", HTMLAudioElement)
    this.#audio.controls = false
    if (!this.querySelector(".attachment-mark")) {
      const levels = (this.dataset.wave || "").split(",").filter(Boolean).map(Number)
      this.append(...makePlayer(this.#total, levels))
    }
    for (const name of ["data-wave", "data-plain"]) this.removeAttribute(name)
    this.#reach()
    const [play, faster] = [this.#part(".attachment-mark"), this.#part(".speed")]
    for (const button of [play, faster]) button.removeAttribute("disabled")
    play.addEventListener("click", () => this.#press(), { signal })
    faster.addEventListener("click", nextSpeed, { signal })
    const played = {
      at: () => this.#at,
      total: () => this.#total,
      seek: (/** @type {number} */ ms) => this.#seek(ms),
      press: () => this.#press(),
    }
    mindSeek(this.#part(".voice-seek"), played, signal)
    const on = (/** @type {string} */ type, /** @type {() => void} */ run) =>
      this.#audio.addEventListener(type, run, { signal })
    on("play", () => this.#began())
    for (const type of ["pause", "timeupdate", "seeked", "loadedmetadata"]) on(type, () => this.#show())
    on("ended", () => this.#ended())
    on("error", () => (this.#show(), void explain(this, this.#audio.src)))
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
    sayAt(this)
    if (this.#audio.error) this.#audio.load()
    if (this.#from !== undefined) this.#audio.currentTime = this.#from / 1000
    this.#from = undefined
    this.#audio.playbackRate = speed.now
    try {
      await this.#audio.play()
    } catch {
      // Where it cannot be played the element has told so by an event; else it was paused.
    }
  }

  showSpeed() {
    this.#part(".speed").firstChild?.replaceWith(`${speed.now}×`)
    this.#audio.playbackRate = speed.now
  }

  get #at() {
    return this.#from ?? Math.min(this.#audio.currentTime * 1000, this.#total)
  }

  #press() {
    if (this.#audio.paused) void this.play()
    else this.#audio.pause()
  }

  /** @param {number} ms */
  #seek(ms) {
    if (this.#audio.readyState === 0) this.#from = ms
    else this.#audio.currentTime = ms / 1000
    this.#show()
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

  #show() {
    showPlayer(this, !this.#audio.paused, this.#at, this.#total)
  }

  /** Its controls are reached by Tab where the bubble around it is. */
  #reach() {
    const reached = this.closest(".bubble")?.getAttribute("tabindex") !== "-1"
    for (const control of this.querySelectorAll("[tabindex]")) control.setAttribute("tabindex", reached ? "0" : "-1")
  }

  /** @param {string} selector */
  #part(selector) {
    return one(this, selector, HTMLElement)
  }
}

/** The speed is that of all of them. */
function nextSpeed() {
  speed.next()
  for (const note of document.querySelectorAll("voice-note")) if (note instanceof VoiceNote) note.showSpeed()
}
