import { fitted, moved, whole, zoomed } from "../lib/zoom.js"
import { lookFor } from "./missing.js"
import { one } from "./query.js"

/** @typedef {import("../lib/zoom.js").View} View */

/** The picture of the viewer that one looks at, whole or a part of it. */
export class Picture {
  #stage
  #image
  #gone
  #changed
  #view = whole
  #src = ""

  /**
   * @param {HTMLElement} viewer
   * @param {() => void} changed more or less of it is shown
   */
  constructor(viewer, changed) {
    this.#stage = one(viewer, ".viewer-stage", HTMLElement)
    this.#image = one(viewer, ".viewer-stage > img", HTMLImageElement)
    this.#gone = one(viewer, ".viewer-gone", HTMLElement)
    this.#changed = changed
    this.#image.addEventListener("error", () => void this.#failed())
  }

  /** Whether a part of it is shown, larger. */
  get near() {
    return this.#view.scale > 1
  }

  /**
   * Shows a picture of a message: what the message shows of it, until all of it is here.
   * @param {HTMLAnchorElement} link
   */
  async show(link) {
    const small = one(link, "img", HTMLImageElement)
    const src = link.href
    this.#src = src
    this.#gone.hidden = true
    this.#image.hidden = false
    this.#image.alt = small.alt
    this.#image.setAttribute("width", small.getAttribute("width") ?? "")
    this.#image.setAttribute("height", small.getAttribute("height") ?? "")
    this.#look(whole)
    const here = small.complete && small.naturalWidth > 0
    this.#image.src = here ? small.src : src
    const full = new Image()
    full.src = src
    try {
      await full.decode()
    } catch {
      if (this.#src === src) await this.#failed()
      return
    }
    if (this.#src === src) this.#image.src = src
  }

  async #failed() {
    const src = this.#src
    const gone = (await lookFor(src)) === "gone"
    if (this.#src !== src) return
    this.#gone.textContent = gone
      ? "This photo is not there any more"
      : "This photo could not be loaded. Close it and try again in a moment."
    this.#gone.hidden = false
    this.#image.hidden = true
  }

  /**
   * @param {number} factor
   * @param {import("./gestures.js").Point} [at]
   */
  zoom(factor, at = { x: 0, y: 0 }) {
    this.#look(zoomed(this.#view, factor, at, ...this.#room))
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  move(dx, dy) {
    this.#look(moved(this.#view, dx, dy, ...this.#room))
  }

  /**
   * From whole to larger, and back.
   * @param {import("./gestures.js").Point} [at]
   */
  turn(at) {
    if (this.near) this.#look(whole)
    else this.zoom(2.5, at)
  }

  /** @param {number} x how far it is pulled aside, towards another one */
  pull(x) {
    this.#image.style.transform = x ? `translate(${x}px)` : ""
  }

  /** @returns {[import("../lib/zoom.js").Size, import("../lib/zoom.js").Size]} */
  get #room() {
    const stage = { width: this.#stage.clientWidth, height: this.#stage.clientHeight }
    const side = (/** @type {string} */ name) => Number(this.#image.getAttribute(name)) || 1
    return [fitted({ width: side("width"), height: side("height") }, stage), stage]
  }

  /** @param {View} view */
  #look(view) {
    this.#view = view
    const { scale, x, y } = view
    this.#image.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`
    this.#changed()
  }
}
