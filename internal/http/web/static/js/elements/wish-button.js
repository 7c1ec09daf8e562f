import { sendJSON } from "../lib/api.js"
import { one } from "../view/query.js"
import { tellWhy } from "../view/tell.js"

/** <wish-button data-listing> saves a thing without leaving the page. */
export class WishButton extends HTMLElement {
  #removed = new AbortController()
  #busy = false

  connectedCallback() {
    this.#removed = new AbortController()
    const form = one(this, "form", HTMLFormElement)
    form.addEventListener("submit", (event) => this.#pressed(event, form), { signal: this.#removed.signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /**
   * @param {Event} event
   * @param {HTMLFormElement} form
   */
  async #pressed(event, form) {
    event.preventDefault()
    if (this.#busy) return
    this.#busy = true
    const button = one(this, "button", HTMLButtonElement)
    const wished = button.getAttribute("aria-pressed") !== "true"
    button.setAttribute("aria-pressed", String(wished))
    try {
      await sendJSON(wished ? "PUT" : "DELETE", `/wishlist/${this.dataset.listing}`)
      form.action = form.action.replace(wished ? "/add/" : "/remove/", wished ? "/remove/" : "/add/")
    } catch (error) {
      button.setAttribute("aria-pressed", String(!wished))
      tellWhy(form, error)
    } finally {
      this.#busy = false
    }
  }
}
