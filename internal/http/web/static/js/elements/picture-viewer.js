import { followHands } from "../view/gestures.js"
import { tryAgain } from "../view/missing.js"
import { Picture } from "../view/picture.js"
import { one } from "../view/query.js"
import { loadStyle } from "../view/style.js"
import { describe, makeViewer } from "../view/viewer.js"

const far = 60
const nudge = 80

/**
 * <picture-viewer> shows a picture of the open conversation large, when one presses it, and leads to
 * the others: by buttons, arrow keys and a finger. It is closed by its button, Escape and Back.
 */
export class PictureViewer extends HTMLElement {
  #removed = new AbortController()
  #dialog = makeViewer()
  #picture = new Picture(this.#dialog, () => this.#zoomed())
  /** @type {HTMLAnchorElement | undefined} the picture in its message */
  #link
  /** until the page is back from where it showed one: Back comes late, and would close the next one */
  #back = Promise.resolve()
  /** how far it is pulled */
  #pull = 0

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.append(this.#dialog)
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("click", (event) => void this.#clicked(/** @type {MouseEvent} */ (event)), { signal })
    chat?.addEventListener("drawn", () => this.#dialog.open && this.#say(false), { signal })
    addEventListener("popstate", () => this.#dialog.close(), { signal })
    this.#dialog.addEventListener("close", () => this.#closed(), { signal })
    this.#dialog.addEventListener("keydown", (event) => this.#key(event), { signal })
    followHands(one(this.#dialog, ".viewer-stage", HTMLElement), {
      zoom: (factor, at) => this.#picture.zoom(factor, at),
      twice: (at) => this.#picture.turn(at),
      drag: (dx, dy) => this.#dragged(dx, dy),
      drop: (dx, dy) => this.#dropped(dx, dy),
    })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @returns {HTMLAnchorElement[]} */
  get #links() {
    return [
      ...(this.closest("swapnest-chat")?.querySelectorAll(".pictures > a[href]:not([data-missing])") ?? []),
    ].filter((link) => link instanceof HTMLAnchorElement)
  }

  /** @param {MouseEvent} event */
  async #clicked(event) {
    const target = event.target instanceof Element ? event.target : null
    const act = target?.closest(".viewer [data-act]")?.getAttribute("data-act")
    if (act === "close") this.#dialog.close()
    else if (act === "zoom") this.#picture.turn()
    else if (act === "back" || act === "next") this.#step(act === "next" ? 1 : -1)
    const link = target?.closest(".pictures > a[href]")
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (link.hasAttribute("data-missing")) return tryAgain(link)
    try {
      await loadStyle("viewer")
    } catch {
      location.assign(link.href)
      return
    }
    await this.#back
    if (this.#dialog.open) return
    // Back closes it, as it does on a phone with whatever covers the page.
    history.pushState({ ...history.state, viewer: true }, "")
    this.#dialog.showModal()
    this.#show(link)
  }

  #closed() {
    if (history.state?.viewer) {
      this.#back = new Promise((resolve) => addEventListener("popstate", () => resolve(), { once: true }))
      history.back()
    }
    // The one that was shown last has the focus, wherever one came from.
    this.#link?.focus({ preventScroll: true })
    this.#link?.scrollIntoView({ block: "nearest" })
  }

  /** @param {HTMLAnchorElement} link */
  #show(link) {
    this.#link = link
    this.#say(true)
    void this.#picture.show(link)
    const links = this.#links
    for (const step of [1, -1]) new Image().src = links[links.indexOf(link) + step]?.href ?? link.href
    // There may be more above, which comes while one looks at this one.
    const older = document.querySelector('[data-move="older"]:not([hidden])')
    if (older && link === links[0]) older.dispatchEvent(new CustomEvent("go", { detail: "older", bubbles: true }))
  }

  /** @param {boolean} aloud others may have come, or have gone, which nobody needs to be told */
  #say(aloud) {
    if (this.#link) describe(this.#dialog, this.#link, this.#links, aloud)
  }

  /** @param {number} by */
  #step(by) {
    const links = this.#links
    const next = this.#link && links[links.indexOf(this.#link) + by]
    if (next) this.#show(next)
  }

  #zoomed() {
    one(this.#dialog, '[data-act="zoom"]', HTMLElement).setAttribute("aria-pressed", String(this.#picture.near))
  }

  /** @param {number} step to the right, as one looks at it */
  #aside(step) {
    this.#step(getComputedStyle(this).direction === "rtl" ? -step : step)
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0]
    if ((x || y) && this.#picture.near) this.#picture.move(-x * nudge, -y * nudge)
    else if (x) this.#aside(x)
    else if (event.key === "+" || event.key === "=") this.#picture.zoom(1.5)
    else if (event.key === "-") this.#picture.zoom(1 / 1.5)
    else if (event.key === "0") this.#picture.zoom(0)
    else if (!y) return
    event.preventDefault()
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  #dragged(dx, dy) {
    if (this.#picture.near) return this.#picture.move(dx, dy)
    this.#pull += dx
    this.#picture.pull(this.#pull)
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  #dropped(dx, dy) {
    this.#pull = 0
    if (this.#picture.near) return
    this.#picture.pull(0)
    if (Math.abs(dx) > far && Math.abs(dx) > Math.abs(dy)) this.#aside(dx < 0 ? 1 : -1)
  }
}
