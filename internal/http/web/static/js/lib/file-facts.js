/** @typedef {Pick<import("./frames.js").Attachment, "name" | "type" | "size">} File */

/** @type {[begins: string, icon: string][]} the icons of kinds of files, by how their media types begin */
const icons = [
  ["application/pdf", "pdf"],
  ["audio/", "note"],
  ["video/", "film"],
  ["text/", "file"],
  ["application/msword", "file"],
  ["application/rtf", "file"],
  ["application/epub", "file"],
  ["application/vnd.ms-", "file"],
  ["application/vnd.oasis.", "file"],
  ["application/vnd.openxmlformats-", "file"],
  ["application/zip", "archive"],
  ["application/gzip", "archive"],
  ["application/vnd.rar", "archive"],
  ["application/x-tar", "archive"],
  ["application/x-7z", "archive"],
]

/**
 * The symbol of the page that stands for a file.
 * @param {File} file
 */
export function iconOf({ type }) {
  return `i-${icons.find(([begins]) => type.startsWith(begins))?.[1] ?? "clip"}`
}

/**
 * What a file is, in a word, and how large: "PDF · 184 KB". No file is called a PDF or a ZIP that
 * is none.
 * @param {File} file
 */
export function factsOf({ name, type, size }) {
  const extension = /[^]\.([a-z0-9]{1,5})$/i.exec(name)?.[1].toUpperCase() ?? ""
  const lies = /^(PDF|ZIP)$/.test(extension) && type !== `application/${extension.toLowerCase()}`
  return `${extension && !lies ? extension : "File"} · ${sizeOf(size)}`
}

/**
 * A number of bytes as people say it.
 * @param {number} bytes
 */
function sizeOf(bytes) {
  const [kilo, mega] = [1 << 10, 1 << 20]
  if (bytes >= 10 * mega) return `${Math.round(bytes / mega)} MB`
  if (bytes >= mega) return `${(Math.round((bytes * 10) / mega) / 10).toFixed(1)} MB`
  return `${Math.max(1, Math.round(bytes / kilo))} KB`
}
