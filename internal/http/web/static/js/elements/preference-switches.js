import { getJSON, sendJSON } from "../lib/api.js"
import { one } from "../view/query.js"
import { tell } from "../view/tell.js"

/** <preference-switches> has each switch count as it is pressed, and needs no button. */
export class PreferenceSwitches extends HTMLElement {
  #removed = new AbortController()
  /** @type {Set<HTMLInputElement>} switches on their way */
  #saving = new Set()

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
    // Pressed once more while it is being saved: that comes after.
    if (!(input instanceof HTMLInputElement) || this.#saving.has(input)) return
    this.#saving.add(input)
    const said = one(this, '[role="status"]', HTMLElement)
    said.textContent = "Saving…"
    let stored = !input.checked
    try {
      while (input.checked !== stored) {
        const on = input.checked
        await sendJSON("PATCH", "/me", { preferences: { [input.name]: on } })
        stored = on
      }
      said.textContent = "Saved."
    } catch (error) {
      // It may be saved although the answer was lost: the server knows, if it can be asked.
      const wanted = input.checked
      const me = await getJSON("/me").catch(() => undefined)
      input.checked = me?.preferences[input.name] ?? stored
      const saved = me !== undefined && input.checked === wanted
      said.textContent = saved ? "Saved." : ""
      if (!saved) tell(`This was not saved. ${/** @type {Error} */ (error).message}`)
    } finally {
      this.#saving.delete(input)
    }
  }
}
