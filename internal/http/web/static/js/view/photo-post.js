import { Refused } from "../lib/api.js"
import { one } from "./query.js"
import { shrink, upload } from "./upload.js"

/**
 * The photos of a form on their way to the server: one after the other, so that the first is
 * there soon. What does not arrive is kept, and tried again when asked. `settled` is called
 * behind each that has arrived or failed.
 */
export class PhotoPost {
  #bytes
  #settled
  /** @type {Map<Element, AbortController>} photos on their way */
  #sending = new Map()
  /** @type {Map<HTMLElement, File>} photos that did not arrive, and may yet */
  #missed = new Map()
  #queue = Promise.resolve()

  /**
   * @param {() => number} bytes that a photo may have
   * @param {() => void} settled
   */
  constructor(bytes, settled) {
    this.#bytes = bytes
    this.#settled = settled
  }

  /** Whether some are on their way. */
  get busy() {
    return this.#sending.size > 0
  }

  /**
   * @param {HTMLElement} node what shows the photo
   * @param {File} file
   */
  add(node, file) {
    const controller = new AbortController()
    this.#sending.set(node, controller)
    this.#queue = this.#queue.then(() => this.#send(node, file, controller.signal))
  }

  /** Tries those once more that did not arrive. */
  again() {
    for (const [node, file] of this.#missed) {
      this.#missed.delete(node)
      delete node.dataset.state
      one(node, ".photo-fault", HTMLElement).textContent = ""
      one(node, "[data-again]", HTMLButtonElement).hidden = true
      this.add(node, file)
    }
  }

  /** @param {Element} node that is not wanted any more */
  drop(node) {
    this.#sending.get(node)?.abort()
    this.#missed.delete(/** @type {HTMLElement} */ (node))
  }

  /** Gives all up. */
  stop() {
    for (const controller of this.#sending.values()) controller.abort()
  }

  /**
   * @param {HTMLElement} node
   * @param {File} file
   * @param {AbortSignal} signal
   */
  async #send(node, file, signal) {
    const bar = one(node, "progress", HTMLProgressElement)
    bar.hidden = false
    bar.value = 0
    try {
      if (signal.aborted) return
      const photo = await shrink(file)
      if (photo.size > this.#bytes()) throw new Refused("This file is too large.", 413)
      const { id, width, height } = await upload(photo, (percent) => (bar.value = percent), signal)
      one(node, "input", HTMLInputElement).value = id
      Object.assign(one(node, "img", HTMLImageElement), { width, height })
    } catch (error) {
      node.dataset.state = "failed"
      one(node, ".photo-fault", HTMLElement).textContent = /** @type {Error} */ (error).message
      const final = error instanceof Refused && error.status < 500 && error.status !== 429
      one(node, "[data-again]", HTMLButtonElement).hidden = final
      if (!final && !signal.aborted) this.#missed.set(node, file)
    } finally {
      bar.hidden = true
      this.#sending.delete(node)
      this.#settled()
    }
  }
}
