import { newClientId } from "../lib/client-id.js"
import { factsOf, iconOf } from "../lib/file-facts.js"
import { makeIcon } from "./icon.js"

/** @typedef {import("../lib/frames.js").Attachment} Attachment */

/**
 * A file at the composer.
 * @param {Attachment} file
 * @returns {HTMLElement}
 */
export function makeFile(file) {
  const node = make("li", "composer-file")
  node.dataset.id = file.id
  node.dataset.kind = file.kind
  if (file.kind === "image") {
    const { url: src, name: alt, width, height } = file
    node.append(Object.assign(make("img"), { src, alt, ...(width && height && { width, height }) }))
  } else {
    const mark = make("span", "composer-file-mark")
    mark.append(makeIcon(iconOf(file)))
    const words = make("span", "composer-file-words")
    const name = Object.assign(make("span", "composer-file-name", file.name), { dir: "auto", title: file.name })
    words.append(name, " ", make("span", "composer-file-facts", factsOf(file)))
    node.append(mark, words)
  }
  const remove = make("button", "icon-button composer-file-remove")
  remove.type = "button"
  remove.dataset.do = "remove"
  remove.append(makeIcon("i-close"), make("span", "sr", `Remove ${file.name}`))
  node.append(remove)
  return node
}

/**
 * How far a file is.
 * @param {HTMLElement} node
 * @param {Attachment} file
 */
export function updateFile(node, { name, size, job }) {
  const state = job?.state ?? "ready"
  let bar = node.querySelector("progress")
  if (state !== "waiting" && state !== "sending") bar?.remove()
  else {
    if (!bar) {
      bar = make("progress")
      bar.setAttribute("aria-label", `Uploading ${name}`)
      node.append(bar)
    }
    // All of it is there a moment before it was looked at.
    const percent = Math.min(99, Math.floor((100 * (job?.sent ?? 0)) / size))
    Object.assign(bar, { max: 100, value: percent, textContent: `${percent} %` })
  }
  if (node.dataset.state === state) return
  node.dataset.state = state
  node.querySelector("[data-do=retry]")?.remove()
  if (state !== "failed") return
  const retry = Object.assign(make("button", "button", "Retry"), { type: "button" })
  retry.dataset.size = "small"
  retry.dataset.do = "retry"
  retry.append(make("span", "sr", ` ${name}`))
  node.append(retry)
}

/**
 * Why files have failed, a line for each reason.
 * @param {Attachment[]} failed
 */
export function faultsOf(failed) {
  const reasons = [...new Set(failed.map(({ job }) => job?.fault ?? ""))]
  const names = (/** @type {string} */ reason) =>
    failed.filter(({ job }) => job?.fault === reason).map(({ name }) => name)
  return reasons.map((reason) => `${names(reason).join(", ")}: ${reason}`).join("\n")
}

/**
 * A file as it is sent.
 * @param {import("./attach.js").Given} given
 * @returns {Promise<import("../lib/job.js").Chosen>}
 */
export async function chosenOf({ file, kind, duration_ms, waveform }) {
  const size = kind ? undefined : await measure(file)
  const { name, type } = file
  const more = { ...size, ...(kind && { duration_ms, waveform }) }
  return {
    id: newClientId(),
    bytes: file,
    kind: kind ?? (size ? "image" : "file"),
    name: name || "file",
    type,
    ...more,
  }
}

/**
 * How large a picture is, or undefined where this browser cannot show it.
 * @param {File} file
 * @returns {Promise<{ width: number, height: number } | undefined>}
 */
async function measure(file) {
  if (!file.type.startsWith("image/")) return undefined
  const url = URL.createObjectURL(file)
  const image = new Image()
  try {
    await new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject, src: url }))
    return image.naturalWidth > 0 ? { width: image.naturalWidth, height: image.naturalHeight } : undefined
  } catch {
    return undefined
  } finally {
    URL.revokeObjectURL(url)
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [name] of its class
 * @param {string} [text]
 */
export function make(tag, name = "", text = "") {
  const node = document.createElement(tag)
  if (name) node.className = name
  if (text) node.textContent = text
  return node
}
