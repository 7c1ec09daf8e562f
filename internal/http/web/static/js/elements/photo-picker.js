import { takeFiles } from "../view/drop.js"
import { adoptPhoto, previewPhoto } from "../view/photo.js"
import { one } from "../view/query.js"
import { shrink, upload } from "../view/upload.js"

/**
 * <photo-picker data-most data-bytes> puts the photos of a listing together: it sends each
 * as soon as it is chosen, dropped or pasted, and moves them with buttons. The form carries
 * their names in their order, and waits for those on their way.
 */
export class PhotoPicker extends HTMLElement {
  #removed = new AbortController()
  /** @type {Map<Element, AbortController>} photos on their way */
  #sending = new Map()
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
    try {
      if (signal.aborted) return
      const photo = await shrink(file)
      if (photo.size > Number(this.dataset.bytes)) throw new Error("This file is too large.")
      const { id, width, height } = await upload(photo, (percent) => (bar.value = percent), signal)
      one(node, "input", HTMLInputElement).value = id
      Object.assign(one(node, "img", HTMLImageElement), { width, height })
    } catch (error) {
      node.dataset.state = "failed"
      one(node, ".photo-fault", HTMLElement).textContent = /** @type {Error} */ (error).message
    } finally {
      bar.remove()
      this.#sending.delete(node)
      this.#draw()
      if (this.#waiting && this.#sending.size === 0) this.closest("form")?.requestSubmit()
    }
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null
    const node = button?.closest(".photo")
    if (!button || !node) return
    const at = this.#photos.indexOf(node)
    if (button.hasAttribute("data-drop")) {
      this.#sending.get(node)?.abort()
      node.remove()
      one(this, "input[type=file]", HTMLInputElement).focus()
    } else if (button.dataset.move === "1") this.#photos[at + 1]?.after(node)
    else this.#photos[at - 1]?.before(node)
    this.#draw()
    if (node.isConnected) button.focus()
  }

  /** @param {Event} event */
  #submitted(event) {
    this.#waiting = this.#sending.size > 0
    if (!this.#waiting) return
    event.preventDefault()
    this.#say("The photos are still on their way. The form follows them by itself.")
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

  /** @param {string} text */
  #say(text) {
    const said = one(this, "[data-said]", HTMLElement)
    said.textContent = text
    said.hidden = text === ""
  }
}
