// Of all bubbles exactly one is reached by Tab, with the link in it; the arrow keys go
// from there to its neighbours.

/**
 * Tab reaches the bubble that has the focus, or else the last one.
 * @param {Element} list
 */
export function reachLast(list) {
  const active = list.querySelector('.bubble[tabindex="0"]')
  const focused = document.activeElement?.closest(".message")
  const last = list.querySelector(".message:last-child > .bubble")
  if ((active && focused?.contains(active)) || last === active) return
  if (active) reach(active, false)
  if (last) reach(last, true)
}

/**
 * Goes to the neighbour that an arrow key points at.
 * @param {Element} list
 * @param {KeyboardEvent} event
 */
export function stepTo(list, event) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  const here =
    event.target instanceof Element
      ? event.target.closest(".bubble, .reactions")?.parentElement?.querySelector(".bubble")
      : null
  if (!step || !here) return
  const all = [...list.querySelectorAll(".bubble")]
  const next = all[all.indexOf(here) + step]
  if (!(next instanceof HTMLElement)) return
  event.preventDefault()
  reach(here, false)
  reach(next, true)
  next.focus()
}

/**
 * @param {Element} bubble
 * @param {boolean} reached
 */
function reach(bubble, reached) {
  const rest = bubble.parentElement?.querySelectorAll(".stamp, .message-more, .message-react, .reaction") ?? []
  for (const one of [bubble, ...rest]) one?.setAttribute("tabindex", reached ? "0" : "-1")
}
