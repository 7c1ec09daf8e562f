import { one } from "../view/query.js"

const near = 96
const far = 240

/**
 * <timeline-view> keeps the reader's place: it follows new messages near the end,
 * offers to jump there otherwise, and asks for older ones ("older") near the beginning.
 * The timeline is a reversed column, so scrollTop is 0 at its end and negative above;
 * what is put in front moves nothing by itself.
 */
export class TimelineView extends HTMLElement {
  #removed = new AbortController()
  #timeline = /** @type {HTMLElement} */ (/** @type {unknown} */ (null))
  #jump = /** @type {HTMLElement} */ (/** @type {unknown} */ (null))
  #missed = 0
  #height = 0
  #wasNear = true
  /** @type {IntersectionObserver | undefined} */
  #top
  #announcer = document.createElement("p")

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.#timeline = one(this, ".timeline", HTMLElement)
    this.#jump = one(this, ".jump", HTMLElement)
    // The log itself is silent: history and ticks are not news. This line is.
    this.#announcer.className = "sr"
    this.#announcer.setAttribute("aria-live", "polite")
    this.append(this.#announcer)
    this.addEventListener("before-draw", () => this.#before(), { signal })
    this.addEventListener("drawn", (event) => this.#after(/** @type {CustomEvent} */ (event).detail), { signal })
    this.#timeline.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true })
    this.#jump.addEventListener("click", (event) => this.#toEnd(event), { signal })
    addEventListener("resize", () => this.#scrolled(), { signal })
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("older-changed", (event) => this.#olderLink(/** @type {CustomEvent} */ (event).detail), {
      signal,
    })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.#watchTop()
    this.#open()
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#top?.disconnect()
    this.#announcer.remove()
  }

  get #away() {
    return Math.abs(this.#timeline.scrollTop)
  }

  /** Opens at the first message that is new, with a glimpse of what came before. */
  #open() {
    const divider = this.querySelector("li.unread")
    if (divider instanceof HTMLElement && !location.hash.startsWith("#m")) {
      const { top } = divider.getBoundingClientRect()
      const gap = top - this.#timeline.getBoundingClientRect().top - 48
      if (gap < 0) this.#timeline.scrollTop += gap
    }
    this.#scrolled()
  }

  #before() {
    this.#height = this.#timeline.scrollHeight
    this.#wasNear = this.#away <= near
  }

  /** @param {{ why: import("../lib/thread.js").Why, fresh: import("../lib/timeline.js").Item[] }} change */
  #after({ why, fresh }) {
    const grown = this.#timeline.scrollHeight - this.#height
    if (why === "own" || why === "reset" || this.#wasNear) {
      if (why !== "older" && why !== "start") this.#timeline.scrollTop = 0
    } else if (why !== "older") {
      // What is read stays where it is, although something was added below it.
      this.#timeline.scrollTop -= grown
      this.#missed += fresh.length
    }
    if (fresh.length > 0) this.#announce(fresh)
    this.#scrolled()
  }

  /** @param {import("../lib/timeline.js").Item[]} fresh */
  #announce(fresh) {
    const name = this.querySelector("message-list")?.getAttribute("data-other-name") ?? ""
    this.#announcer.textContent = fresh.map(({ text }) => `${name}: ${text}`).join("\n")
  }

  #scrolled() {
    if (this.#away <= near) this.#missed = 0
    this.#jump.hidden = this.#away <= far && this.#missed === 0
    const count = one(this.#jump, ".count", HTMLElement)
    count.hidden = this.#missed === 0
    count.textContent = String(this.#missed)
  }

  /** @param {Event} event */
  #toEnd(event) {
    event.preventDefault()
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    this.#timeline.scrollTo({ top: 0, behavior: calm ? "auto" : "smooth" })
  }

  #watchTop() {
    const older = this.#timeline.querySelector(".older:first-child")
    if (!older) return
    this.#top = new IntersectionObserver(
      ([entry]) => entry.isIntersecting && this.#timeline.scrollTop !== 0 && this.#older(),
      { root: this.#timeline, rootMargin: "400px 0px 0px" },
    )
    this.#top.observe(older)
  }

  /** @param {Event} event */
  #clicked(event) {
    const { target } = event
    if (!(target instanceof Element) || !target.closest(".older:first-child a")) return
    event.preventDefault()
    this.#older()
  }

  #older() {
    const older = this.#timeline.querySelector(".older:first-child")
    if (!(older instanceof HTMLElement) || older.dataset.state === "loading") return
    older.dataset.state = "loading"
    this.dispatchEvent(new CustomEvent("older", { bubbles: true }))
  }

  /** @param {boolean} more whether there are older messages still */
  #olderLink(more) {
    const older = this.#timeline.querySelector(".older:first-child")
    if (!(older instanceof HTMLElement)) return
    delete older.dataset.state
    if (!more) older.remove()
    else if (this.#top) {
      // Still in sight, it would not be reported again.
      this.#top.unobserve(older)
      this.#top.observe(older)
    }
  }
}
