import { cloneTemplate, one } from "./query.js"

/**
 * Puts buttons in place of what a photo of the form has without a script.
 * @param {Element} node as the server has rendered it
 */
export function adoptPhoto(node) {
  const made = cloneTemplate("photo-template")
  one(made, "input", HTMLInputElement).value = one(node, "input", HTMLInputElement).value
  one(made, "img", HTMLImageElement).replaceWith(one(node, "img", HTMLImageElement))
  one(made, "progress", HTMLElement).remove()
  node.replaceWith(made)
}

/**
 * A photo of the form that is still to be sent.
 * @param {File} file
 */
export function previewPhoto(file) {
  const node = cloneTemplate("photo-template")
  const picture = one(node, "img", HTMLImageElement)
  picture.src = URL.createObjectURL(file)
  picture.onload = () => URL.revokeObjectURL(picture.src)
  picture.alt = file.name
  return node
}
