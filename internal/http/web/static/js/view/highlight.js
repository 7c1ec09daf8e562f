import { excerptOf, placesIn } from "../lib/found.js"
import { summaryOf } from "../lib/summary.js"
import { cloneTemplate, one } from "./query.js"
import { localTimes } from "./times.js"

/** @typedef {import("../lib/found.js").Highlight} Highlight */

/**
 * A text as nodes, with what fits marked.
 * @param {string} text
 * @param {Highlight[]} highlights
 * @returns {(Node | string)[]}
 */
export function marked(text, highlights) {
  return excerptOf(text, highlights).map(({ text, fits }) => {
    if (!fits) return text
    const mark = document.createElement("mark")
    mark.textContent = text
    return mark
  })
}

/**
 * Paints what was found in the messages of the page, in place of what was painted before. The
 * messages stay as they are. A browser that cannot paint shows them plain.
 * @param {Iterable<[number, Highlight[]]>} found by message
 */
export function paint(found) {
  if (typeof Highlight === "undefined") return
  const ranges = []
  for (const [id, highlights] of found) {
    const text = document.querySelector(`#m${id} .text`)
    if (!text) continue
    const nodes = wordsOf(text)
    const pieces = nodes.map((node) => node.data)
    for (const { piece, start, end } of placesIn(pieces, highlights)) {
      const range = new Range()
      range.setStart(nodes[piece], start)
      range.setEnd(nodes[piece], end)
      ranges.push(range)
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges))
}

/**
 * What somebody wrote, without the real host of a link, the time and the like.
 * @param {Element} text
 */
function wordsOf(text) {
  /** @type {Text[]} */
  const nodes = []
  for (const node of text.childNodes) {
    if (node instanceof Text && !(node.nextSibling instanceof Element && node.nextSibling.matches(".host")))
      nodes.push(node)
    else if (node instanceof HTMLAnchorElement && node.firstChild instanceof Text) nodes.push(node.firstChild)
  }
  return nodes
}

/**
 * What is shown of a message that was found: what it says and, where nothing in that fits, the names
 * of its files.
 * @param {import("../lib/frames.js").Message} message
 * @param {Highlight[]} highlights
 */
function foundIn({ message, attachments = [] }, highlights) {
  const said = summaryOf(message, attachments)
  const names = attachments.map(({ name }) => name).join(", ")
  return highlights.length > 0 || !names || names === said ? said : `${said}: ${names}`
}

/**
 * A message that was found, for the list.
 * @param {import("../lib/finder.js").Hit} hit
 * @param {string} text what was looked for
 */
export function hitItem({ message, highlights }, text) {
  const node = cloneTemplate("hit-template")
  one(node, "a", HTMLAnchorElement).href =
    `?message=${message.message_id}&q=${encodeURIComponent(text)}#m${message.message_id}`
  one(node, "bdi", HTMLElement).textContent = message.sender_name
  one(node, "time", HTMLTimeElement).dateTime = message.timestamp
  one(node, ".hit-text", HTMLElement).replaceChildren(...marked(foundIn(message, highlights), highlights))
  localTimes(node)
  return node
}
