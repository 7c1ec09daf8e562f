/**
 * An element with attributes and what is in it.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} kind
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} within
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(kind, attributes, ...within) {
  const element = document.createElement(kind)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...within)
  return element
}
