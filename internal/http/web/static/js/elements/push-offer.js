import { wordsFor } from "../lib/push-words.js"
import { makeIcon } from "../view/icon.js"
import { make } from "../view/make.js"
import { makeDevice } from "../view/push-device.js"
import { numberOf } from "../view/query.js"
import { loadStyle } from "../view/style.js"
import { tell } from "../view/tell.js"

/** <push-offer> offers to be told on this device. It says "answered" when somebody has, whichever way. */
export class PushOffer extends HTMLElement {
  #removed = new AbortController()
  #device = makeDevice(numberOf(document.body.dataset.person))
  #text = make("p", { role: "status" })
  #button = make("button", { class: "button", "data-size": "small", type: "button" }, "Turn on")

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const close = make("button", { class: "icon-button", type: "button" }, makeIcon("i-close"))
    close.append(make("span", { class: "sr" }, "Not now"))
    this.replaceChildren(this.#text, this.#button, close)
    this.#button.addEventListener("click", () => void this.#turnOn(), { signal })
    close.addEventListener("click", () => this.#end(), { signal })
    void this.#begin().catch(() => {}) // then it is not offered
  }

  async #begin() {
    // Drawn without its style it would push the list about.
    const [offered] = await Promise.all([this.#device.offered(), loadStyle("push")])
    if (!offered) return
    this.hidden = false
    this.#text.textContent = "Get told on this device when somebody answers."
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  async #turnOn() {
    if (this.#button.getAttribute("aria-disabled")) return
    this.#button.setAttribute("aria-disabled", "true")
    this.#button.textContent = "Turning on…"
    try {
      const state = await this.#device.turnOn()
      // The browser's question was closed without an answer.
      if (state === "off") return void (this.#button.textContent = "Turn on")
      this.#end()
      tell(state === "on" ? "You are told on this device from now on." : wordsFor(state).text)
    } catch (error) {
      const { text, button } = wordsFor("off", /** @type {Error} */ (error).message)
      this.#text.textContent = text
      this.#button.textContent = button ?? ""
    } finally {
      this.#button.removeAttribute("aria-disabled")
    }
  }

  #end() {
    this.dispatchEvent(new CustomEvent("answered"))
    this.hidden = true
    // The focus would be nowhere.
    const next = this.parentElement?.querySelector(".inbox-title h1, .inbox-title h2")
    if (next instanceof HTMLElement) {
      next.tabIndex = -1
      next.focus({ preventScroll: true })
    }
  }
}
