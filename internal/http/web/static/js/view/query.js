/**
 * The one element that a selector finds below a root. Markup and script belong
 * together, so a missing one is a mistake and not a state.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
export function one(root, selector, kind) {
  const found = root.querySelector(selector)
  if (!(found instanceof kind)) throw new Error(`There is no ${selector}.`)
  return found
}

/**
 * A copy of the element in a template of the page.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function cloneTemplate(id) {
  const template = one(document, `template#${id}`, HTMLTemplateElement)
  const copy = document.importNode(template.content, true).firstElementChild
  if (!(copy instanceof HTMLElement)) throw new Error(`The template ${id} is empty.`)
  return copy
}

/**
 * A number from a data attribute, 0 where there is none.
 * @param {string | undefined} value
 */
export function numberOf(value) {
  return Number(value) || 0
}
