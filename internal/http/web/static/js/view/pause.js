import { getJSON, Refused, sendForm } from "../lib/api.js"
import { formatUntil } from "../lib/time.js"
import { hereZone } from "../lib/zone.js"
import { one } from "./query.js"
import { tell } from "./tell.js"
import { fault } from "./preferences.js"

/**
 * Pauses, or goes on, as a button of one of the forms says. Times are those of here.
 * @param {HTMLElement} section
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 * @returns {Promise<string>} what has become of it, "" for nothing
 */
export async function pause(section, form, button) {
  const fields = new URLSearchParams()
  for (const [name, value] of new FormData(form)) fields.set(name, String(value))
  fields.set(button.name, button.value)
  fields.set("time_zone", hereZone())
  const until = one(section, '[name="paused_until"]', HTMLInputElement)
  fault(until, "")
  const on = button.value !== "off"
  try {
    return show(section, (await sendForm(form.action, fields)).paused_until)
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    if (error instanceof Refused && button.value === "until" && error.status === 422) {
      fault(until, message)
      until.focus()
      return ""
    }
    // It may have been done although the answer was lost: the server knows, if it can be asked.
    const me = await getJSON("/me").catch(() => undefined)
    const is = me && show(section, me.preferences.paused_until ?? null)
    if (me && on === Boolean(me.preferences.paused_until)) return is
    tell(`${on ? "This was not paused" : "It is still paused"}. ${message}`)
    return ""
  }
}

/**
 * @param {HTMLElement} section
 * @param {string | null} until when the pause ends
 */
function show(section, until) {
  const focused = section.contains(document.activeElement)
  const time = one(section, "time", HTMLTimeElement)
  if (until) {
    time.dateTime = until
    time.textContent = formatUntil(new Date(until), new Date())
  }
  for (const part of section.querySelectorAll("[data-while]")) {
    if (part instanceof HTMLElement) part.hidden = (part.dataset.while === "paused") !== Boolean(until)
  }
  // What was pressed may be gone.
  if (focused)
    one(section, "[data-while]:not([hidden]) button, form[data-while]:not([hidden]) button", HTMLButtonElement).focus()
  return until ? `Paused until ${time.textContent}.` : "It goes on."
}
