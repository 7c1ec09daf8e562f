const still = 10
const together = 320

/**
 * @typedef {{ x: number, y: number }} Point from the middle of the stage
 * @typedef {object} Hands what somebody does with a picture
 * @property {(factor: number, at: Point) => void} zoom looks closer at a point
 * @property {(dx: number, dy: number) => void} drag pulls it
 * @property {(dx: number, dy: number) => void} drop lets go of it, that far from where it was taken
 * @property {(at: Point) => void} twice presses it two times
 */

/**
 * Follows fingers, a mouse and its wheel on a stage with touch-action: none.
 * @param {HTMLElement} stage
 * @param {Hands} hands
 */
export function followHands(stage, hands) {
  /** @type {Map<number, Point>} what touches the stage */
  const touching = new Map()
  /** @type {Point & { far: boolean, pinched: boolean }} where the first came down, and what came of it */
  let start = { x: 0, y: 0, far: false, pinched: false }
  let last = { x: 0, y: 0, at: -together }

  /** @param {MouseEvent} event */
  const pointOf = ({ clientX, clientY }) => {
    const { left, top, width, height } = stage.getBoundingClientRect()
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 }
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    stage.setPointerCapture(event.pointerId)
    const point = pointOf(event)
    touching.set(event.pointerId, point)
    if (touching.size === 1) start = { ...point, far: false, pinched: false }
    else start.pinched = true
  })
  stage.addEventListener("pointermove", (event) => {
    const before = touching.get(event.pointerId)
    if (!before) return
    const now = pointOf(event)
    const other = [...touching].find(([id]) => id !== event.pointerId)?.[1]
    touching.set(event.pointerId, now)
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
      hands.drag((now.x - before.x) / 2, (now.y - before.y) / 2)
      hands.zoom(distance(now, other) / Math.max(1, distance(before, other)), middle)
      return
    }
    start.far ||= distance(start, now) > still
    if (start.far) hands.drag(now.x - before.x, now.y - before.y)
  })
  /** @param {PointerEvent} event */
  const lifted = (event) => {
    const point = touching.get(event.pointerId)
    if (!touching.delete(event.pointerId) || !point || touching.size > 0) return
    const kept = event.type === "pointercancel" || start.pinched
    if (start.far || kept) return hands.drop(kept ? 0 : point.x - start.x, kept ? 0 : point.y - start.y)
    const double = event.timeStamp - last.at < together && distance(last, point) < 3 * still
    last = { ...point, at: double ? -together : event.timeStamp }
    if (double) hands.twice(point)
  }
  stage.addEventListener("pointerup", lifted)
  stage.addEventListener("pointercancel", lifted)
  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault()
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
      hands.zoom(Math.exp(Math.max(-100, Math.min(100, event.deltaY * lines)) * -0.003), pointOf(event))
    },
    { passive: false },
  )
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y)
}
