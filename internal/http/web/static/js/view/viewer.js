import { formatDay, formatTime } from "../lib/time.js"
import { makeIcon } from "./icon.js"
import { make } from "./make.js"
import { one } from "./query.js"

/** The dialog of the viewer, with no picture in it. */
export function makeViewer() {
  const facts = make(
    "div",
    { class: "viewer-facts" },
    make("p", { class: "viewer-who" }, make("bdi", {})),
    make("p", { class: "viewer-what" }, make("time", {}), " · ", make("bdi", {})),
  )
  const save = make("a", { class: "icon-button", "data-act": "save" }, ...label("i-save", "Save"))
  const zoom = button("zoom", "i-plus", "Enlarge")
  zoom.setAttribute("aria-pressed", "false")
  const count = make("span", { class: "viewer-count" })
  const bar = make("div", { class: "viewer-bar" }, facts, count, zoom, save, button("close", "i-close", "Close"))
  const stage = make(
    "div",
    { class: "viewer-stage" },
    make("img", { draggable: "false" }),
    make("p", { class: "viewer-gone", hidden: "" }),
  )
  const [back, next] = [button("back", "i-back", "Photo before"), button("next", "i-back", "Next photo")]
  for (const step of [back, next]) step.querySelector("svg")?.setAttribute("data-flip", "")
  const said = make("p", { class: "sr", role: "status" })
  const attributes = { class: "viewer", "data-theme": "dark", "aria-label": "Photos of this chat" }
  return make("dialog", attributes, bar, stage, back, next, said)
}

/**
 * Says whose picture is shown, of when, and which of them it is.
 * @param {HTMLElement} dialog
 * @param {HTMLAnchorElement} link the picture in its message
 * @param {HTMLAnchorElement[]} links all that one can go to
 * @param {boolean} aloud
 */
export function describe(dialog, link, links, aloud) {
  const message = link.closest(".message")
  if (!message) return
  const [place, of, name] = [links.indexOf(link), links.length, link.dataset.name ?? ""]
  const sent = one(message, "time", HTMLTimeElement)
  const part = (/** @type {string} */ selector) => one(dialog, selector, HTMLElement)
  part(".viewer-who bdi").textContent = one(message, ".bubble > .sr", HTMLElement).textContent.replace(/: $/, "")
  const at = new Date(sent.dateTime)
  part(".viewer-what time").textContent = `${formatDay(at, new Date())}, ${formatTime(at)}`
  part(".viewer-what bdi").textContent = name
  part(".viewer-count").textContent = of > 1 ? `${place + 1} / ${of}` : ""
  Object.assign(part('[data-act="save"]'), { href: link.href, download: name })
  if (aloud) part("[role=status]").textContent = `Photo ${place + 1} of ${of}: ${name}`
  part('[data-act="back"]').toggleAttribute("disabled", place < 1)
  part('[data-act="next"]').toggleAttribute("disabled", place < 0 || place === of - 1)
  // A button that has led to the last one has the focus no longer.
  if (document.activeElement?.matches(":disabled, body")) part('[data-act="close"]').focus()
}

/**
 * @param {string} act
 * @param {string} icon
 * @param {string} words
 */
function button(act, icon, words) {
  return make("button", { class: "icon-button", type: "button", "data-act": act }, ...label(icon, words))
}

/**
 * @param {string} icon
 * @param {string} words to ears
 */
function label(icon, words) {
  return [makeIcon(icon), make("span", { class: "sr" }, words)]
}
