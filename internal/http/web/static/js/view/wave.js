const drawn = "http://www.w3.org/2000/svg"

/**
 * A waveform: one rect a level.
 * @param {number[]} levels 0 to 100
 */
export function wave(levels) {
  const svg = draw("svg", {
    class: "wave",
    viewBox: "0 0 480 100",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  })
  const count = levels.length || 48
  for (let i = 0; i < count; i++) svg.append(draw("rect", { x: String(10 * i), width: "6", rx: "3" }))
  setLevels(svg, levels)
  return svg
}

/**
 * @param {Element} svg of wave
 * @param {number[]} levels
 */
export function setLevels(svg, levels) {
  for (const [i, rect] of [...svg.children].entries()) {
    const level = Math.max(8, levels[i] ?? 0)
    const height = level - (level % 2)
    rect.setAttribute("y", String((100 - height) / 2))
    rect.setAttribute("height", String(height))
  }
}

/**
 * @param {string} kind
 * @param {Record<string, string>} attributes
 */
function draw(kind, attributes) {
  const element = document.createElementNS(drawn, kind)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}
