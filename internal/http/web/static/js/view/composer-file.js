import { newClientId } from "../lib/client-id.js"
import { factsOf, iconOf } from "../lib/file-facts.js"
import { makeIcon } from "./icon.js"
import { make } from "./make.js"

/** @typedef {import("../lib/frames.js").Attachment} Attachment */

/**
 * A file at the composer.
 * @param {Attachment} file
 * @returns {HTMLElement}
 */
export function makeFile(file) {
  const node = make("li", { class: "composer-file", "data-id": file.id, "data-kind": file.kind })
  if (file.kind === "image") {
    const { url: src, name: alt, width, height } = file
    node.append(Object.assign(make("img", {}), { src, alt, ...(width && height && { width, height }) }))
  } else {
    const mark = make("span", { class: "composer-file-mark" }, makeIcon(iconOf(file)))
    const name = make("span", { class: "composer-file-name", dir: "auto", title: file.name }, file.name)
    const facts = make("span", { class: "composer-file-facts" }, factsOf(file))
    node.append(mark, make("span", { class: "composer-file-words" }, name, " ", facts))
  }
  node.append(
    make(
      "button",
      { class: "icon-button composer-file-remove", type: "button", "data-do": "remove" },
      makeIcon("i-close"),
      make("span", { class: "sr" }, `Remove ${file.name}`),
    ),
  )
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
      bar = make("progress", { "aria-label": `Uploading ${name}` })
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
  const spoken = make("span", { class: "sr" }, ` ${name}`)
  const attributes = { class: "button", type: "button", "data-size": "small", "data-do": "retry" }
  node.append(make("button", attributes, "Retry", spoken))
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
