import { Place } from "../view/place.js"
import { one } from "../view/query.js"
import { loadTarget, showTarget, targetOf } from "../view/target.js"

/** @typedef {import("./message-list.js").Rows} Rows */
/** @typedef {import("../lib/thread.js").Move} Move */

const near = 96
const far = 240
const reach = 600

/**
 * <timeline-view> keeps the reader's place: it follows new messages near the end, offers
 * to jump there otherwise, and asks for more by "go" (detail: Move) near either end of
 * what is loaded.
 */
export class TimelineView extends HTMLElement {
  #removed = new AbortController()
  #place = /** @type {Place} */ (/** @type {unknown} */ (null))
  #jump = /** @type {HTMLElement} */ (/** @type {unknown} */ (null))
  #missed = 0
  #atEnd = true
  #hasOlder = false
  #follows = false
  #width = 0
  /** @type {ResizeObserver | undefined} */
  #resized

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const timeline = one(this, ".timeline", HTMLElement)
    this.#place = new Place(timeline)
    this.#jump = one(this, ".jump", HTMLElement)
    this.addEventListener("before-draw", () => this.#before(), { signal })
    this.addEventListener("drawn", (event) => this.#after(/** @type {CustomEvent<Rows>} */ (event).detail), { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    timeline.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true })
    addEventListener("hashchange", () => this.#target() || loadTarget(), { signal })
    const chat = this.closest("swapnest-chat")
    this.#hasOlder = chat?.hasAttribute("data-older") ?? false
    this.#atEnd = !chat?.hasAttribute("data-newer")
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      chat?.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail), { signal })
    on("message", (message) => this.#heard(message))
    on("show", (message) => this.#place.around(message))
    on("stuck", (move) => this.#link(move)?.setAttribute("data-state", "stuck"))
    on("line", ({ state }) => state === "connected" && (this.#free(), this.#scrolled()))
    this.#resized = new ResizeObserver(() => this.#sized(timeline.clientWidth))
    this.#resized.observe(timeline)
    const divider = this.querySelector("li.unread")
    if (!this.#target() && divider) this.#place.upTo(divider)
    this.#scrolled()
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#resized?.disconnect()
  }

  /** Shows the message that the address names, if it is here. */
  #target() {
    const message = targetOf()
    if (message) this.#place.around(message)
    return message !== null
  }

  #before() {
    this.#follows = this.#atEnd && this.#place.below <= near
    this.#place.mark()
  }

  /** @param {Rows} change */
  #after({ why, hasOlder, atEnd }) {
    this.#atEnd = atEnd
    this.#hasOlder = hasOlder
    if (why === "own" || why === "latest" || why === "reset") this.#place.toEnd()
    else if (this.#follows && why === "event") this.#place.toEnd()
    else this.#place.restore()
    this.#link("older")?.toggleAttribute("hidden", !hasOlder)
    this.#link("newer")?.toggleAttribute("hidden", atEnd)
    if (why !== "event" && why !== "state") this.#free()
    this.#scrolled()
  }

  /** @param {import("../lib/frames.js").Message} message a new one */
  #heard({ sender_id: sender }) {
    const mine = String(sender) === this.closest("swapnest-chat")?.getAttribute("data-user-id")
    if (mine || this.#follows) return
    this.#missed++
    this.#scrolled()
  }

  #scrolled() {
    const { above, below } = this.#place
    if (this.#atEnd && below <= near) this.#missed = 0
    this.#jump.hidden = this.#atEnd && below <= far && this.#missed === 0
    const count = one(this.#jump, ".count", HTMLElement)
    count.hidden = this.#missed === 0
    count.textContent = String(this.#missed)
    if (this.#hasOlder && above < reach) this.#ask("older")
    if (!this.#atEnd && below < reach) this.#ask("newer")
    this.#place.mark()
  }

  /** @param {number} width text that flows anew must not move what one reads */
  #sized(width) {
    if (width !== this.#width && this.#width !== 0) this.#place.restore()
    this.#width = width
    this.#scrolled()
  }

  /** What was under way or in vain may be asked for again. */
  #free() {
    for (const link of this.querySelectorAll("[data-move]")) link.removeAttribute("data-state")
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    const move = /** @type {Move | undefined} */ (link.closest("[data-move]")?.getAttribute("data-move") ?? undefined)
    if (link.matches(".quote")) return showTarget(event, link, this.#place)
    if (!move && !link.matches(".stamp")) return
    event.preventDefault()
    if (!move) {
      // The address is the message's now, for copying, and Back goes where it went.
      history.replaceState(history.state, "", link.href)
      location.replace(link.href)
    } else if (move === "latest" && this.#atEnd) this.#place.toEnd(true)
    else this.#ask(move, true)
  }

  /**
   * @param {Move} move
   * @param {boolean} [again] although it is under way, or was in vain
   */
  #ask(move, again = false) {
    const link = this.#link(move)
    if (link?.getAttribute("data-state") && !again) return
    link?.setAttribute("data-state", "loading")
    this.dispatchEvent(new CustomEvent("go", { detail: move, bubbles: true }))
  }

  /** @param {Move} move */
  #link(move) {
    return this.querySelector(`[data-move="${move}"]`)
  }
}
