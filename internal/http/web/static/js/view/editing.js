import { sendJSON } from "../lib/api.js"
import { newClientId } from "../lib/client-id.js"
import { cleanText } from "../lib/text.js"
import { focusEnd } from "./box.js"
import { one } from "./query.js"

/** @typedef {{ id: number, text: string }} Editable a message of one's own */

/**
 * The composer while it holds a message that was sent: a bar says so, and what had been begun
 * comes back behind it.
 */
export class Editing {
  #composer
  #input
  #changed
  #id = 0
  #was = ""
  #draft = ""
  /** the command of a text that was tried: sent again, it is the same */
  #tried = { text: "", clientId: "" }
  #saving = false

  /**
   * @param {HTMLElement} composer
   * @param {HTMLTextAreaElement} input
   * @param {() => void} changed the box holds something else
   */
  constructor(composer, input, changed) {
    this.#composer = composer
    this.#input = input
    this.#changed = changed
  }

  get on() {
    return this.#id !== 0
  }

  /** @param {Editable} message */
  begin({ id, text }) {
    if (!this.on) this.#draft = this.#input.value
    this.#id = id
    this.#was = text
    this.#tried = { text: "", clientId: "" }
    this.#show(text, "Save")
  }

  /**
   * Leaves the message as it is, and gives back what had been begun.
   * @returns {boolean} whether there was something to end
   */
  end() {
    if (!this.on) return false
    this.#id = 0
    this.#show(this.#draft, "Send")
    return true
  }

  /**
   * Saves the text, and throws an Error for people where that fails.
   * @param {string} text
   * @returns {Promise<import("../lib/frames.js").Message | undefined>} the message as it is now, undefined for no change
   */
  async save(text) {
    if (text === this.#was) {
      this.end()
      return undefined
    }
    if (this.#saving) return undefined
    const id = this.#id
    if (this.#tried.text !== text) this.#tried = { text, clientId: newClientId() }
    this.#saving = true
    try {
      const path = `/conversations/${this.#composer.dataset.conversation}/messages/${id}`
      const { message } = await sendJSON("PATCH", path, { message: text, client_id: this.#tried.clientId })
      if (this.#id === id && cleanText(this.#input.value) === text) this.end()
      return message
    } finally {
      this.#saving = false
    }
  }

  /**
   * @param {string} text
   * @param {string} verb what the button does
   */
  #show(text, verb) {
    one(this.#composer, ".composer-editing", HTMLElement).hidden = !this.on
    one(this.#composer, ".composer-send .sr", HTMLElement).textContent = verb
    this.#input.value = text
    focusEnd(this.#input)
    this.#changed()
  }
}
