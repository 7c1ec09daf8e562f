import { faceOf, initialOf } from "../lib/face.js"
import { formatMoney } from "../lib/money.js"
import { formatAge } from "../lib/time.js"
import { cloneTemplate, one } from "./query.js"

/** @typedef {import("../lib/frames.js").Conversation} Conversation */

const drawn = new Set(["cycles", "furniture", "phones", "kitchen", "books", "sport", "music", "garden"])

/**
 * A new entry of the list, still without its last words.
 * @param {Conversation} conversation
 * @returns {HTMLElement}
 */
export function makeEntry({ id, other, listing, role, url }) {
  const node = cloneTemplate("entry-template")
  node.dataset.conversation = String(id)
  node.dataset.other = String(other.id)

  const photo = one(node, ".duo > img", HTMLImageElement)
  photo.src = photoOf(listing)
  const avatar = one(node, ".avatar", HTMLElement)
  avatar.dataset.face = faceOf(other.id)
  one(avatar, "span", HTMLElement).textContent = initialOf(other.name)
  const dot = one(node, "presence-dot", HTMLElement)
  dot.dataset.userId = String(other.id)
  dot.hidden = !other.online

  const name = one(node, ".inbox-name", HTMLAnchorElement)
  name.href = url
  one(name, "bdi", HTMLElement).textContent = other.name
  const about = one(node, ".inbox-about", HTMLElement)
  one(about, "use", SVGElement).setAttribute("href", role === "buyer" ? "#i-bag" : "#i-tag")
  one(about, ".sr", HTMLElement).textContent = role === "buyer" ? "Buying: " : "Selling: "
  one(about, "bdi", HTMLElement).textContent = listing.title
  const price = formatMoney(listing.price)
  one(about, ".number", HTMLElement).textContent = price && `· ${price}`
  return node
}

/** @param {import("../lib/frames.js").Listing} listing */
function photoOf({ photos, category }) {
  if (photos.length > 0) return photos[0].thumb_url
  const name = drawn.has(category) ? category : "thing"
  return new URL(`../../art/${name}.svg`, import.meta.url).href
}

/**
 * The last words of an entry.
 * @param {Element} node
 * @param {{ kind: "" | "draft" | "typing", text: string, state: "" | "sent" | "delivered" | "read" }} last
 */
export function updateLast(node, { kind, text, state }) {
  const line = one(node, ".inbox-last", HTMLElement)
  line.toggleAttribute("data-kind", kind === "typing")
  if (kind === "typing") line.dataset.kind = "typing"
  const words = document.createElement("bdi")
  words.textContent = text
  /** @type {Node[]} */
  const parts = [words]
  if (kind === "draft") {
    const label = document.createElement("b")
    label.textContent = "Draft:"
    parts.unshift(label)
  } else if (kind === "" && state !== "") {
    const spoken = document.createElement("span")
    spoken.className = "sr"
    spoken.textContent = { sent: "Sent ", delivered: "Delivered ", read: "Read " }[state]
    parts.unshift(makeTick(state), spoken)
  }
  line.replaceChildren(...parts)
}

/** @param {string} state */
function makeTick(state) {
  const space = "http://www.w3.org/2000/svg"
  const tick = document.createElementNS(space, "svg")
  tick.setAttribute("class", "tick")
  tick.setAttribute("data-state", state)
  tick.setAttribute("aria-hidden", "true")
  const use = document.createElementNS(space, "use")
  use.setAttribute("href", `#t-${state}`)
  tick.append(use)
  return tick
}

/**
 * @param {Element} node
 * @param {number} unread
 */
export function updateUnread(node, unread) {
  node.toggleAttribute("data-unread", unread > 0)
  const marks = one(node, ".inbox-marks", HTMLElement)
  marks.querySelector(".count")?.remove()
  if (unread === 0) return
  const count = document.createElement("span")
  count.className = "count"
  const spoken = document.createElement("span")
  spoken.className = "sr"
  spoken.textContent = " unread"
  count.append(unread > 99 ? "99+" : String(unread), spoken)
  marks.append(count)
}

/**
 * @param {Element} node
 * @param {string} at
 */
export function updateAge(node, at) {
  const time = one(node, ".inbox-age", HTMLTimeElement)
  time.dateTime = at
  time.textContent = formatAge(new Date(at), new Date())
}
