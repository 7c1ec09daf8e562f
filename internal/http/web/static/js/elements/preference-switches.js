import { getJSON, Refused, sendJSON } from "../lib/api.js"
import { pause } from "../view/pause.js"
import { one } from "../view/query.js"
import { tell } from "../view/tell.js"
import { fault, quietPreference, switchPreference } from "../view/preferences.js"

/** @typedef {import("../view/preferences.js").Preference} Preference */

/** For how long it stays in sight that something was saved. */
const saysFor = 4_000

/**
 * <preference-switches> has each preference count as it is changed, and needs no button to save it. A switch
 * whose data-needs names one that is off has no effect, and cannot be pressed until it has one. What is saved it
 * tells by "preferred", and it shows what another element tells so.
 */
export class PreferenceSwitches extends HTMLElement {
  #removed = new AbortController()
  /** @type {Set<string>} what is on its way */
  #saving = new Set()
  /** @type {Preference | undefined} */
  #quiet
  #silence = 0

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    for (const button of this.querySelectorAll("[data-preferences] > button")) button.toggleAttribute("hidden", true)
    for (const words of this.querySelectorAll("[data-utc]")) words.remove()
    const quiet = this.querySelector("[data-quiet]")
    if (quiet instanceof HTMLElement) this.#quiet = quietPreference(quiet)
    this.addEventListener("change", ({ target }) => this.#changed(target), { signal })
    this.addEventListener("click", (event) => this.#pressed(event), { signal })
    document.addEventListener("preferred", (event) => this.#preferred(event), { signal })
    this.addEventListener("submit", (event) => void this.#submit(event), { signal })
    this.#effects()
    // What was pressed before the script was here counts, too.
    for (const input of this.querySelectorAll("[data-preferences] input[role=switch]")) {
      if (input instanceof HTMLInputElement && input.checked !== input.defaultChecked) this.#changed(input)
    }
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearTimeout(this.#silence)
  }

  /** @param {EventTarget | null} target */
  #changed(target) {
    if (!(target instanceof HTMLInputElement) || !target.closest("[data-preferences]")) return
    this.#effects()
    const preference = target.closest("[data-quiet]") ? this.#quiet : switchPreference(target)
    if (preference) void this.#save(preference)
  }

  /** @param {Event} event */
  #preferred(event) {
    const { target, detail } = /** @type {CustomEvent<Record<string, unknown>>} */ (event)
    if (target === this) return
    for (const [name, on] of Object.entries(detail)) {
      const input = this.querySelector(`input[role=switch][name="${name}"]`)
      if (input instanceof HTMLInputElement) input.checked = input.defaultChecked = Boolean(on)
    }
    this.#effects()
  }

  /** @param {Preference} preference */
  async #save(preference) {
    // Changed once more while it is being saved: that comes after.
    if (this.#saving.has(preference.key)) return
    this.#saving.add(preference.key)
    let wanted = preference.read()
    this.#say(wanted ? "Saving…" : "")
    try {
      for (let stored = ""; wanted && JSON.stringify(wanted) !== stored; wanted = preference.read()) {
        await sendJSON("PATCH", "/me", { preferences: wanted })
        preference.keep(wanted)
        stored = JSON.stringify(wanted)
        this.dispatchEvent(new CustomEvent("preferred", { bubbles: true, detail: wanted }))
      }
      if (wanted) this.#say("Saved.")
    } catch (error) {
      await this.#failed(preference, /** @type {Error} */ (error))
    } finally {
      this.#saving.delete(preference.key)
      this.#effects()
    }
  }

  /**
   * @param {Preference} preference
   * @param {Error} error
   */
  async #failed(preference, error) {
    const input = error instanceof Refused && this.querySelector(`[name="${error.field.replace("preferences.", "")}"]`)
    if (input instanceof HTMLInputElement && input.type !== "checkbox") {
      this.#say("")
      fault(input, error.message)
      return
    }
    // It may be saved although the answer was lost: the server knows, if it can be asked.
    const wanted = JSON.stringify(preference.read())
    const me = await getJSON("/me").catch(() => undefined)
    if (me) preference.keep(me.preferences)
    preference.revert()
    const saved = me !== undefined && JSON.stringify(preference.read()) === wanted
    this.#say(saved ? "Saved." : "")
    if (!saved) tell(`This was not saved. ${error.message}`)
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    const { target: form, submitter: button } = event
    if (!(form instanceof HTMLFormElement)) return
    const section = form.closest("[data-pause]")
    // Of the form each preference is saved already, by who presses Enter in it.
    if (section || form.matches("[data-preferences]")) event.preventDefault()
    if (!(section instanceof HTMLElement) || !(button instanceof HTMLButtonElement) || this.#saving.has("pause")) return
    this.#saving.add("pause")
    this.#say("Saving…")
    this.#say(await pause(section, form, button))
    this.#saving.delete("pause")
  }

  /** @param {MouseEvent} event */
  #pressed(event) {
    const input = event.target
    if (!(input instanceof HTMLInputElement) || !input.matches('[data-needs][aria-disabled="true"]')) return
    event.preventDefault()
    const off = this.#needs(input).find(({ checked }) => !checked)
    const name = off?.labels?.[0]?.textContent?.trim()
    this.#say(`This has no effect while “${name}” is off.`)
  }

  /**
   * The switches without which one has no effect.
   * @param {HTMLElement} input
   */
  #needs(input) {
    const names = (input.dataset.needs ?? "").split(" ")
    return names.map((name) => one(this, `input[name="${name}"]`, HTMLInputElement))
  }

  #effects() {
    for (const input of this.querySelectorAll("[data-needs]")) {
      if (!(input instanceof HTMLInputElement)) continue
      if (this.#needs(input).every(({ checked }) => checked)) input.removeAttribute("aria-disabled")
      else input.setAttribute("aria-disabled", "true")
    }
  }

  /** @param {string} text */
  #say(text) {
    const said = one(this, ".preference-said", HTMLElement)
    said.textContent = text
    clearTimeout(this.#silence)
    if (text !== "Saving…") this.#silence = setTimeout(() => (said.textContent = ""), saysFor)
  }
}
