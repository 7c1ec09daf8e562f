import { keyOf } from "../lib/item.js"
import { partsOf } from "../lib/links.js"
import { deletedText, isJumbo } from "../lib/text.js"
import { formatInstant, formatTime } from "../lib/time.js"
import { readReactions } from "./reactions.js"
import { cloneTemplate, numberOf, one } from "./query.js"
import { readQuote, updateQuote } from "./quote.js"

/** @typedef {import("../lib/timeline.js").Row} Row */
/** @typedef {import("../lib/item.js").Item} Item */
/** @typedef {import("../lib/item.js").State} State */

const changeableFor = 15 * 60_000

/** What a state is called, for ears. */
const words = {
  "": "",
  sending: "Sending",
  waiting: "Waiting to send",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: "Not sent",
}

/**
 * The messages that the server has rendered, with their elements.
 * @param {Element} list
 * @returns {Map<string, { item: Item, node: HTMLElement }>} by key, in order
 */
export function readMessages(list) {
  const all = new Map()
  for (const node of list.querySelectorAll("li.message[data-seq]")) {
    if (!(node instanceof HTMLElement)) continue
    const { seq, clientId = "", side, state = "", edited = "" } = node.dataset
    const mine = side === "mine"
    const deleted = node.hasAttribute("data-deleted")
    const id = numberOf(node.id.slice(1))
    /** @type {Item} */
    const item = {
      key: keyOf(mine, clientId, id),
      seq: numberOf(seq),
      id,
      clientId,
      mine,
      text: deleted ? "" : textOf(node),
      at: node.querySelector("time")?.getAttribute("datetime") ?? "",
      edited,
      deleted,
      reactions: readReactions(node),
      attachments: [],
      quote: readQuote(node),
      state: /** @type {State} */ (state),
    }
    all.set(item.key, { item, node })
  }
  return all
}

/**
 * A new bubble.
 * @param {Item} item
 * @param {string} sender spoken before the text
 * @returns {HTMLElement}
 */
export function makeMessage(item, sender) {
  const node = cloneTemplate("message-template")
  node.dataset.side = item.mine ? "mine" : "theirs"
  const text = one(node, ".text", HTMLElement)
  one(node, ".sr", HTMLElement).textContent = `${sender}: `
  drawText(text, item)
  if (!item.mine) {
    node.querySelector(".tick")?.remove()
    node.querySelector(".meta > .sr")?.remove()
  }
  return node
}

/**
 * The words, before the line with the time.
 * @param {HTMLElement} text
 * @param {Item} item
 */
function drawText(text, item) {
  const meta = one(text, ".meta", HTMLElement)
  text.replaceChildren(...(item.deleted ? [deletedText] : partsOf(item.text).flatMap(drawPart)), meta)
  if (isJumbo(item.text)) text.dataset.size = "jumbo"
  else delete text.dataset.size
}

/** @param {import("../lib/links.js").Part} part */
function drawPart({ text, href, host }) {
  if (!href) return [text]
  const link = document.createElement("a")
  link.href = href
  link.target = "_blank"
  link.rel = "noopener nofollow ugc"
  link.textContent = text
  if (!host) return [link]
  const real = document.createElement("span")
  real.className = "host"
  real.textContent = `(${host})`
  return [link, " ", real]
}

/**
 * What a bubble shows as somebody's words.
 * @param {Element} node
 */
export function textOf(node) {
  const words = [...(node.querySelector(".text")?.childNodes ?? [])]
  return words
    .filter((one) => one instanceof Text || one.nodeName === "A")
    .map((one) => one.textContent)
    .join("")
}

/**
 * One's own messages that may still be changed.
 * @param {Element} list
 */
export function changeable(list) {
  const own = [...list.querySelectorAll('.message[data-side="mine"][data-seq]')]
  const since = Date.now() - changeableFor
  const old = own.findLastIndex((node) => Date.parse(one(node, "time", HTMLTimeElement).dateTime) <= since)
  return own.slice(old + 1).filter((node) => !node.hasAttribute("data-deleted"))
}

/**
 * Brings a bubble up to date with its row. Writes only what differs.
 * @param {HTMLElement} node
 * @param {Row} row
 */
export function updateMessage(node, { item, run, meta }) {
  set(node, "data-run", run)
  set(node, "data-show", meta ? "meta" : null)
  if (item.id && set(node, "id", `m${item.id}`))
    one(node, ".stamp", HTMLAnchorElement).href = `?message=${item.id}#m${item.id}`
  if (item.seq) set(node, "data-seq", String(item.seq))
  updateTime(node, item.at)
  updateText(node, item)
  updateQuote(node, item.deleted ? null : item.quote)
  if (!item.mine) return
  set(node, "data-client-id", item.clientId)
  if (!set(node, "data-state", item.state)) return
  const tick = one(node, ".tick", SVGElement)
  tick.setAttribute("data-state", item.state)
  one(tick, "use", SVGElement).setAttribute("href", `#t-${item.state}`)
  one(node, ".meta > .sr", HTMLElement).textContent = words[item.state]
  node.querySelector(".message-fault")?.remove()
  if (item.state === "failed") node.append(makeFault(item.fault))
}

/**
 * What an edit or a deletion has made of it.
 * @param {HTMLElement} node
 * @param {Item} item
 */
function updateText(node, item) {
  const edited = item.deleted ? null : item.edited || null
  const changed = [set(node, "data-edited", edited), set(node, "data-deleted", item.deleted ? "" : null)]
  if (changed.includes(true)) drawText(one(node, ".text", HTMLElement), item)
  let label = node.querySelector(".edited")
  if (edited === null) return label?.remove()
  if (!label) {
    label = document.createElement("span")
    label.className = "edited"
    label.textContent = "edited"
    one(node, ".stamp", HTMLElement).before(label)
  }
  set(label, "title", `Edited ${formatInstant(new Date(edited))}`)
}

/** @param {string} [reason] */
function makeFault(reason) {
  const fault = cloneTemplate("fault-template")
  if (reason) one(fault, "[data-reason]", HTMLElement).textContent = `Not sent. ${reason}`
  return fault
}

/**
 * The time, once in the reader's zone and words: the server knows neither.
 * @param {HTMLElement} node
 * @param {string} at
 */
function updateTime(node, at) {
  const time = one(node, "time", HTMLTimeElement)
  if (time.dateTime === at && time.title) return
  const date = new Date(at)
  time.dateTime = at
  time.title = formatInstant(date)
  time.textContent = formatTime(date)
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string | null} value
 * @returns {boolean} whether it was another one
 */
function set(node, name, value) {
  if (node.getAttribute(name) === value) return false
  if (value === null) node.removeAttribute(name)
  else node.setAttribute(name, value)
  return true
}
