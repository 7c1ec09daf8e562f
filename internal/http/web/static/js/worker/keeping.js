import { excess, importsOf, keyOf, limits, marked, namesOf, pagesName, partsOf, patience, sumOf } from "../lib/kept.js"
import { makeQueue } from "./queue.js"

// The caches, by name: files by the version of the site, pages and pictures by the person whose they are.
const shell = "swapnest.shell"
const files = (/** @type {string} */ sum) => `swapnest.static.${sum}`
const pages = (/** @type {number} */ person) => pagesName + person
const picturesName = "swapnest.pictures."
const pictures = (/** @type {number} */ person) => picturesName + person

/** The page that stands in for those that are not kept. */
const standIn = "/offline/"
/** On a line that only swallows nothing waits for ever. */
const answersWithin = 30_000
const anyway = { ignoreVary: true, ignoreSearch: true }

// One after the other, so that nothing is taken away that another page needs.
const queue = makeQueue()
/** Rises whenever somebody's pages are forgotten: what was under way before is not kept. */
let generation = 0

/** @param {() => Promise<void>} run */
function inTurn(run) {
  // What could not be kept is not there later, and nothing else depends on it.
  return queue(run).catch(() => {})
}

/**
 * Keeps a page with the files that it needs, or nothing.
 * @param {number} person whose it is
 * @param {string} path
 * @param {Response} answer
 */
export function keepPage(person, path, answer) {
  const began = generation
  return inTurn(async () => {
    const html = await answer.text()
    const { sum, pictures } = await keepFiles(html)
    if (began !== generation) return
    const cache = await caches.open(pages(person))
    await cache.put(path, copyOf(answer, html, sum))
    // Somebody may have logged out in this very moment.
    if (began !== generation) return void (await caches.delete(pages(person)))
    await keepShell(sum)
    await tidy(cache)
    for (const picture of pictures) await keepPicture(person, picture)
  })
}

/**
 * Keeps the page that stands in for others, unless the one that is kept is of this version.
 * @param {string} [sum]
 */
async function keepShell(sum) {
  const cache = await caches.open(shell)
  const kept = await cache.match(standIn, anyway)
  if (kept && sum && kept.headers.get("Kept-Sum") === sum) return
  // As it is for nobody.
  const answer = await ask(standIn, { credentials: "omit", cache: "no-cache" })
  const html = await answer.text()
  await cache.put(standIn, copyOf(answer, html, (await keepFiles(html)).sum))
}

/** Keeps the page that stands in for others as it is now. */
export function keepStandIn() {
  return inTurn(() => keepShell())
}

/**
 * @param {string} html
 * @returns {Promise<{ sum: string, pictures: string[] }>}
 */
async function keepFiles(html) {
  const { sum, files: needed, late, pictures } = partsOf(html)
  if (!sum) throw new Error("the page is of no known version")
  const cache = await caches.open(files(sum))
  /** @type {Set<string>} */
  const seen = new Set()
  const keep = async (/** @type {string} */ path) => {
    if (seen.has(path)) return
    seen.add(path)
    const file = (await cache.match(path, anyway)) ?? (await keepFile(cache, path))
    if (path.endsWith(".js")) await Promise.all(importsOf(await file.text(), path).filter((one) => late.includes(path) || late.includes(one)).map(keep)) // prettier-ignore
  }
  await Promise.all([...needed, ...late].map(keep))
  return { sum, pictures }
}

/**
 * @param {Cache} cache
 * @param {string} path
 */
async function keepFile(cache, path) {
  const answer = await ask(path)
  // A server of another version answers with what it has: that is not to be mixed with this page.
  if (!isLasting(answer)) throw new Error("the file is of another version")
  await cache.put(path, answer.clone())
  return answer
}

/** @param {Response} answer */
function isLasting(answer) {
  return answer.status === 200 && /\bimmutable\b/.test(answer.headers.get("Cache-Control") ?? "")
}

/**
 * @param {string} path
 * @param {RequestInit} [more]
 * @returns {Promise<Response>} that went well
 */
export async function ask(path, more) {
  const signal = AbortSignal.timeout(answersWithin)
  const answer = await fetch(path, { credentials: "same-origin", redirect: "manual", signal, ...more })
  if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`)
  return answer
}

/**
 * @param {Response} answer
 * @param {string} html
 * @param {string} sum
 */
function copyOf(answer, html, sum) {
  const at = new Date().toISOString()
  const headers = new Headers(answer.headers)
  // It is unpacked.
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name)
  const { name, about } = namesOf(html)
  const said = { At: at, Sum: sum, Name: encodeURIComponent(name), About: encodeURIComponent(about) }
  for (const [key, value] of Object.entries(said)) headers.set(`Kept-${key}`, value)
  return new Response(marked(html, at), { headers })
}

/** @param {Cache} cache of pages: takes away what is too much, and the files that no page needs */
async function tidy(cache) {
  const entries = []
  for (const request of await cache.keys()) {
    const headers = (await cache.match(request, anyway))?.headers
    const at = Date.parse(headers?.get("Kept-At") ?? "") || 0
    entries.push({ path: new URL(request.url).pathname, at, sum: headers?.get("Kept-Sum") ?? "" })
  }
  const gone = excess(entries)
  for (const path of gone) await cache.delete(path, anyway)
  const stand = await (await caches.open(shell)).match(standIn, anyway)
  const used = entries.filter(({ path }) => !gone.includes(path)).map(({ sum }) => files(sum))
  const unused = (await caches.keys()).filter((name) => name.startsWith(files("")) && !used.includes(name))
  for (const name of unused) if (name !== files(stand?.headers.get("Kept-Sum") ?? "")) await caches.delete(name)
}

/**
 * The copy of a page.
 * @param {number | undefined} person
 * @param {string} path
 * @returns {Promise<Response | undefined>}
 */
export async function findPage(person, path) {
  const key = keyOf(path)
  const name = person === undefined ? "" : pages(person)
  if (!key || !name || !(await caches.has(name))) return undefined
  return (await caches.open(name)).match(key, anyway)
}

/** @returns {Promise<Response | undefined>} */
export async function findStandIn() {
  return (await caches.open(shell)).match(standIn, anyway)
}

/**
 * A file as it is kept, or as the server has it; one of a version that is kept is kept, too.
 * @param {FetchEvent} event
 * @returns {Promise<Response>}
 */
export async function findFile({ request }) {
  const path = new URL(request.url).pathname
  const name = files(sumOf(path))
  // A browser whose storage fails has the network.
  const cache = await caches.has(name).then((is) => (is ? caches.open(name) : undefined), () => undefined) // prettier-ignore
  const kept = await cache?.match(path, anyway).catch(() => undefined)
  if (kept) return kept
  const answer = await fetch(request)
  if (cache && isLasting(answer)) void cache.put(path, answer.clone()).catch(() => {})
  return answer
}

/**
 * A picture of a conversation as the server has it; as it is kept, when the server does not answer in time.
 * @param {Request} request
 * @param {number | undefined} person
 * @returns {Promise<Response>}
 */
export async function findPicture(request, person) {
  const path = new URL(request.url).pathname
  const cache = person === undefined ? undefined : await caches.open(pictures(person)).catch(() => undefined)
  const kept = await cache?.match(path, anyway).catch(() => undefined)
  try {
    const coming = fetch(request)
    const answer = await (kept ? Promise.race([coming, late()]) : coming)
    // Whoever may not see it any more does not see the copy either.
    if (kept && (answer.status === 404 || answer.status === 410)) await cache?.delete(path, anyway)
    else if (person !== undefined && !kept && answer.status === 200) void putPicture(person, path, answer.clone()).catch(() => {}) // prettier-ignore
    return answer
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

/** The server had its time. */
export class Late extends Error {}

/**
 * Rejects once the server had its time.
 * @param {number} [time] milliseconds
 * @returns {Promise<never>}
 */
export function late(time = patience) {
  return new Promise((_, reject) => setTimeout(() => reject(new Late("the server does not answer")), time))
}

/**
 * @param {number} person
 * @param {string} path
 */
async function keepPicture(person, path) {
  if (await (await caches.open(pictures(person))).match(path, anyway)) return
  await putPicture(person, path, await ask(path)).catch(() => {})
}

/**
 * @param {number} person
 * @param {string} path
 * @param {Response} answer
 */
async function putPicture(person, path, answer) {
  const began = generation
  const cache = await caches.open(pictures(person))
  // What is under an address never changes.
  if (await cache.match(path, anyway)) return
  const bytes = await answer.blob()
  if (bytes.size > limits.pictureBytes || began !== generation) return
  const { headers } = answer
  await cache.put(path, new Response(bytes, { headers }))
  if (began !== generation) return void (await caches.delete(pictures(person)))
  const all = await cache.keys()
  for (const request of all.slice(0, Math.max(0, all.length - limits.pictures))) await cache.delete(request, anyway)
}

/**
 * Forgets what is kept of everybody but one.
 * @param {number | undefined} person undefined: of everybody
 */
export async function forgetOthers(person) {
  const own = person === undefined ? [] : [pages(person), pictures(person)]
  const personal = (/** @type {string} */ name) => name.startsWith(pagesName) || name.startsWith(picturesName)
  const others = (await caches.keys()).filter((name) => personal(name) && !own.includes(name))
  if (others.length > 0 || person === undefined) generation++
  for (const name of others) await caches.delete(name)
}
