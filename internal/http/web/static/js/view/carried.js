import { loadStyle } from "./style.js"

/** @typedef {import("../lib/frames.js").Attachment} Attachment */
/** @typedef {import("../lib/item.js").Item} Item */

/** @type {typeof import("./attachments.js") | undefined} what draws attachments, once it is here */
let drawer
/** @type {Promise<void> | undefined} */
let loading

/**
 * Loads what draws attachments, and says "attachments" to the document when it is here. A page
 * that shows none does without.
 */
export function loadDrawer() {
  loading ??= Promise.all([import("./attachments.js"), loadStyle("attachment")]).then(
    ([module]) => {
      drawer = module
      document.dispatchEvent(new CustomEvent("attachments"))
    },
    () => (loading = undefined), // The next message tries again; until then it says what it carries.
  )
}

/**
 * What a bubble shows that the server has rendered.
 * @param {Element} message
 * @returns {Attachment[]}
 */
export function readAttachments(message) {
  return [...message.querySelectorAll("[data-attachment]")].map((node) => {
    const { attachment: id = "", kind, name = "", duration } = /** @type {HTMLElement} */ (node).dataset
    const picture = node.querySelector("img")
    return {
      id,
      kind: /** @type {Attachment["kind"]} */ (kind),
      name,
      type: "",
      size: 0,
      url: `/attachments/${id}`,
      ...(picture && {
        thumb_url: `/attachments/${id}/thumb`,
        width: attribute(picture, "width"),
        height: attribute(picture, "height"),
      }),
      ...(duration && { duration_ms: Number(duration) }),
    }
  })
}

/**
 * Saves what a message carries, each under its name.
 * @param {Element} message
 */
export function saveFiles(message) {
  for (const { url: href, name: download } of readAttachments(message))
    Object.assign(document.createElement("a"), { href, download }).click()
}

/**
 * A number in the markup: the size that is shown is another one.
 * @param {Element} node
 * @param {string} name
 */
function attribute(node, name) {
  return Number(node.getAttribute(name)) || undefined
}

/**
 * Brings what a bubble carries up to date. What was deleted carries nothing.
 * @param {HTMLElement} bubble
 * @param {Item} item
 * @returns {boolean} whether it carries something else now
 */
export function updateCarried(bubble, item) {
  if (item.attachments.length > 0) {
    if (drawer) return drawer.updateAttachments(bubble, item)
    if (!bubble.dataset.kind) loadDrawer()
    return false
  }
  if (!bubble.dataset.kind) return false
  delete bubble.dataset.kind
  for (const one of bubble.querySelectorAll(".pictures, [data-attachment], .attachment-sending")) one.remove()
  return true
}
