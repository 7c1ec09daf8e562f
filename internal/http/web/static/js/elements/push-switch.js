import { hereWords, wordsFor } from "../lib/push-words.js"
import { make } from "../view/make.js"
import { makeDevice } from "../view/push-device.js"
import { numberOf } from "../view/query.js"

/** @typedef {import("../lib/push-words.js").State} State */

/**
 * <push-switch> has this browser told of what happens, or no more. The browser's own question comes only
 * when its button is pressed. The preference of one's devices goes on with it, which it tells by "preferred"; and
 * where another says that the preference changed it says what that means here.
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
    document.addEventListener("preferred", (event) => this.#preferred(event), { signal })
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
    if (this.#busy) return
    const state = await this.#device.state()
    this.#draw(state === "on" && this.dataset.held !== undefined ? "held" : state)
  }

  /** @param {Event} event */
  #preferred(event) {
    const { target, detail } = /** @type {CustomEvent<Record<string, unknown>>} */ (event)
    if (target === this || detail.push === undefined) return
    this.toggleAttribute("data-held", !detail.push)
    void this.#show().catch(() => {})
  }

  async #pressed() {
    if (this.#busy) return
    this.#busy = true
    this.#button.setAttribute("aria-disabled", "true")
    const doing = this.#state === "on" ? "Turning off…" : "Turning on…"
    this.#button.textContent = this.#said.textContent = doing
    try {
      if (this.#state === "on") {
        await this.#device.turnOff()
        this.#draw("off", "Turned off.")
      } else {
        const state = await this.#device.turnOn()
        if (state === "on") this.#prefer()
        this.#draw(state, state === "on" ? "Turned on." : "")
      }
    } catch (error) {
      this.#fail(/** @type {Error} */ (error).message)
    } finally {
      this.#busy = false
      this.#button.removeAttribute("aria-disabled")
    }
  }

  /** The preference is on from now on. */
  #prefer() {
    this.removeAttribute("data-held")
    this.dispatchEvent(new CustomEvent("preferred", { bubbles: true, detail: { push: true } }))
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
    for (const line of document.querySelectorAll("[data-this-device]")) line.textContent = hereWords(state)
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
