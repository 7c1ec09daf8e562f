import { getJSON, Refused, sendJSON } from "../lib/api.js"
import { noticeRow } from "../view/notice.js"
import { numberOf } from "../view/query.js"
import { tellWhy } from "../view/tell.js"
import { localTimes } from "../view/times.js"

/**
 * <notice-list> keeps the page of notices up to date: what is new, read or deleted
 * elsewhere, or has moved up, shows here without a reload. What one opens is read.
 */
export class NoticeList extends HTMLElement {
  #removed = new AbortController()
  #busy = false
  #again = false
  /** @type {Set<string>} addresses of the forms that are on their way */
  #pressing = new Set()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    document.addEventListener("bell", () => void this.#renew(), { signal })
    // What has moved up between the page and its line, or while there was none, rings no bell.
    const joined = () => !this.#further && void this.#renew()
    document.addEventListener("joined", joined, { signal })
    if (document.querySelector("unread-watch[data-joined]")) joined()
    this.addEventListener("click", (event) => this.#opened(event), { signal })
    this.addEventListener("submit", (event) => void this.#pressed(event), { signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Event} event */
  #opened(event) {
    if (!(event.target instanceof Element)) return
    const item = event.target.closest("a")?.closest(".notification[data-unread]")
    if (!(item instanceof HTMLElement)) return
    const body = JSON.stringify({ ids: [numberOf(item.dataset.notice)] })
    // The page goes on to what the notice is about, and does not wait.
    void fetch("/api/v1/notifications/read", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      keepalive: true,
    }).catch(() => {})
  }

  /**
   * Marks or deletes without leaving the page.
   * @param {SubmitEvent} event
   */
  async #pressed(event) {
    const form = event.target
    if (!(form instanceof HTMLFormElement)) return
    const [, what, id] = /\/notifications\/(read|delete|mark-all-read)\/(?:(\d+)\/)?$/.exec(form.action) ?? []
    if (!what) return
    event.preventDefault()
    // The one that stood below takes the place, and the focus.
    const place = [...this.querySelectorAll(".notification-acts button")].indexOf(event.submitter ?? form)
    const { action } = form
    // Over a slow line one presses again.
    if (this.#pressing.has(action)) return
    this.#pressing.add(action)
    form.setAttribute("aria-busy", "true")
    try {
      if (what === "delete") await remove(id)
      else await sendJSON("POST", "/notifications/read", id ? { ids: [Number(id)] } : { all: true })
    } catch (error) {
      tellWhy(form, error)
      return
    } finally {
      this.#pressing.delete(action)
      form.removeAttribute("aria-busy")
    }
    await this.#renew()
    const buttons = this.querySelectorAll(".notification-acts button")
    const next = buttons[Math.min(Math.max(place, 0), buttons.length - 1)]
    if (next instanceof HTMLElement) next.focus()
    this.#say(what === "delete" ? "Deleted." : what === "read" ? "Marked as read." : "All are marked as read.")
  }

  /** @param {string} words */
  #say(words) {
    const status = this.querySelector('[role="status"]')
    if (status) status.textContent = words
  }

  /** Whether this is a page further back, which only the server draws. */
  get #further() {
    return new URLSearchParams(location.search).has("cursor")
  }

  /** Shows what the server has now; one question after the other. */
  async #renew() {
    this.#again = this.#busy
    if (this.#busy) return
    this.#busy = true
    try {
      do {
        this.#again = false
        await this.#ask()
      } while (this.#again)
    } catch {
      // The next bell asks again.
    } finally {
      this.#busy = false
    }
  }

  async #ask() {
    const query = new URLSearchParams(this.dataset.query)
    /** @type {{ notifications: import("../view/notice.js").Notice[], next: string }} */
    const { notifications, next } = await getJSON(`/notifications?${query}`)
    const list = this.querySelector(".notification-list")
    // What is there the first time or no more, and a page further back, the server draws.
    if (this.#further || !list || !notifications.length) {
      if (this.#further || list || notifications.length) location.reload()
      return
    }
    const rows = notifications.map(noticeRow)
    if (JSON.stringify([...list.children].map(shown)) === JSON.stringify(rows.map(shown))) return
    const at = document.activeElement?.closest(".notification")
    const id = at instanceof HTMLElement && list.contains(at) ? at.dataset.notice : undefined
    const link = document.activeElement instanceof HTMLAnchorElement
    list.replaceChildren(...rows)
    localTimes(list)
    // The next page begins behind what stands here now.
    const more = this.querySelector('.pages a[href*="cursor="]')
    if (more instanceof HTMLAnchorElement) {
      const url = new URL(more.href)
      url.searchParams.set("cursor", next)
      more.href = url.href
    } else if (next) location.reload()
    // Whoever is at a notice stays there.
    const again = id && list.querySelector(`.notification[data-notice="${id}"] ${link ? "a" : "button"}`)
    if (again instanceof HTMLElement) again.focus()
  }
}

/**
 * What tells a row from the same one of before or after: a notice that has moved up is newer.
 * @param {Element} row
 */
function shown(row) {
  const text = row.querySelector(".notification-more > bdi")?.textContent
  const at = row.querySelector("time")?.dateTime
  return [row.getAttribute("data-notice"), row.hasAttribute("data-unread"), at, text]
}

/** @param {string} id of a notice, which another tab may have deleted meanwhile */
async function remove(id) {
  try {
    await sendJSON("DELETE", `/notifications/${id}`)
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error
  }
}
