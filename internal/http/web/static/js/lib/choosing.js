/**
 * A file as somebody has chosen it.
 * @typedef {{ name: string, type: string, size: number, folder?: boolean }} Wanted
 */

/**
 * What a message may carry, as the server says it.
 * @typedef {{ imageBytes: number, fileBytes: number, files: number }} Limits
 */

// What can become a picture has a limit of its own; all else, HEIC too, is sent as a file.
const pictures = ["image/jpeg", "image/png", "image/gif", "image/webp"]

/**
 * Which files can go with a message, and what is said of the others, before anything is sent.
 * @template {Wanted} T
 * @param {T[]} wanted
 * @param {number} there how many stand at the composer already
 * @param {Limits} limits
 * @returns {{ taken: T[], said: string }}
 */
export function choose(wanted, there, { imageBytes, fileBytes, files }) {
  const said = []
  const good = []
  for (const one of wanted) {
    const image = pictures.includes(one.type)
    const most = image ? imageBytes : fileBytes
    if (one.folder) said.push(`${one.name} is a folder: choose the files in it.`)
    else if (one.size === 0) said.push(`${one.name} is empty.`)
    else if (one.size > most)
      said.push(
        `${one.name} has ${sizeOf(one.size)}; a ${image ? "picture" : "file"} can have at most ${sizeOf(most)}.`,
      )
    else good.push(one)
  }
  const room = Math.max(0, files - there)
  const left = good.length - room
  if (left > 0) {
    const out = left === 1 ? `${good[room].name} was left out` : `${left} were left out`
    said.push(`A message can have at most ${files} ${files === 1 ? "file" : "files"}: ${out}.`)
  }
  return { taken: good.slice(0, room), said: said.join(" ") }
}

/**
 * Megabytes, never less than they are: what is too large does not look as if it were not.
 * @param {number} bytes
 */
function sizeOf(bytes) {
  const tenths = Math.ceil((10 * bytes) / (1 << 20))
  return `${tenths % 10 === 0 || tenths >= 1_000 ? Math.ceil(tenths / 10) : (tenths / 10).toFixed(1)} MB`
}
