import { factsOf, iconOf } from "../lib/file-facts.js"
import { makeIcon } from "./icon.js"
import { watchPictures } from "./missing.js"
import { loadStyle } from "./style.js"
import { drawVoice } from "./voice.js"

/** @typedef {import("../lib/frames.js").Attachment} Attachment */
/** @typedef {import("../lib/item.js").Item} Item */

/** Settles once what this module draws looks as it should. */
export const styled = () => loadStyle("attachment")

watchPictures()

/**
 * Has a bubble show what its message carries, as partials/attachment.html does, and how much of it
 * is on its way. What is there stays: a picture that was sent takes the server's place of its own.
 * @param {HTMLElement} bubble
 * @param {Item} item
 * @returns {boolean} whether it carries something else now
 */
export function updateAttachments(bubble, { attachments, state }) {
  const shown = [...bubble.querySelectorAll("[data-attachment]")].map((one) => one.getAttribute("data-attachment"))
  const pictures = attachments.filter(({ kind }) => kind === "image")
  const others = attachments.filter(({ kind }) => kind !== "image")
  const wanted = [...pictures, ...others].map(({ id }) => id)
  const changed = shown.join(" ") !== wanted.join(" ")
  if (changed) {
    bubble.dataset.kind = pictures.length > 0 ? "image" : attachments[0].kind
    drawPictures(bubble, pictures)
    drawOthers(bubble, others)
  }
  updateSending(bubble, attachments, state)
  return changed
}

/**
 * @param {HTMLElement} bubble
 * @param {Attachment[]} pictures
 */
function drawPictures(bubble, pictures) {
  let grid = bubble.querySelector(".pictures")
  if (pictures.length === 0) return grid?.remove()
  if (!grid) {
    grid = document.createElement("div")
    grid.className = "pictures"
    behind(bubble, ".sr, .quote").after(grid)
  }
  grid.setAttribute("data-count", String(pictures.length))
  const links = [...grid.querySelectorAll("a")]
  pictures.forEach((one, i) => grid.append(drawPicture(links[i] ?? makePicture(bubble), one)))
  for (const link of links.slice(pictures.length)) link.remove()
}

/** @param {HTMLElement} bubble */
function makePicture(bubble) {
  const link = document.createElement("a")
  link.tabIndex = bubble.tabIndex
  const image = document.createElement("img")
  image.decoding = "async"
  link.append(image)
  return link
}

/**
 * @param {HTMLAnchorElement} link
 * @param {Attachment} attachment
 */
function drawPicture(link, { id, name, url, thumb_url: small = url, width = 4, height = 3, animated = false }) {
  link.href = url
  Object.assign(link.dataset, { attachment: id, kind: "image", name })
  link.toggleAttribute("data-animated", animated)
  const image = link.querySelector("img")
  if (!image) return link // Another one that is not there any more.
  image.alt = `Photo: ${name}`
  image.width = width
  image.height = height
  const before = image.src
  if (before) void exchange(image, before, small)
  else image.src = small
  return link
}

/**
 * Shows another picture in the place of one, once it can be drawn: nobody sees that.
 * @param {HTMLImageElement} image
 * @param {string} before
 * @param {string} src
 */
async function exchange(image, before, src) {
  const next = new Image()
  next.src = src
  if (next.src === before) return
  try {
    await next.decode()
  } catch {
    return // What is there is the same picture.
  }
  if (image.src === before) image.src = src
  if (before.startsWith("blob:")) URL.revokeObjectURL(before)
}

/**
 * @param {HTMLElement} bubble
 * @param {Attachment[]} others
 */
function drawOthers(bubble, others) {
  const ids = new Set(others.map(({ id }) => id))
  const known = new Map([...bubble.querySelectorAll(":scope > [data-attachment]")].map((one) => [idOf(one), one]))
  // Recordings that were sent take the place of those that waited: what plays goes on.
  const waited = [...known.values()].filter((node) => node.matches(".attachment-voice") && !ids.has(idOf(node)))
  let last = behind(bubble, ".sr, .quote, .pictures")
  for (const one of others) {
    const before = known.get(one.id) ?? (one.kind === "voice" ? waited.shift() : undefined)
    if (before) known.delete(idOf(before))
    const node = one.kind === "voice" ? drawVoiceIn(before, one) : (before ?? makeFile(one, bubble.tabIndex))
    // One that is moved stops.
    if (last.nextSibling !== node) last.after(node)
    last = node
  }
  for (const node of known.values()) node.remove()
}

/** @param {Element} node */
const idOf = (node) => node.getAttribute("data-attachment") ?? ""

/**
 * @param {Element | undefined} before where the same recording is drawn; who has made it plays it from there
 * @param {Attachment} attachment
 */
function drawVoiceIn(before, attachment) {
  const box = before instanceof HTMLElement ? before : document.createElement("div")
  box.className = "attachment-voice"
  const { id, name, duration_ms: duration = 0 } = attachment
  Object.assign(box.dataset, { attachment: id, kind: "voice", name, duration: String(duration) })
  const note = box.querySelector("voice-note")
  if (note) note.setAttribute("data-ms", String(duration))
  else box.append(drawVoice(attachment))
  return box
}

/**
 * @param {Attachment} attachment
 * @param {number} tabIndex
 */
function makeFile(attachment, tabIndex) {
  const { id, name, url } = attachment
  const link = Object.assign(document.createElement("a"), {
    className: "attachment",
    href: url,
    download: name,
    tabIndex,
  })
  Object.assign(link.dataset, { attachment: id, kind: "file", name })
  const [mark, words, title, facts] = Array.from({ length: 4 }, () => document.createElement("span"))
  mark.className = "attachment-mark"
  mark.append(makeIcon(iconOf(attachment)))
  title.className = "attachment-name"
  title.dir = "auto"
  title.textContent = name
  facts.className = "attachment-facts"
  facts.textContent = factsOf(attachment)
  words.append(title, " ", facts)
  link.append(mark, words)
  return link
}

/**
 * How much is on its way, and a button to keep it here.
 * @param {HTMLElement} bubble
 * @param {Attachment[]} attachments
 * @param {string} state of the message
 */
function updateSending(bubble, attachments, state) {
  const goes = state !== "failed" && attachments.some(({ job }) => job && job.state !== "ready")
  const grid = bubble.querySelector(".pictures")
  if (goes) grid?.setAttribute("data-state", "sending")
  else grid?.removeAttribute("data-state")
  let row = bubble.querySelector(".attachment-sending")
  if (!goes) return row?.remove()
  if (!row) {
    row = document.createElement("div")
    row.className = "attachment-sending"
    const progress = document.createElement("progress")
    progress.setAttribute("aria-label", "Sent so far")
    const cancel = Object.assign(document.createElement("button"), { type: "button", className: "button" })
    Object.assign(cancel.dataset, { size: "small", kind: "quiet", act: "discard" })
    cancel.textContent = "Cancel"
    row.append(progress, cancel)
    bubble.querySelector(":scope > .text, :scope > .meta")?.before(row)
  }
  const progress = row.querySelector("progress")
  if (!progress) return
  progress.max = Math.max(
    1,
    total(attachments, ({ size }) => size),
  )
  progress.value = total(attachments, ({ size, job }) => (job && job.state !== "ready" ? job.sent : size))
}

/**
 * @param {Attachment[]} attachments
 * @param {(one: Attachment) => number} count
 */
function total(attachments, count) {
  return attachments.reduce((sum, one) => sum + count(one), 0)
}

/**
 * The last of some parts of a bubble: what comes next stands behind it.
 * @param {HTMLElement} bubble
 * @param {string} parts
 * @returns {Element}
 */
function behind(bubble, parts) {
  const found = [...bubble.children].filter((one) => one.matches(parts))
  return /** @type {Element} */ (found.at(-1))
}
