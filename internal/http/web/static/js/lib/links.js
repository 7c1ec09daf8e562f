/**
 * A piece of a message: plain text, or a link.
 * @typedef {object} Part
 * @property {string} text
 * @property {string} [href] of a link
 * @property {string} [host] where the link really leads, when the text does not plainly say so
 */

// The server has the same expressions, and both are held against one file of cases.
const linkForm = /\b(?:https?:\/\/|mailto:)[^\s\p{Z}\uFEFF\\<>"`，。、！？；：（）「」『』【】《》]+/giu
const webForm = /^https?:\/\/(?:([^/?#]*)@)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?(?:[/?#].*)?$/i
const mailForm = /^mailto:[a-z0-9.!#$%&'*+/=^_{|}~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i
const openers = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
])

/**
 * Finds the links of a text. Only what begins with http://, https:// or mailto: is one,
 * and only with a host in ASCII letters: others can look like a host that they are not.
 * @param {string} text
 * @returns {Part[]}
 */
export function partsOf(text) {
  /** @type {Part[]} */
  const all = []
  let plain = 0
  for (const { 0: found, index } of text.matchAll(linkForm)) {
    const link = trimLink(found)
    const host = hostOf(link)
    if (host === undefined) continue
    if (index > plain) all.push({ text: text.slice(plain, index) })
    all.push({ text: link, href: link, ...(host && { host }) })
    plain = index + link.length
  }
  if (plain < text.length) all.push({ text: text.slice(plain) })
  return all
}

/**
 * Leaves out what ends the sentence and not the link.
 * @param {string} link
 */
function trimLink(link) {
  const count = (/** @type {string} */ mark) => link.split(mark).length
  while (link !== "") {
    const last = link[link.length - 1]
    const opener = openers.get(last)
    if (!".,;:!?'*_~".includes(last) && !(opener && count(opener) < count(last))) break
    link = link.slice(0, -1)
  }
  return link
}

/**
 * @param {string} link
 * @returns {string | undefined} "" for a link that says where it leads, undefined for none that may be followed
 */
function hostOf(link) {
  if (mailForm.test(link)) return ""
  const [, name, host] = webForm.exec(link) ?? []
  if (host === undefined || host.includes("..")) return undefined
  return name ? host.toLowerCase() : ""
}
