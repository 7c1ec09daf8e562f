// What the service worker keeps for when there is no line, and what it answers: decisions alone.

/** A page that has not come after so long is shown as it was kept. */
export const patience = 4_000

/** A page of which there is no copy, and of which nothing has come after so long, is given up. */
export const mostPatience = 15_000

/** So many conversations are kept, of so many versions of the site, and so many pictures of such a size. */
export const limits = { conversations: 20, versions: 3, pictures: 200, pictureBytes: 150_000 }

/** The pages of a person are in a cache of this name, followed by their id. */
export const pagesName = "swapnest.pages."

/** What a page of a conversation loads late and is wanted without a line, below its files. */
const late = ["composer-files", "uploads", "attachments", "shared"].map((name) => `js/joined/${name}.js`)
const lateStyles = ["composer-files", "attachment"].map((name) => `css/${name}.css`)

/**
 * What is looked at of a request.
 * @typedef {object} Asked
 * @property {string} method
 * @property {string} mode
 * @property {string} path
 * @property {boolean} ours whether it goes to this site
 * @property {boolean} ranged whether it asks for a piece
 * @property {string} from the path of the page that asks
 */

/**
 * What is to be done with a request: "leave" is the browser's own way.
 * @param {Asked} asked
 * @returns {"page" | "static" | "picture" | "share" | "log out" | "form" | "leave"}
 */
export function wayOf({ method, mode, path, ours, ranged, from }) {
  if (!ours || ranged) return "leave"
  if (method === "POST" && path === "/share/" && mode === "navigate") return "share"
  if (method === "POST" && path === "/accounts/logout/") return "log out"
  if (method === "POST" && mode === "navigate" && isPage(path)) return "form"
  if (method !== "GET") return "leave"
  if (mode === "navigate") return isPage(path) ? "page" : "leave"
  if (sumOf(path)) return "static"
  return isPicture(path) && from.startsWith("/chat/") ? "picture" : "leave"
}

/**
 * Whether an address is of a page. What is saved to a file, and what machines ask for, is not touched.
 * @param {string} path
 */
function isPage(path) {
  return path.endsWith("/") && !/^\/(api|ws|static|media|attachments|metrics|debug)\//.test(path)
}

/** @param {string} path */
function isPicture(path) {
  return /^\/attachments\/[^/]+\/thumb$/.test(path) || path.startsWith("/media/")
}

/**
 * The version of the site that a file is of.
 * @param {string} path
 * @returns {string} "" for none of our files
 */
export function sumOf(path) {
  return path.match(/^\/static\/([0-9a-f]{16})\//)?.[1] ?? ""
}

/**
 * Under which path a page is kept: the list of conversations, and a conversation.
 * @param {string} path
 * @returns {string} "" for one that is not kept
 */
export function keyOf(path) {
  return path === "/chat/" || isConversation(path) ? path : ""
}

/** @param {string} path */
function isConversation(path) {
  return /^\/chat\/conversation\/[1-9]\d*\/$/.test(path)
}

/**
 * Whose page an answer is.
 * @param {string | null} said by the header SwapNest-Person
 * @returns {number | "nobody" | undefined} undefined when it is not known
 */
export function whoseIs(said) {
  if (said === "nobody") return said
  return said && /^[1-9]\d*$/.test(said) ? Number(said) : undefined
}

/**
 * Whether the server is not there, so that a page of before says more than this answer.
 * @param {number} status
 */
export function isDown(status) {
  return status >= 502 && status <= 504
}

/**
 * What a page needs to be shown as it is.
 * @param {string} html as the server has written it
 * @returns {{ sum: string, files: string[], late: string[], pictures: string[] }} addresses; of pictures the last ones
 */
export function partsOf(html) {
  const files = new Set([...html.matchAll(/"(\/static\/[0-9a-f]{16}\/[^"?#]+)"/g)].map(([, path]) => path))
  const sum = sumOf([...files].find((path) => path.endsWith(".js")) ?? "")
  const shown = [...html.matchAll(/\ssrc="([^"]+)"/g)].map(([, src]) => plain(src)).filter(isPicture)
  const wanted = html.includes("<message-composer") ? [...late, ...lateStyles] : []
  if (html.includes("<voice-note")) wanted.push("js/joined/voice.js")
  return {
    sum,
    files: [...files].filter((path) => sumOf(path) === sum),
    late: wanted.map((name) => `/static/${sum}/${name}`),
    pictures: [...new Set(shown)].slice(-40),
  }
}

/**
 * The scripts beside it that a script imports.
 * @param {string} script
 * @param {string} path of it
 * @returns {string[]} their paths
 */
export function importsOf(script, path) {
  const beside = path.slice(0, path.lastIndexOf("/") + 1)
  return [...script.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g)].map(([, name]) => beside + name)
}

/**
 * Who a page is with, and about what, as its reader sees it.
 * @param {string} html
 * @returns {{ name: string, about: string }}
 */
export function namesOf(html) {
  const title = html.match(/<title>([^<]*)<\/title>/)?.[1] ?? ""
  const about = html.match(/class="pinned-title"><bdi>([^<]*)</)?.[1] ?? ""
  return { name: plain(title.replace(/^\(\d+\+?\) /, "").replace(/ · SwapNest$/, "")), about: plain(about) }
}

const escaped = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'", "&#43;": "+" }

/**
 * What html/template has escaped.
 * @param {string} text
 */
function plain(text) {
  return text.replace(/&(?:amp|lt|gt|#34|#39|#43);/g, (one) => escaped[/** @type {keyof typeof escaped} */ (one)])
}

/**
 * A page says to its script that it is one of before.
 * @param {string} html
 * @param {string} at RFC 3339, when it was kept
 */
export function marked(html, at) {
  return html.replace("<body", `<body data-kept="${at}"`)
}

/**
 * Why the page that stands in for another is shown: there is no line, the page does not come, one could not be
 * logged out, or what one has sent was not answered.
 * @typedef {"line" | "late" | "log out" | "form"} Why
 */

/**
 * The page that stands in for another says why to its script.
 * @param {string} html
 * @param {Why} why
 */
export function saying(html, why) {
  return html.replace("<body", `<body data-why="${why}"`)
}

/**
 * A page that is kept, with when and of which version.
 * @typedef {{ path: string, at: number, sum: string }} Entry
 */

/**
 * Which pages go: the oldest conversations beyond the limit, and pages of versions long gone.
 * @param {Entry[]} entries
 * @param {{ conversations: number, versions: number }} [most]
 * @returns {string[]} their paths
 */
export function excess(entries, most = limits) {
  const newest = [...entries].sort((a, b) => b.at - a.at)
  const sums = [...new Set(newest.map(({ sum }) => sum))].slice(0, most.versions)
  const left = newest.filter(({ sum }) => sums.includes(sum))
  const some = left.filter(({ path }) => isConversation(path)).slice(0, most.conversations)
  return entries.filter((one) => !left.includes(one) || (isConversation(one.path) && !some.includes(one))).map(({ path }) => path) // prettier-ignore
}
