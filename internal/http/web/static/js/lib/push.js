/**
 * What the server sends to a browser that is closed: that there is something new, or that it was
 * read elsewhere.
 * @typedef {object} News
 * @property {"notice"} type
 * @property {number} notice its id
 * @property {string} tag the same for all that is told of one conversation
 * @property {string} title
 * @property {string} [body]
 * @property {string} url below the site
 * @property {number} at milliseconds
 * @property {number} unread conversations
 * @property {number} user whom it is for
 */

/** @typedef {{ type: "clear", notice: number, tag: string, unread: number, user: number }} Cleared */

/**
 * What a notification on the screen carries.
 * @typedef {object} Carried
 * @property {number} notice
 * @property {string} url
 * @property {number} user
 * @property {number} at milliseconds, of the newest message that it tells of
 * @property {number} rang when it was last heard
 */

/** @typedef {{ tag: string, data: Carried }} Shown */
/** @typedef {{ url: string, visible: boolean }} Page */

/**
 * How far somebody is done with what was told under a tag.
 * @typedef {{ notice: number, at: number }} Done
 */

/**
 * What a worker does about a push.
 * @typedef {object} Deed
 * @property {string[]} close tags
 * @property {{ title: string, body?: string, tag: string, renotify: boolean, timestamp: number, data: Carried }} [show]
 * @property {number} [unread] for the badge of the installed site
 * @property {[string, Done]} [done] to be remembered
 * @property {boolean} [stray] nobody is signed in here: this browser is to get no more
 */

const listOfNotices = "/notifications/"
/** a burst of messages is heard once in so many milliseconds */
const quiet = 5_000
/** so many tags are remembered */
const most = 100

/**
 * Reads a push. What this version cannot read is undefined.
 * @param {string | undefined} text
 * @returns {News | Cleared | undefined}
 */
export function readPush(text) {
  let read
  try {
    read = JSON.parse(text ?? "")
  } catch {
    return undefined
  }
  if (!isObject(read) || !counts(read.notice) || !isText(read.tag) || !counts(read.user) || !read.user) return undefined
  const { type, notice, tag, user } = read
  const unread = counts(read.unread) ? read.unread : 0
  if (type === "clear") return { type, notice, tag, unread, user }
  const at = Date.parse(read.at)
  if (type !== "notice" || !isText(read.title) || Number.isNaN(at) || !isPath(read.url)) return undefined
  return {
    type,
    notice,
    tag,
    title: read.title,
    ...(isText(read.body) && { body: read.body }),
    url: read.url,
    at,
    unread,
    user,
  }
}

/**
 * Decides what becomes of a push.
 * @param {News | Cleared | undefined} push
 * @param {object} now
 * @param {number | undefined} now.me who is signed in in this browser
 * @param {Shown[]} now.shown notifications on the screen
 * @param {Page[]} now.pages of the site
 * @param {ReadonlyMap<string, Done>} now.done
 * @param {number} now.at milliseconds
 * @returns {Deed}
 */
export function decide(push, { me, shown, pages, done, at }) {
  if (me === undefined) return { close: [], stray: true }
  if (!push) return { close: [], show: plain(me, at) }
  if (push.user !== me) return { close: [] }
  const { tag, notice, unread } = push
  if (push.type === "clear") {
    const close = shown.filter((one) => one.tag === tag && one.data.notice <= notice).map((one) => one.tag)
    // A message that was sent before, and comes after this one, shows nothing.
    return { close, unread, done: [tag, { notice, at: Infinity }] }
  }
  const before = done.get(tag)
  if (before && compare(push, before) <= 0) return { close: [], unread }
  if (pages.some((page) => page.visible && pathOf(page.url) === pathOf(push.url))) return { close: [] }
  const there = shown.find((one) => one.tag === tag)
  if (there && compare(push, there.data) < 0) return { close: [], unread }
  // Sent once more it is no news, and a burst is heard once.
  const rings = !there || (compare(push, there.data) > 0 && at - there.data.rang >= quiet)
  const data = { notice, url: push.url, user: me, at: push.at, rang: rings ? at : there.data.rang }
  const { title, body } = push
  const text = { title, ...(body !== undefined && { body }) }
  return { close: [], unread, show: { ...text, tag, renotify: rings, timestamp: push.at, data } }
}

/**
 * What to remember, with something that somebody is done with: the newest tags only.
 * @param {ReadonlyMap<string, Done>} all
 * @param {string} tag
 * @param {Done} what
 * @returns {Map<string, Done>}
 */
export function remember(all, tag, what) {
  const before = all.get(tag)
  const rest = [...all].filter(([key]) => key !== tag)
  return new Map(
    [...rest, /** @type {const} */ ([tag, before && compare(before, what) > 0 ? before : what])].slice(-most),
  )
}

/**
 * Which notifications on the screen tell of what was read or deleted meanwhile.
 * @param {Shown[]} shown
 * @param {{ id: number, created_at: string }[]} unread notices, the newest first
 * @param {boolean} all whether there are no further ones
 * @returns {Shown[]}
 */
export function settled(shown, unread, all) {
  const ids = new Set(unread.map((one) => one.id))
  // Of what is older than the list nothing is known.
  const since = all ? -Infinity : Date.parse(unread.at(-1)?.created_at ?? "")
  return shown.filter(({ data }) => data.notice > 0 && !ids.has(data.notice) && data.at > since)
}

/**
 * Where a click leads: to a page that shows it, by another page of the site, or to a new one.
 * Pages on which somebody may be filling in a form stay as they are.
 * @param {string[]} pages whole addresses, the one that was used last first
 * @param {string} url
 * @param {string} origin
 * @returns {{ focus: number } | { lead: number, to: string } | { open: string }}
 */
export function choose(pages, url, origin) {
  const to = new URL(isPath(url) ? url : listOfNotices, origin).href
  const focus = pages.findIndex((page) => pathOf(page) === pathOf(to))
  if (focus >= 0) return { focus }
  const lead = pages.findIndex((page) => holdsNothing.test(pathOf(page)))
  return lead >= 0 ? { lead, to } : { open: to }
}

/** Pages without anything typed, or with a draft that is kept. */
const holdsNothing = /^\/($|chat\/|notifications\/$|shop\/|search\/|categories\/|accounts\/my-)/

/**
 * @param {number} me
 * @param {number} at
 */
function plain(me, at) {
  const data = { notice: 0, url: listOfNotices, user: me, at, rang: at }
  return { title: "Something new on SwapNest", tag: "swapnest", renotify: false, timestamp: at, data }
}

/**
 * Which of two tells of more: below 0 for b.
 * @param {Done} a
 * @param {Done} b
 */
function compare(a, b) {
  return a.notice - b.notice || Math.sign(a.at - b.at) || 0
}

/** @param {string} url whole, or below the site */
function pathOf(url) {
  return new URL(url, "https://site.invalid").pathname
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null
}

/** @param {unknown} value */
function counts(value) {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string" && value !== ""
}

/** @param {unknown} url whether it is an address of this site, whatever stands in it */
function isPath(url) {
  return typeof url === "string" && /^\/(?![/\\])/.test(url)
}
