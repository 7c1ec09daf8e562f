const remembered = "swapnest.list"
const most = 200

/**
 * Where the reader is in the list of conversations, remembered for this tab: which entry
 * stands where, and how many there are. The list is as it was when one comes back to it,
 * by whatever way, and however many pages of it were loaded.
 */
export class ListPlace {
  #list
  #filter
  #more
  /** @type {{ count: number, id: string, top: number } | undefined} still to be brought back */
  #wanted

  /**
   * @param {HTMLElement} list what scrolls
   * @param {string} filter
   * @param {() => void} more loads the next page
   */
  constructor(list, filter, more) {
    this.#list = list
    this.#filter = filter
    this.#more = more
    try {
      const kept = JSON.parse(sessionStorage.getItem(remembered) ?? "null")
      if (kept?.filter === filter && kept.scrolled) this.#wanted = kept
    } catch {
      // Without storage one begins at the top.
    }
  }

  /** The page is left. */
  keep() {
    if (!this.#shown || this.#wanted) return
    const edge = this.#list.getBoundingClientRect().top
    const items = [...this.#list.querySelectorAll(".inbox-item")]
    const first = items.find((item) => item.getBoundingClientRect().bottom > edge)
    const kept = {
      filter: this.#filter,
      scrolled: this.#list.scrollTop > 0,
      count: items.length,
      id: first?.getAttribute("data-conversation") ?? "",
      top: (first?.getBoundingClientRect().top ?? edge) - edge,
    }
    try {
      sessionStorage.setItem(remembered, JSON.stringify(kept))
    } catch {
      // The same.
    }
  }

  /**
   * Goes back to where one was, as soon as enough is loaded.
   * @param {boolean} [complete] nothing more will come
   */
  restore(complete = false) {
    if (!this.#wanted || !this.#shown) return
    const { count, id, top } = this.#wanted
    if (this.#list.querySelectorAll(".inbox-item").length < Math.min(count, most) && !complete) {
      this.#more()
      return
    }
    this.#wanted = undefined
    const item = this.#list.querySelector(`.inbox-item[data-conversation="${CSS.escape(id)}"]`)
    if (!item) return
    this.#list.scrollTop += item.getBoundingClientRect().top - this.#list.getBoundingClientRect().top - top
  }

  /** On a phone the list is not there while one reads a conversation. */
  get #shown() {
    return this.#list.offsetParent !== null
  }
}

/**
 * The way back to the list is the way one came, where that was the list: so the
 * browser's own Back does not lead into the conversation again.
 * @param {HTMLAnchorElement} link
 * @param {AbortSignal} signal
 */
export function goBackTo(link, signal) {
  const listen = (/** @type {MouseEvent} */ event) => {
    const here = link.pathname + link.search
    const from = document.referrer && new URL(document.referrer)
    if (event.ctrlKey || event.metaKey || event.shiftKey || !from || from.origin !== location.origin) return
    if (from.pathname + from.search !== here || history.length < 2) return
    event.preventDefault()
    history.back()
  }
  link.addEventListener("click", listen, { signal })
}
