const longAfter = 450
const still = 10

/**
 * Runs something for what a finger rests on: where the browser says so by its context menu, or
 * after a while where it does not (an iPhone). Its own menu does not open then, and letting go
 * presses nothing.
 * @template {Element} T
 * @param {HTMLElement} root
 * @param {(target: Element) => T | null} find what a target belongs to, null for nothing that is meant
 * @param {(found: T) => void} run
 * @param {AbortSignal} signal
 */
export function onLongPress(root, find, run, signal) {
  /** @type {number | undefined} */
  let timer
  /** @type {{ x: number, y: number, done: boolean } | undefined} the touch under way, or the last one */
  let touch

  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  /** @param {T} found */
  const fire = (found) => {
    stop()
    if (!touch || touch.done) return
    touch.done = true
    run(found)
  }
  const at = (/** @type {Event} */ event) => (event.target instanceof Element ? find(event.target) : null)

  const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ listen, capture = false) =>
    root.addEventListener(type, listen, { signal, capture })
  on("pointerdown", (/** @type {PointerEvent} */ event) => {
    stop()
    touch = undefined
    const found = at(event)
    if (event.pointerType !== "touch" || !event.isPrimary || !found) return
    touch = { x: event.clientX, y: event.clientY, done: false }
    timer = setTimeout(() => fire(found), longAfter)
  })
  on("pointermove", (/** @type {PointerEvent} */ event) => {
    if (touch && Math.hypot(event.clientX - touch.x, event.clientY - touch.y) > still) stop()
  })
  for (const end of ["pointerup", "pointercancel"]) on(end, stop)
  on("contextmenu", (event) => {
    const found = touch && at(event)
    if (!found) return
    event.preventDefault()
    fire(found)
  })
  on(
    "click",
    (event) => {
      if (!touch?.done) return
      touch = undefined
      event.preventDefault()
      event.stopPropagation()
    },
    true,
  )
}

/**
 * Whether a key asks for the menu of what has the focus.
 * @param {KeyboardEvent} event
 */
export function isMenuKey({ key, shiftKey }) {
  return key === "ContextMenu" || (key === "F10" && shiftKey)
}
