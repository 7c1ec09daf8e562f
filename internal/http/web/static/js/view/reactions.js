import { whoReacted } from "../lib/reactions.js"

/** @typedef {import("../lib/frames.js").Reaction} Reaction */

/**
 * Who reads, and what the other person is called.
 * @typedef {{ me: number, other: string }} People
 */

/**
 * The reactions that the server has rendered at a message.
 * @param {Element} node
 * @returns {Reaction[]}
 */
export function readReactions(node) {
  return [...node.querySelectorAll(".reaction")].map((button) => {
    const { emoji = "", users = "" } = /** @type {HTMLElement} */ (button).dataset
    const ids = users.split(" ").map(Number)
    return { emoji, count: ids.length, user_ids: ids }
  })
}

/**
 * Shows the reactions of a message below it. Writes only what differs.
 * @param {HTMLElement} node
 * @param {Reaction[]} reactions
 * @param {People} people
 */
export function drawReactions(node, reactions, people) {
  const before = node.querySelector(".reactions")
  if (reactions.length === 0) return before?.remove()
  const row = before ?? document.createElement("div")
  if (!before) {
    row.className = "reactions"
    row.setAttribute("role", "group")
    row.setAttribute("aria-label", "Reactions")
    node.querySelector(".bubble")?.after(row)
  }
  const known = new Map([...row.children].map((one) => [/** @type {HTMLElement} */ (one).dataset.emoji, one]))
  const reached = node.querySelector('.bubble[tabindex="0"]') !== null
  const wanted = reactions.map((one) => drawReaction(known.get(one.emoji), one, people, reached))
  // What stands as it should is not moved: it may have the focus.
  if (wanted.some((one, i) => row.children[i] !== one) || row.children.length !== wanted.length)
    row.replaceChildren(...wanted)
}

/**
 * @param {Element | undefined} known
 * @param {Reaction} reaction
 * @param {People} people
 * @param {boolean} reached by Tab
 */
function drawReaction(known, reaction, { me, other }, reached) {
  const users = reaction.user_ids.join(" ")
  if (known instanceof HTMLButtonElement && known.dataset.users === users && !known.disabled) return known
  const button = known instanceof HTMLButtonElement ? known : document.createElement("button")
  if (button !== known) button.tabIndex = reached ? 0 : -1
  const who = whoReacted(reaction, me, other)
  button.type = "button"
  button.className = "reaction"
  button.disabled = false
  Object.assign(button.dataset, { emoji: reaction.emoji, users })
  button.setAttribute("aria-pressed", String(reaction.user_ids.includes(me)))
  const shown = [
    ["reaction-emoji", reaction.emoji],
    ["reaction-count", String(reaction.count)],
    ["reaction-who", who],
    ["sr", `${who} reacted with ${reaction.emoji}`],
  ]
  button.replaceChildren(
    ...shown.map(([className, textContent]) => {
      const part = Object.assign(document.createElement("span"), { className, textContent })
      if (className !== "sr") part.setAttribute("aria-hidden", "true")
      return part
    }),
  )
  return button
}
