import { wordsFor } from "../lib/push-words.js"
import { make } from "../view/make.js"
import { makeDevice } from "../view/push-device.js"
import { numberOf } from "../view/query.js"

/** @typedef {import("../lib/push-device.js").State} State */

/**
 * <push-switch> has this browser told of what happens, or no more. The browser's own question comes only
 * when its button is pressed.
 */
export class PushSwitch extends HTMLElement {
  #removed = new AbortController()
  #device = makeDevice(numberOf(document.body.dataset.person))
  #text = make("p", { class: "push-text" })
  #button = make("button", { class: "button", "data-size": "small", type: "button" })
  #said = make("p", { class: "sr", role: "status" })
  /** @type {State} */
  #state = "off"
  #busy = false

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.replaceChildren(make("h2", {}, "On this device"), this.#text, this.#button, this.#said)
    this.#button.addEventListener("click", () => void this.#pressed(), { signal })
    // Allowed or blocked in the browser's own settings, or switched in another tab.
    const again = () => void this.#show().catch(() => {})
    navigator.permissions?.query({ name: "notifications" }).then(
      (permission) => permission.addEventListener("change", again, { signal }),
      () => {},
    )
    addEventListener("storage", again, { signal })
    void this.#begin()
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** It may have been taken off the list of devices meanwhile. */
  async #begin() {
    await this.#device.keepUp({ now: true }).catch(() => {})
    if (await this.#device.offered()) await this.#show().catch(() => this.#draw("browser"))
    else this.#draw("none")
    this.hidden = false
  }

  async #show() {
    if (!this.#busy) this.#draw(await this.#device.state())
  }

  async #pressed() {
    if (this.#busy) return
    this.#busy = true
    this.#button.setAttribute("aria-disabled", "true")
    this.#said.textContent = this.#state === "on" ? "Turning off…" : "Turning on…"
    try {
      if (this.#state === "on") {
        await this.#device.turnOff()
        this.#draw("off", "Turned off.")
      } else {
        const state = await this.#device.turnOn()
        this.#draw(state, state === "on" ? "Turned on." : "")
      }
    } catch (error) {
      this.#fail(/** @type {Error} */ (error).message)
    } finally {
      this.#busy = false
      this.#button.removeAttribute("aria-disabled")
    }
  }

  /**
   * @param {State} state
   * @param {string} [said] to who hears the page
   */
  #draw(state, said = "") {
    this.#state = state
    this.dataset.state = state
    delete this.dataset.fault
    this.#write(wordsFor(state), said)
  }

  /** @param {string} fault */
  #fail(fault) {
    this.dataset.fault = ""
    const words = wordsFor(this.#state, fault)
    this.#write(words, words.text)
  }

  /**
   * @param {import("../lib/push-words.js").Words} words
   * @param {string} said
   */
  #write({ text, button }, said) {
    this.#text.textContent = text
    this.#button.textContent = button ?? ""
    this.#button.hidden = button === undefined
    this.#said.textContent = said || (button === undefined ? text : "")
  }
}
