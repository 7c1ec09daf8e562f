const enough = 56
const most = 80

/**
 * Calls run with the message that a finger has pulled towards the middle of the page far enough.
 * Up and down stays the browser's: it takes such a finger for itself, and nothing is pulled then.
 * @param {HTMLElement} box of messages, with touch-action: pan-y
 * @param {(message: Element) => void} run
 * @param {AbortSignal} signal
 */
export function onSwipe(box, run, signal) {
  /** @type {{ message: HTMLElement, id: number, x: number, sign: number } | undefined} */
  let pull
  const pulled = (/** @type {number} */ x) => (pull ? Math.max(0, Math.min(most, (x - pull.x) * pull.sign)) : 0)
  const end = () => {
    pull?.message.style.removeProperty("translate")
    pull = undefined
  }
  box.addEventListener(
    "pointerdown",
    ({ pointerType, isPrimary, target, pointerId: id, clientX: x }) => {
      end()
      const message = target instanceof Element ? target.closest(".message:not([data-deleted])[data-seq]") : null
      if (pointerType !== "touch" || !isPrimary || !(message instanceof HTMLElement)) return
      const ltr = getComputedStyle(message).direction === "ltr"
      pull = { message, id, x, sign: (message.dataset.side === "mine") === ltr ? -1 : 1 }
    },
    { signal },
  )
  box.addEventListener(
    "pointermove",
    ({ pointerId, clientX }) => {
      if (pull?.id !== pointerId) return
      const far = pulled(clientX)
      // A finger is never quite still.
      if (far > 8) pull.message.style.translate = `${far * pull.sign}px`
    },
    { signal, passive: true },
  )
  box.addEventListener(
    "pointerup",
    ({ pointerId, clientX }) => {
      if (pull?.id !== pointerId) return
      const message = pulled(clientX) >= enough ? pull.message : undefined
      end()
      if (message) run(message)
    },
    { signal },
  )
  box.addEventListener("pointercancel", end, { signal })
}
