import { getJSON } from "../lib/api.js"
import { Attention } from "../lib/attention.js"
import { systemClock } from "../lib/clock.js"
import { Line } from "../lib/socket.js"
import { showRung, showUnread } from "../view/attention.js"
import { mindShown } from "../view/look.js"
import { numberOf } from "../view/query.js"
import { makeChime } from "../view/sound.js"
import { wake } from "../view/wake.js"

/**
 * <unread-watch data-user-id data-unread> stands on the pages that are no chats, where
 * somebody is signed in: it keeps the count of the title and the icon up to date, and
 * has sent by its line what waits of the reader's messages. From the first time that the line
 * is up it has data-joined; it says "joined" to the document each time.
 */
export class UnreadWatch extends HTMLElement {
  #removed = new AbortController()
  #line = new Line({
    url: location.origin.replace(/^http/, "ws") + "/ws/",
    open: (url) => new WebSocket(url),
    clock: systemClock,
  })

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const me = numberOf(this.dataset.userId)
    const attention = new Attention({ me, get: getJSON, clock: systemClock })
    const chime = makeChime(me, () => false)
    const on = (
      /** @type {EventTarget} */ from,
      /** @type {string} */ type,
      /** @type {(detail: any) => void} */ run,
    ) => from.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail), { signal })
    on(this.#line, "frame", (frame) => attention.frame(frame))
    on(this.#line, "frame", (frame) => frame.type === "hello" && this.#joined())
    on(attention, "total", showUnread)
    on(attention, "rung", showRung)
    on(attention, "heard", (conversation) => chime.heard(conversation))
    showUnread(numberOf(this.dataset.unread))
    mindShown(this.#line, me, signal)
    wake(this.#line, signal)
    // Nothing else waits for it, and without it what waits goes out from the chats.
    const waiting = import("../view/waiting.js").then(({ mindWaiting }) => mindWaiting(this.#line, me, signal))
    const told = (/** @type {(waiting: import("../lib/waiting.js").Waiting) => unknown} */ run) =>
      void waiting.then((found) => found && run(found)).catch(() => {})
    on(this.#line, "frame", (frame) => told((found) => found.frame(frame)))
    on(this.#line, "lost", (code) => told((found) => found.lost(code)))
    this.#line.start()
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#line.stop()
  }

  #joined() {
    this.toggleAttribute("data-joined", true)
    document.dispatchEvent(new CustomEvent("joined"))
  }
}
