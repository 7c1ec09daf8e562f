// What one chooses on a page, each of which is saved by itself. What the server has stands in
// the defaults of the inputs.

import { formatClock } from "../lib/time.js"
import { hereZone } from "../lib/zone.js"
import { one } from "./query.js"

/** @typedef {Record<string, any>} Preferences as the API has them */

/**
 * @typedef {object} Preference
 * @property {string} key
 * @property {() => Preferences | undefined} read what the page says; undefined for what is half typed
 * @property {(stored: Preferences) => void} keep notes what the server has
 * @property {() => void} revert shows what the server has
 */

/**
 * A switch.
 * @param {HTMLInputElement} input
 * @returns {Preference}
 */
export function switchPreference(input) {
  const { name } = input
  return {
    key: name,
    read: () => ({ [name]: input.checked }),
    keep: (stored) => (input.defaultChecked = stored[name]),
    revert: () => (input.checked = input.defaultChecked),
  }
}

/**
 * The quiet hours: their switch, both of their ends and the time zone.
 * @param {HTMLElement} group
 * @returns {Preference}
 */
export function quietPreference(group) {
  const [on, from, to, zone] = ["quiet", "quiet_from", "quiet_to", "time_zone"].map((name) =>
    one(group, `[name="${name}"]`, HTMLInputElement),
  )
  const times = one(group, ".quiet-times", HTMLElement)
  const line = one(group, "[data-quiet-line]", HTMLElement)
  if (!on.checked && !zone.value) zone.value = zone.defaultValue = hereZone()
  const shown = () => (times.hidden = !on.checked)
  const say = (/** @type {string} */ start, /** @type {string} */ end, /** @type {string} */ where) =>
    (line.textContent = `Nothing is sent between ${formatClock(start)} and ${formatClock(end)} in ${where || "UTC"}; it waits.`)
  // The server does not know how the reader writes times.
  if (line.textContent) say(from.defaultValue, to.defaultValue, zone.defaultValue)
  shown()
  on.addEventListener("change", shown)
  return {
    key: "quiet",
    read() {
      for (const input of [from, to, zone]) fault(input, "")
      const time_zone = zone.value.trim()
      if (!on.checked) return { quiet_from: "", quiet_to: "", time_zone }
      const empty = [from, to].find((input) => !input.value)
      if (empty) fault(empty, "Quiet hours need both of their times.")
      return empty ? undefined : { quiet_from: from.value, quiet_to: to.value, time_zone }
    },
    keep(stored) {
      on.defaultChecked = stored.quiet_from !== ""
      if (on.defaultChecked) {
        from.defaultValue = stored.quiet_from
        to.defaultValue = stored.quiet_to
      }
      zone.defaultValue = stored.time_zone || zone.defaultValue
      if (on.defaultChecked) say(stored.quiet_from, stored.quiet_to, stored.time_zone)
      else line.textContent = ""
    },
    revert() {
      on.checked = on.defaultChecked
      for (const input of [from, to, zone]) input.value = input.defaultValue
      shown()
    },
  }
}

/**
 * Says below an input what is wrong with it.
 * @param {HTMLInputElement} input
 * @param {string} text "" for nothing
 */
export function fault(input, text) {
  const id = `${input.name}-fault`
  document.getElementById(id)?.remove()
  input.toggleAttribute("aria-invalid", false)
  input.removeAttribute("aria-describedby")
  if (!text) return
  input.setAttribute("aria-invalid", "true")
  input.setAttribute("aria-describedby", id)
  input.after(
    Object.assign(document.createElement("p"), { id, className: "field-fault", role: "alert", textContent: text }),
  )
}
