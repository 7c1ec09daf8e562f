/** An emoji, its name, and other words that it is found by. @typedef {[string, string, string]} Emoji */

/** @typedef {{ name: string, emoji: Emoji[] }} Group */

const mostRecent = 24
const mostFound = 120

/**
 * The emoji that all words of a search fit, those first whose name they fit.
 * @param {Group[]} groups
 * @param {string} search
 * @returns {Emoji[]}
 */
export function findEmoji(groups, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (/** @type {string} */ text) => {
    const parts = text.toLowerCase().split(/[\s:,-]+/)
    return words.every((word) => parts.some((part) => part.startsWith(word)))
  }
  const all = groups
    .flatMap(({ emoji }) => emoji)
    .filter(([one, name, more]) => one === search.trim() || fits(`${name} ${more}`))
  const named = all.filter(([, name]) => fits(name))
  return [...new Set([...named, ...all])].slice(0, mostFound)
}

/** What one has chosen last, the newest first; each person's own in a browser. */
export class RecentEmoji {
  #storage
  #key

  /**
   * @param {() => Pick<Storage, "getItem" | "setItem">} storage may throw
   * @param {number} user
   */
  constructor(storage, user) {
    this.#storage = storage
    this.#key = `swapnest.emoji.${user}`
  }

  /** @returns {string[]} */
  get all() {
    try {
      const all = JSON.parse(this.#storage().getItem(this.#key) ?? "[]")
      return Array.isArray(all) ? all.filter((one) => typeof one === "string") : []
    } catch {
      return []
    }
  }

  /** @param {string} emoji */
  add(emoji) {
    try {
      const all = [emoji, ...this.all.filter((one) => one !== emoji)]
      this.#storage().setItem(this.#key, JSON.stringify(all.slice(0, mostRecent)))
    } catch {
      // It is chosen all the same.
    }
  }
}
