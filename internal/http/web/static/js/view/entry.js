import { faceOf, initialOf } from "../lib/face.js"
import { formatMoney } from "../lib/money.js"
import { formatAge } from "../lib/time.js"
import { photoOf } from "./listing.js"
import { cloneTemplate, one } from "./query.js"

/** @typedef {import("../lib/frames.js").Conversation} Conversation */

/**
 * A new entry of the list, still without its last words.
 * @param {Conversation} conversation
 * @param {string} filter of the list, which stays beside the conversation
 * @returns {HTMLElement}
 */
export function makeEntry({ id, other, listing, role, url }, filter) {
  const node = cloneTemplate("entry-template")
  node.dataset.conversation = String(id)
  node.dataset.other = String(other.id)

  const avatar = one(node, ".avatar", HTMLElement)
  avatar.dataset.face = faceOf(other.id)
  one(avatar, "span", HTMLElement).textContent = initialOf(other.name)
  const dot = one(node, "presence-dot", HTMLElement)
  dot.dataset.userId = String(other.id)
  dot.hidden = !other.online

  const name = one(node, ".inbox-name", HTMLAnchorElement)
  name.href = filter === "all" ? url : `${url}?filter=${filter}`
  one(name, "bdi", HTMLElement).textContent = other.name
  const about = one(node, ".inbox-about", HTMLElement)
  one(about, "use", SVGElement).setAttribute("href", role === "buyer" ? "#i-bag" : "#i-tag")
  one(about, ".sr", HTMLElement).textContent = role === "buyer" ? "Buying: " : "Selling: "
  updateListing(node, listing)
  return node
}

/**
 * What an entry is about. Of a listing that is gone the entry keeps what was known.
 * @param {HTMLElement} node
 * @param {import("../lib/frames.js").Listing | null} listing
 */
export function updateListing(node, listing) {
  node.toggleAttribute("data-sold", !listing?.id || listing.status === "sold" || listing.status === "inactive")
  if (listing?.id) node.dataset.listing = String(listing.id)
  const photo = one(node, ".duo > img", HTMLImageElement)
  if (listing && (listing.id || !photo.src)) photo.src = photoOf(listing)
  if (!listing?.title) return
  const about = one(node, ".inbox-about", HTMLElement)
  one(about, "bdi", HTMLElement).textContent = listing.title
  const price = formatMoney(listing.price)
  one(about, ".number", HTMLElement).textContent = price && `· ${price}`
}

const labels = { draft: "Draft:", waiting: "Waits:", failed: "Not sent:" }

/**
 * The last words of an entry.
 * @param {Element} node
 * @param {{ kind: "" | keyof typeof labels | "typing", text: string, state: "" | "sent" | "delivered" | "read" }} last
 */
export function updateLast(node, { kind, text, state }) {
  const line = one(node, ".inbox-last", HTMLElement)
  line.toggleAttribute("data-kind", kind === "typing")
  if (kind === "typing") line.dataset.kind = "typing"
  const words = document.createElement("bdi")
  words.textContent = text
  /** @type {Node[]} */
  const parts = [words]
  if (kind !== "" && kind !== "typing") {
    const label = document.createElement("b")
    label.textContent = labels[kind]
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
 * @param {{ unread: number, marked_unread?: boolean }} known
 */
export function updateUnread(node, { unread, marked_unread: marked }) {
  const waits = unread > 0 || marked === true
  node.toggleAttribute("data-unread", waits)
  const count = one(node, ".inbox-marks > .count", HTMLElement)
  count.hidden = !waits
  const [number, spoken] = count.children
  number.textContent = unread > 99 ? "99+" : unread > 0 ? String(unread) : ""
  spoken.textContent = unread > 0 ? " unread" : "Marked as unread"
}

/**
 * How the reader keeps a conversation.
 * @param {Element} node
 * @param {Pick<Conversation, "pinned" | "muted" | "muted_until">} kept
 */
export function updateMarks(node, { pinned, muted, muted_until }) {
  node.toggleAttribute("data-pinned", pinned)
  node.toggleAttribute("data-muted", muted)
  if (muted_until) node.setAttribute("data-muted-until", muted_until)
  else node.removeAttribute("data-muted-until")
  one(node, '[data-mark="pinned"]', HTMLElement).hidden = !pinned
  one(node, '[data-mark="muted"]', HTMLElement).hidden = !muted
}

/**
 * Puts an entry where it belongs: the pinned ones first, then the newest first.
 * @param {Element} list
 * @param {Element} node
 */
export function placeEntry(list, node) {
  const before = [...list.children].find((one) => one !== node && !comesBefore(one, node))
  if (node.parentElement !== list || node.nextElementSibling !== (before ?? null))
    list.insertBefore(node, before ?? null)
}

/**
 * @param {Element} a
 * @param {Element} b
 */
function comesBefore(a, b) {
  if (!a.matches(".inbox-item")) return false
  const pins = Number(b.hasAttribute("data-pinned")) - Number(a.hasAttribute("data-pinned"))
  if (pins !== 0) return pins < 0
  const at = (/** @type {Element} */ one) => Date.parse(one.querySelector("time")?.dateTime ?? "")
  return at(a) >= at(b)
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
