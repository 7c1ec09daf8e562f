const step = 5_000

/**
 * What is played, in milliseconds.
 * @typedef {object} Played
 * @property {() => number} at where it stands
 * @property {() => number} total how long it is
 * @property {(ms: number) => void} seek
 * @property {() => void} press plays it, or breaks off
 */

/**
 * Has a slider be moved by pointer and by keys.
 * @param {HTMLElement} slider
 * @param {Played} played
 * @param {AbortSignal} signal
 */
export function mindSeek(slider, played, signal) {
  let dragged = false
  const { at, total, press } = played
  const seek = (/** @type {number} */ ms) => played.seek(Math.max(0, Math.min(total(), ms)))
  const seekTo = (/** @type {PointerEvent} */ { clientX }) => {
    const { left, width } = slider.getBoundingClientRect()
    seek(((clientX - left) / (width || 1)) * total())
  }

  slider.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return
      // The bubble is not pulled, and its menu does not open.
      event.stopPropagation()
      dragged = true
      slider.setPointerCapture(event.pointerId)
      seekTo(event)
    },
    { signal },
  )
  slider.addEventListener("pointermove", (event) => dragged && seekTo(event), { signal })
  for (const end of ["pointerup", "pointercancel"]) slider.addEventListener(end, () => (dragged = false), { signal })

  slider.addEventListener(
    "keydown",
    (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
      // Sound goes from left to right, whatever the script of the page does.
      const to = {
        ArrowLeft: at() - step,
        ArrowRight: at() + step,
        PageDown: at() - 3 * step,
        PageUp: at() + 3 * step,
        Home: 0,
        End: total(),
      }[event.key]
      if (event.key === " " || event.key === "Enter") press()
      else if (to === undefined) return
      else seek(to)
      event.preventDefault()
      event.stopPropagation()
    },
    { signal },
  )
}
