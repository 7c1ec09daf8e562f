import { Refused } from "../lib/api.js"
import { takeFiles } from "../view/drop.js"
import { adoptPhoto, previewPhoto } from "../view/photo.js"
import { one } from "../view/query.js"
import { shrink, upload } from "../view/upload.js"

/**
 * <photo-picker data-most data-bytes> puts the photos of a listing together: it sends each
 * as soon as it is chosen, dropped or pasted, and moves them with buttons. The form carries
 * their names in their order, waits for those on their way, and does not leave without one
 * that did not arrive.
 */
export class PhotoPicker extends HTMLElement {
  #removed = new AbortController()
  /** @type {Map<Element, AbortController>} photos on their way */
  #sending = new Map()
  /** @type {Map<HTMLElement, File>} photos that did not arrive, and may yet */
  #missed = new Map()
  /** the form was sent while photos were on their way */
  #waiting = false
  /** photos are sent one after the other, so that the first is there soon */
  #queue = Promise.resolve()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const input = one(this, "input[type=file]", HTMLInputElement)
    // Its files have gone by the time the form is sent.
    input.removeAttribute("name")
    this.toggleAttribute("data-live", true)
    for (const node of this.#photos) adoptPhoto(node)
    input.addEventListener("change", () => this.#take(input), { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    const form = this.closest("form")
    takeFiles(this, form, (files) => this.#add(files), signal)
    form?.addEventListener("submit", (event) => this.#submitted(event), { signal })
    addEventListener("online", () => this.#again(), { signal })
    this.#draw()
  }

  disconnectedCallback() {
    this.#removed.abort()
    for (const controller of this.#sending.values()) controller.abort()
  }

  get #list() {
    return one(this, ".photos-list", HTMLElement)
  }

  get #photos() {
    return [...this.#list.children]
  }

  /** @param {HTMLInputElement} input */
  #take(input) {
    this.#add(input.files)
    input.value = ""
  }

  /** @param {FileList | null | undefined} files */
  #add(files) {
    const room = Number(this.dataset.most) - this.#photos.length
    const pictures = [...(files ?? [])].filter((file) => file.type.startsWith("image/"))
    for (const file of pictures.slice(0, Math.max(0, room))) this.#start(file)
    if (pictures.length > room) this.#say(`There is room for ${this.dataset.most} photos. The others were left out.`)
    else if (pictures.length > 0) this.#say("")
    this.#draw()
  }

  /** @param {File} file */
  #start(file) {
    const node = previewPhoto(file)
    this.#list.append(node)
    this.#enqueue(node, file)
  }

  /** Tries those once more that did not arrive. */
  #again() {
    for (const [node, file] of this.#missed) {
      this.#missed.delete(node)
      delete node.dataset.state
      one(node, ".photo-fault", HTMLElement).textContent = ""
      one(node, "[data-again]", HTMLButtonElement).hidden = true
      this.#enqueue(node, file)
    }
  }

  /**
   * @param {HTMLElement} node
   * @param {File} file
   */
  #enqueue(node, file) {
    const controller = new AbortController()
    this.#sending.set(node, controller)
    this.#queue = this.#queue.then(() => this.#send(node, file, controller.signal))
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
      if (photo.size > Number(this.dataset.bytes)) throw new Refused("This file is too large.", 413)
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
      this.#draw()
      if (this.#waiting && this.#sending.size === 0) this.#arrived()
    }
  }

  /** The form was waiting for this. */
  #arrived() {
    this.#waiting = false
    if (!this.#lacking()) this.closest("form")?.requestSubmit()
  }

  /** Whether a photo is not there that one wanted to show; then it says so. */
  #lacking() {
    const lacking = this.querySelector('.photo[data-state="failed"]') !== null
    if (lacking) this.#call("Some photos did not arrive. Try again, or take them away.")
    return lacking
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null
    const node = button?.closest(".photo")
    if (!button || !node) return
    const at = this.#photos.indexOf(node)
    if (button.hasAttribute("data-again")) {
      this.#again()
      // The button is gone until it fails again.
      one(node, "[data-drop]", HTMLButtonElement).focus()
      return
    }
    if (button.hasAttribute("data-drop")) {
      this.#sending.get(node)?.abort()
      this.#missed.delete(/** @type {HTMLElement} */ (node))
      node.remove()
      one(this, "input[type=file]", HTMLInputElement).focus()
    } else if (button.dataset.move === "1") this.#photos[at + 1]?.after(node)
    else this.#photos[at - 1]?.before(node)
    this.#draw()
    if (node.isConnected) button.focus()
  }

  /** @param {Event} event */
  #submitted(event) {
    this.#again()
    this.#waiting = this.#sending.size > 0
    if (!this.#waiting) {
      if (this.#lacking()) event.preventDefault()
      return
    }
    event.preventDefault()
    this.#call("The photos are still on their way. The form follows them by itself.")
  }

  #draw() {
    const photos = this.#photos
    for (const [i, node] of photos.entries()) {
      const input = one(node, "input", HTMLInputElement)
      // What has not arrived has no name yet and is not sent.
      input.disabled = input.value === ""
      one(node, "[data-move='-1']", HTMLButtonElement).disabled = i === 0
      one(node, "[data-move='1']", HTMLButtonElement).disabled = i === photos.length - 1
    }
    this.toggleAttribute("data-full", photos.length >= Number(this.dataset.most))
  }

  /** @param {string} text for whoever has just pressed the button at the other end of the form */
  #call(text) {
    this.#say(text)
    one(this, "[data-said]", HTMLElement).scrollIntoView({ block: "center" })
  }

  /** @param {string} text */
  #say(text) {
    const said = one(this, "[data-said]", HTMLElement)
    said.textContent = text
    said.hidden = text === ""
  }
}
