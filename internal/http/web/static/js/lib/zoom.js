/**
 * How a picture is looked at: how much larger than whole, and how far its middle is from the middle
 * of the stage, in pixels.
 * @typedef {{ scale: number, x: number, y: number }} View
 * @typedef {{ width: number, height: number }} Size
 */

/** All of it. @type {View} */
export const whole = { scale: 1, x: 0, y: 0 }

const most = 6

/**
 * How large a picture is when all of it is shown: no larger than it is.
 * @param {Size} picture
 * @param {Size} stage
 * @returns {Size}
 */
export function fitted({ width, height }, stage) {
  const by = Math.min(1, stage.width / width, stage.height / height)
  return { width: width * by, height: height * by }
}

/**
 * Looks closer, or from further away; what is at a point stays there.
 * @param {View} view
 * @param {number} factor
 * @param {{ x: number, y: number }} at from the middle of the stage
 * @param {Size} picture when all of it is shown
 * @param {Size} stage
 * @returns {View}
 */
export function zoomed(view, factor, at, picture, stage) {
  const scale = Math.min(most, Math.max(1, view.scale * factor))
  const by = scale / view.scale
  return held({ scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by }, picture, stage)
}

/**
 * Looks at another part.
 * @param {View} view
 * @param {number} dx
 * @param {number} dy
 * @param {Size} picture
 * @param {Size} stage
 * @returns {View}
 */
export function moved({ scale, x, y }, dx, dy, picture, stage) {
  return held({ scale, x: x + dx, y: y + dy }, picture, stage)
}

/**
 * No edge of a picture comes further in than it has to.
 * @param {View} view
 * @param {Size} picture
 * @param {Size} stage
 * @returns {View}
 */
function held({ scale, x, y }, picture, stage) {
  const room = (/** @type {"width" | "height"} */ side) => Math.max(0, (picture[side] * scale - stage[side]) / 2)
  const within = (/** @type {number} */ at, /** @type {number} */ most) => Math.min(most, Math.max(-most, at)) || 0
  return { scale, x: within(x, room("width")), y: within(y, room("height")) }
}
