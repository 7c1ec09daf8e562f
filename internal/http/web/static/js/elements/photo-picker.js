import { takeFiles } from "../view/drop.js"
import { PhotoPost } from "../view/photo-post.js"
import { adoptPhoto, previewPhoto } from "../view/photo.js"
import { one } from "../view/query.js"

/**
 * <photo-picker data-most data-bytes> puts the photos of a listing together: it sends each
 * as soon as it is chosen, dropped or pasted, and moves them with buttons. The form carries
 * their names in their order, waits for those on their way, and does not leave without one
 * that did not arrive.
 */
export class PhotoPicker extends HTMLElement {
  #removed = new AbortController()
  #post = new PhotoPost(
    () => Number(this.dataset.bytes),
    () => this.#settled(),
  )
  /** the form was sent while photos were on their way */
  #waiting = false

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
    addEventListener("online", () => this.#post.again(), { signal })
    this.#draw()
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#post.stop()
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
    this.#post.add(node, file)
  }

  /** One has arrived or failed; the form may have been waiting for it. */
  #settled() {
    this.#draw()
    if (!this.#waiting || this.#post.busy) return
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
      this.#post.again()
      // The button is gone until it fails again.
      one(node, "[data-drop]", HTMLButtonElement).focus()
      return
    }
    if (button.hasAttribute("data-drop")) {
      this.#post.drop(node)
      node.remove()
      one(this, "input[type=file]", HTMLInputElement).focus()
    } else if (button.dataset.move === "1") this.#photos[at + 1]?.after(node)
    else this.#photos[at - 1]?.before(node)
    this.#draw()
    if (node.isConnected) button.focus()
  }

  /** @param {Event} event */
  #submitted(event) {
    this.#post.again()
    this.#waiting = this.#post.busy
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
