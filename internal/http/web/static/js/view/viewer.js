import { formatDay, formatTime } from "../lib/time.js"
import { makeIcon } from "./icon.js"
import { one } from "./query.js"

/** The dialog of the viewer, with no picture in it. */
export function makeViewer() {
  const dialog = document.createElement("dialog")
  dialog.className = "viewer"
  dialog.dataset.theme = "dark"
  dialog.setAttribute("aria-label", "Photos of this chat")

  const bar = box("div", "viewer-bar")
  const facts = box("div", "viewer-facts")
  const who = box("p", "viewer-who")
  who.append(document.createElement("bdi"))
  const what = box("p", "viewer-what")
  what.append(document.createElement("time"), " · ", document.createElement("bdi"))
  facts.append(who, what)
  const save = box("a", "icon-button")
  save.dataset.act = "save"
  label(save, "i-save", "Save")
  const zoom = button("zoom", "i-plus", "Enlarge")
  zoom.setAttribute("aria-pressed", "false")
  bar.append(facts, box("span", "viewer-count"), zoom, save, button("close", "i-close", "Close"))

  const stage = box("div", "viewer-stage")
  const image = document.createElement("img")
  image.draggable = false
  const gone = box("p", "viewer-gone")
  gone.hidden = true
  stage.append(image, gone)
  const said = box("p", "sr")
  said.setAttribute("role", "status")
  const [back, next] = [button("back", "i-back", "Photo before"), button("next", "i-back", "Next photo")]
  for (const step of [back, next]) step.querySelector("svg")?.setAttribute("data-flip", "")
  dialog.append(bar, stage, back, next, said)
  return dialog
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
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} kind
 * @param {string} className
 */
function box(kind, className) {
  const node = document.createElement(kind)
  node.className = className
  return node
}

/**
 * @param {string} act
 * @param {string} icon
 * @param {string} words
 */
function button(act, icon, words) {
  const node = box("button", "icon-button")
  node.type = "button"
  node.dataset.act = act
  return label(node, icon, words)
}

/**
 * @template {HTMLElement} T
 * @param {T} node
 * @param {string} icon
 * @param {string} words
 */
function label(node, icon, words) {
  const spoken = box("span", "sr")
  spoken.textContent = words
  node.append(makeIcon(icon), spoken)
  return node
}
