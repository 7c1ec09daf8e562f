/**
 * A picture of the page's sprite.
 * @param {string} name of the symbol
 * @param {string} [size] as icons know it
 */
export function makeIcon(name, size = "") {
  const [icon, use] = ["svg", "use"].map((kind) => document.createElementNS("http://www.w3.org/2000/svg", kind))
  icon.setAttribute("class", "icon")
  if (size) icon.setAttribute("data-size", size)
  icon.setAttribute("aria-hidden", "true")
  use.setAttribute("href", `#${name}`)
  icon.append(use)
  return icon
}
