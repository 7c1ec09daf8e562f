import { readMessages } from "./message.js"
import { numberOf } from "./query.js"

// What the server has rendered, as the modules of lib/ take it up.

/**
 * The conversations of the list.
 * @param {HTMLElement} chat
 * @returns {import("../lib/inbox.js").Known[]}
 */
export function readKnown(chat) {
  return [...chat.querySelectorAll(".inbox-item")].map((node) => ({
    id: numberOf(node.getAttribute("data-conversation") ?? undefined),
    head: numberOf(node.getAttribute("data-head") ?? undefined),
    last: numberOf(node.getAttribute("data-last") ?? undefined),
    at: node.querySelector("time")?.dateTime,
    unread: numberOf(node.getAttribute("data-count") ?? undefined),
    other: numberOf(node.getAttribute("data-other") ?? undefined),
    muted: node.hasAttribute("data-muted"),
    archived: node.hasAttribute("data-archived"),
    marked_unread: node.hasAttribute("data-marked"),
  }))
}

/**
 * The open conversation, if there is one.
 * @param {HTMLElement} chat
 * @returns {import("../lib/session.js").Opened | undefined}
 */
export function readOpened(chat) {
  const list = chat.querySelector("message-list ol")
  const { conversation, otherId, epoch = "", head, headAt = "", seen, otherRead, otherDelivered } = chat.dataset
  if (!conversation || !list) return undefined
  return {
    id: numberOf(conversation),
    other: numberOf(otherId),
    epoch,
    head: numberOf(head),
    headAt,
    seen: numberOf(seen),
    otherRead: numberOf(otherRead),
    otherDelivered: numberOf(otherDelivered),
    hasOlder: chat.dataset.older !== undefined,
    atEnd: chat.dataset.newer === undefined,
    items: [...readMessages(list).values()].map(({ item }) => item),
  }
}
