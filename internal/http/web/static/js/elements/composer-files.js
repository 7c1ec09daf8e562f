import { choose } from "../lib/choosing.js"
import { AttachMenu } from "../view/attach-menu.js"
import { chosenOf, faultsOf, makeFile, updateFile } from "../view/composer-file.js"
import { make } from "../view/make.js"
import { numberOf, one } from "../view/query.js"

/** @typedef {import("../view/attach.js").Given} Given */
/** @typedef {import("../lib/frames.js").Attachment} Attachment */

/**
 * <composer-files> shows the files that stand at a composer and are to go with its next message. It
 * takes them from the button and from "attach", says of which it cannot take why, and hands the others on by
 * "upload"; "upload-cancel" and "upload-retry" (detail: an id) are for one of them. What the host has is told
 * by "chosen"; data-ids names them for the composer, data-fault says why they cannot be sent, and data-coming
 * that some will be there in a moment, which "files-stand" ends.
 */
export class ComposerFiles extends HTMLElement {
  #removed = new AbortController()
  #composer = /** @type {HTMLElement} */ (/** @type {unknown} */ (null))
  #chat = /** @type {HTMLElement} */ (/** @type {unknown} */ (null))
  #list = make("ul", { class: "composer-files", "aria-label": "Files to send" })
  #said = make("p", { class: "composer-files-said", role: "alert" })
  #faults = make("p", { class: "composer-files-said", role: "alert" })
  #status = make("p", { class: "sr", role: "status" })
  /** @type {Map<string, HTMLElement>} */
  #nodes = new Map()
  /** how many are measured, and will be there in a moment */
  #coming = 0

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.#composer = /** @type {HTMLElement} */ (this.closest("message-composer"))
    this.#chat = /** @type {HTMLElement} */ (this.closest("swapnest-chat"))
    this.replaceChildren(this.#said, this.#list, this.#faults, this.#status)
    const attach = (/** @type {Event} */ event) => void this.#attach(/** @type {CustomEvent} */ (event).detail)
    this.#composer.addEventListener("attach", attach, { signal })
    const chosen = (/** @type {Event} */ event) => this.#draw(/** @type {CustomEvent} */ (event).detail)
    this.#chat.addEventListener("chosen", chosen, { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    const take = (/** @type {FileList} */ files) => void this.#attach({ files: [...files].map((file) => ({ file })) })
    new AttachMenu(one(this.#composer, ".composer-attach", HTMLElement), take, signal)
    say(this.#said, "")
    this.#draw([])
    this.#tell("chosen-wanted", undefined)
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {{ files: Given[], send?: boolean }} detail send: as a message of their own, at once */
  async #attach({ files, send = false }) {
    const edits = this.#composer.querySelector(".composer-editing:not([hidden])")
    if (edits && !send) {
      say(this.#said, "A message that was sent takes no more files. Save it or cancel, then add them.")
      return this.#await(0)
    }
    const { imageBytes, fileBytes, maxFiles } = this.#chat.dataset
    const limits = { imageBytes: numberOf(imageBytes), fileBytes: numberOf(fileBytes), files: numberOf(maxFiles) }
    const wanted = files.map((given) => {
      const { name, type, size } = given.file
      return { ...given, name: name || "file", type, size }
    })
    const { taken, said } = choose(wanted, send ? 0 : this.#nodes.size + this.#coming, limits)
    say(this.#said, said)
    if (taken.length === 0) return this.#await(0)
    this.#await(send ? 0 : taken.length)
    const ready = await Promise.all(taken.map((one) => chosenOf(one)))
    const ids = ready.map(({ id }) => id)
    this.#tell("upload", { conversation: numberOf(this.#composer.dataset.conversation), files: ready })
    if (send) return this.#tell("send-files", ids)
    this.dataset.ids = [...new Set([...(this.dataset.ids?.split(" ") ?? []), ...ids])].join(" ")
    this.#await(-taken.length)
    this.#status.textContent = taken.length === 1 ? `${taken[0].name} added` : `${taken.length} files added`
    // On a phone a keyboard would rise over what was just chosen.
    if (matchMedia("(pointer: fine)").matches) one(this.#composer, "textarea", HTMLTextAreaElement).focus()
  }

  /** @param {number} more that are measured, or fewer: the composer waits for them */
  #await(more) {
    this.#coming += more
    this.toggleAttribute("data-coming", this.#coming > 0)
    if (this.#coming === 0) this.#tell("files-stand", undefined)
  }

  /** @param {Attachment[]} files */
  #draw(files) {
    const held = this.#list.contains(document.activeElement)
    const ids = files.map(({ id }) => id)
    for (const [id, node] of this.#nodes) {
      if (ids.includes(id)) continue
      node.remove()
      this.#nodes.delete(id)
    }
    for (const file of files) {
      const node = this.#nodes.get(file.id) ?? makeFile(file)
      updateFile(node, file)
      if (this.#nodes.has(file.id)) continue
      this.#nodes.set(file.id, node)
      this.#list.append(node)
      node.scrollIntoView({ block: "nearest", inline: "nearest" })
    }
    this.toggleAttribute("data-ids", ids.length > 0)
    if (ids.length > 0) this.dataset.ids = ids.join(" ")
    const failed = files.filter(({ job }) => job?.state === "failed")
    this.toggleAttribute("data-fault", failed.length > 0)
    if (failed.length > 0) this.dataset.fault = `${failed[0].name} was not uploaded. Try it again, or remove it.`
    say(this.#faults, faultsOf(failed))
    this.#list.hidden = ids.length === 0
    this.hidden = false
    if (held && !this.#list.contains(document.activeElement))
      (this.#list.querySelector("button") ?? one(this.#composer, ".composer-attach", HTMLElement)).focus()
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("button") : null
    const id = button?.closest("li")?.dataset.id
    if (!button || !id) return
    say(this.#said, "")
    this.#tell(button.dataset.do === "retry" ? "upload-retry" : "upload-cancel", id)
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }))
  }
}

/**
 * Says something once, however often it is drawn.
 * @param {HTMLElement} node
 * @param {string} text "" for nothing
 */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text
  node.hidden = text === ""
}
