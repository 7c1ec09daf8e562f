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
  // Without success the next message tries again; until then it says what it carries.
  loading ??= load().catch(() => (loading = undefined))
}

async function load() {
  const module = await import("./attachments.js")
  await module.styled()
  drawer = module
  document.dispatchEvent(new CustomEvent("attachments"))
}

/**
 * What a bubble shows that the server has rendered.
 * @param {Element} message
 * @returns {Attachment[]}
 */
export function readAttachments(message) {
  return [...message.querySelectorAll("[data-attachment]")].map((node) => {
    const { attachment: id, kind, name, duration } = /** @type {HTMLElement} */ (node).dataset
    const read = { id, kind, name, url: `/attachments/${id}`, duration_ms: Number(duration) }
    // It is drawn already: what else there is to know of it nobody asks for.
    return /** @type {Attachment} */ (read)
  })
}

/**
 * Brings what a bubble carries up to date. What was deleted carries nothing.
 * @param {HTMLElement} bubble
 * @param {Item} item
 * @returns {boolean} whether it carries something else now
 */
export function updateCarried(bubble, item) {
  const { kind } = bubble.dataset
  if (item.attachments.length > 0) {
    if (drawer) return drawer.updateAttachments(bubble, item)
    if (!kind) loadDrawer()
    return false
  }
  if (!kind) return false
  delete bubble.dataset.kind
  for (const one of bubble.querySelectorAll(".pictures, [data-attachment], .attachment-sending")) one.remove()
  return true
}

/**
 * Saves what a message carries, each under its name.
 * @param {Element} message
 */
export function saveFiles(message) {
  for (const { url: href, name: download } of readAttachments(message))
    Object.assign(document.createElement("a"), { href, download }).click()
}
