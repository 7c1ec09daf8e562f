import { sendJSON } from "../lib/api.js"
import { one } from "../view/query.js"

/** <preference-switches> has each switch count as it is pressed, and needs no button. */
export class PreferenceSwitches extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    one(this, "button", HTMLButtonElement).hidden = true
    this.addEventListener("change", (event) => void this.#changed(event), { signal: this.#removed.signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Event} event */
  async #changed(event) {
    const input = event.target
    if (!(input instanceof HTMLInputElement)) return
    const said = one(this, '[role="status"]', HTMLElement)
    said.textContent = ""
    const on = input.checked
    try {
      await sendJSON("PATCH", "/me", { preferences: { [input.name]: on } })
      said.textContent = "Saved."
    } catch (error) {
      // Pressed once more meanwhile, it is the later answer that counts.
      if (input.checked === on) input.checked = !on
      said.textContent = error instanceof Error ? error.message : "This could not be saved. Try again."
    }
  }
}
