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
 * Goes to the neighbour that an arrow key points at, or to the first or last one.
 * @param {Element} list
 * @param {KeyboardEvent} event
 */
export function stepTo(list, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  const here =
    event.target instanceof Element
      ? event.target.closest(".bubble, .reactions")?.parentElement?.querySelector(".bubble")
      : null
  if (!here) return
  const all = [...list.querySelectorAll(".bubble")]
  const at = all.indexOf(here)
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key]
  const next = to === undefined ? undefined : all[to]
  if (!(next instanceof HTMLElement)) return
  event.preventDefault()
  goTo(list, next)
  // What is behind the last one that is loaded comes, too.
  if (event.key === "End") next.dispatchEvent(new CustomEvent("go", { detail: "latest", bubbles: true }))
}

/**
 * Gives a bubble the focus, and has Tab reach it.
 * @param {Element} list
 * @param {HTMLElement} bubble
 */
export function goTo(list, bubble) {
  for (const other of list.querySelectorAll('.bubble[tabindex="0"]')) reach(other, false)
  reach(bubble, true)
  bubble.focus()
}

/**
 * What takes the focus when a message goes that has it: a neighbour, or else the timeline.
 * @param {Element} message
 * @returns {() => void} gives it the focus, if that is nowhere by then
 */
export function heir(message) {
  const all = [...(message.parentElement?.querySelectorAll(".message > .bubble") ?? [])]
  const here = all.findIndex((bubble) => message.contains(bubble))
  const next = all[here + 1] ?? all[here - 1] ?? message.closest(".timeline")
  return () => {
    const free = message.contains(document.activeElement) || document.activeElement === document.body
    if (free && next instanceof HTMLElement) next.focus({ preventScroll: true })
  }
}

/**
 * Goes to the entry of a list that an arrow, Home or End points at. Each stays in reach of Tab.
 * @param {Element} list
 * @param {string} selector of what has the focus in an entry
 * @param {KeyboardEvent} event
 */
export function stepAmong(list, selector, event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
  const all = [...list.querySelectorAll(selector)]
  const here = all.indexOf(/** @type {Element} */ (event.target))
  const to = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: all.length - 1 }[event.key]
  if (here < 0 || to === undefined) return
  event.preventDefault()
  const next = all[to]
  if (next instanceof HTMLElement) next.focus()
}

/**
 * @param {Element} bubble
 * @param {boolean} reached
 */
function reach(bubble, reached) {
  const reachable =
    ".quote, .stamp, .message-more, .message-react, .reaction, a[data-attachment], [data-attachment] [tabindex], voice-note [tabindex]"
  const rest = bubble.parentElement?.querySelectorAll(reachable) ?? []
  for (const one of [bubble, ...rest]) one?.setAttribute("tabindex", reached ? "0" : "-1")
}
