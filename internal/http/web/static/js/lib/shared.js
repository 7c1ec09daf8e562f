import { bytesWithin } from "./database.js"
import { keep, kept } from "./memory.js"

/**
 * What another app has shared with SwapNest, until its owner chooses a conversation.
 * @typedef {object} Shared
 * @property {number} user whose it is, 0 for who signs in next
 * @property {number} at when, in milliseconds
 * @property {string} text
 * @property {File[]} files
 */

/** More is not taken: a message can have fewer files, and says so itself. */
export const most = { files: 20, bytes: 200 << 20, chars: 20_000 }

const day = 24 * 60 * 60_000
const hour = 60 * 60_000

/**
 * What is kept of a form that another app has filled: pictures, and title, text and address as one
 * text, each said once.
 * @param {{ getAll(name: string): (File | string)[] }} form
 * @param {number | undefined} user
 * @param {number} now milliseconds
 * @returns {Shared}
 */
export function readShared(form, user, now) {
  /** @type {string[]} */
  const lines = []
  for (const name of ["title", "text", "url"]) {
    const said = form.getAll(name).filter((one) => typeof one === "string").join(" ").trim() // prettier-ignore
    if (said && !lines.some((line) => line.includes(said))) lines.push(said)
  }
  let bytes = 0
  const files = []
  for (const file of form.getAll("files")) {
    if (typeof file === "string" || !file.type.startsWith("image/") || file.size === 0) continue
    bytes += file.size
    if (files.length < most.files && bytes <= most.bytes) files.push(file)
  }
  return { user: user ?? 0, at: now, text: [...lines.join("\n")].slice(0, most.chars).join(""), files }
}

/**
 * Whether something that waits is for somebody, now.
 * @param {Shared | undefined} shared
 * @param {number} me
 * @param {number} now milliseconds
 */
export function isFor(shared, me, now) {
  if (!shared || (shared.text === "" && shared.files.length === 0)) return false
  const age = now - shared.at
  return shared.user === 0 ? age < hour : shared.user === me && age < day
}

/**
 * What waits, in words: "2 photos and a text".
 * @param {Shared} shared
 */
export function inWords({ text, files: { length } }) {
  const photos = length === 0 ? "" : length === 1 ? "1 photo" : `${length} photos`
  return [photos, text && "a text"].filter(Boolean).join(" and ")
}

/**
 * Keeps what was shared, in place of what waited before. Like the rest it throws where the browser keeps nothing,
 * or does not answer in time.
 * @param {Shared} shared
 */
export async function putShared(shared) {
  await keep("shared", shared, { patience: bytesWithin })
}

/**
 * What waits for somebody.
 * @param {number} me 0 for whoever looks, as long as nobody takes it
 * @returns {Promise<Shared | undefined>}
 */
export async function peekShared(me) {
  const shared = await kept("shared")
  return me === 0 || isFor(shared, me, Date.now()) ? shared : undefined
}

/**
 * Takes what waits for somebody: nobody gets it again.
 * @param {number} me
 * @returns {Promise<Shared | undefined>}
 */
export async function takeShared(me) {
  const shared = await peekShared(me)
  if (shared) await dropShared()
  return shared
}

/** Forgets what waits. */
export async function dropShared() {
  await keep("shared", undefined)
}
