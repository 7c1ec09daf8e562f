import { beginningOf } from "../lib/quote.js"
import { deletedText } from "../lib/text.js"
import { numberOf, one } from "./query.js"

/** @typedef {import("../lib/frames.js").Quote} Quote */

/**
 * The quote of a bubble that the server has rendered, null for none.
 * @param {Element} message
 * @returns {Quote | null}
 */
export function readQuote(message) {
  const node = message.querySelector(".quote")
  if (!(node instanceof HTMLElement)) return null
  const deleted = node.hasAttribute("data-deleted")
  return {
    message_id: numberOf(node.dataset.to),
    seq: numberOf(node.dataset.seq),
    sender_id: numberOf(node.dataset.by),
    sender_name: one(node, "bdi", HTMLElement).textContent,
    message: deleted ? "" : one(node, ".quote-text", HTMLElement).textContent,
    ...(deleted && { deleted }),
  }
}

/**
 * What an answer to a message shows of it.
 * @param {Element} message
 * @param {string} text
 * @returns {Quote}
 */
export function quoteOf(message, text) {
  const { userId, userName = "", otherId } = one(document, "swapnest-chat", HTMLElement).dataset
  const mine = message.getAttribute("data-side") === "mine"
  return {
    message_id: numberOf(message.id.slice(1)),
    seq: numberOf(message.getAttribute("data-seq") ?? ""),
    sender_id: numberOf(mine ? userId : otherId),
    sender_name: mine ? userName : (one(document, "message-list", HTMLElement).dataset.otherName ?? ""),
    message: beginningOf(text),
  }
}

/**
 * Brings the quote of a bubble up to date, or takes it away.
 * @param {Element} message
 * @param {Quote | null} quote
 */
export function updateQuote(message, quote) {
  // Of many messages most have none, which this finds out soonest.
  const node = message.getElementsByClassName("quote")[0]
  if (!quote) return node?.remove()
  const bubble = one(message, ".bubble", HTMLElement)
  const link = node instanceof HTMLAnchorElement ? node : makeQuote(bubble)
  if (link.dataset.to !== String(quote.message_id)) {
    link.dataset.to = String(quote.message_id)
    link.dataset.seq = String(quote.seq)
    link.dataset.by = String(quote.sender_id)
    link.href = `?message=${quote.message_id}#m${quote.message_id}`
  }
  drawQuote(link, quote)
}

/**
 * Who is quoted, and with what.
 * @param {Element} node
 * @param {Quote} quote
 */
export function drawQuote(node, { sender_name: name, message, deleted = false }) {
  write(one(node, "bdi", HTMLElement), name)
  write(one(node, ".quote-text", HTMLElement), deleted ? deletedText : message)
  node.toggleAttribute("data-deleted", deleted)
}

/** @param {HTMLElement} bubble */
function makeQuote(bubble) {
  const link = document.createElement("a")
  link.className = "quote"
  link.tabIndex = bubble.tabIndex
  const [said, who, name, words] = ["span", "b", "bdi", "span"].map((kind) => document.createElement(kind))
  said.className = "sr"
  said.textContent = "In reply to "
  who.append(name)
  words.className = "quote-text"
  words.dir = "auto"
  link.append(said, who, " ", words)
  one(bubble, ".sr", HTMLElement).after(link)
  return link
}

/**
 * @param {HTMLElement} node
 * @param {string} text
 */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text
}
