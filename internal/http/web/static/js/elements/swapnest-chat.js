import { getJSON } from "../lib/api.js"
import { systemClock } from "../lib/clock.js"
import { openStorage } from "../lib/outbox-storage.js"
import { Session } from "../lib/session.js"
import { Line } from "../lib/socket.js"
import { showRung, showUnread } from "../view/attention.js"
import { goBackTo } from "../view/list-place.js"
import { keptReactions } from "../view/kept-reactions.js"
import { mindShown } from "../view/look.js"
import { readKnown, readOpened } from "../view/page.js"
import { numberOf } from "../view/query.js"
import { makeChime } from "../view/sound.js"
import { showSaid } from "../view/toast.js"
import { mindKeyboard } from "../view/viewport.js"
import { wake } from "../view/wake.js"

/** What the session tells and the elements of the page draw. */
const told =
  "line rows stuck message entry gone moved unread page cursor typing presence privacy listing entry-listing sent waits slow ended unreacted chosen".split(
    " ",
  )

/**
 * <swapnest-chat> is the host of the chat pages: it opens the one line of this tab,
 * tells its elements what happens, and does what they ask for by events.
 */
export class SwapnestChat extends HTMLElement {
  #removed = new AbortController()
  #line = new Line({
    url: location.origin.replace(/^http/, "ws") + "/ws/",
    open: (url) => new WebSocket(url),
    clock: systemClock,
    // eslint-disable-next-line no-console -- people look for the lines of the system before this one
    log: (line) => console.log(line),
  })
  /** @type {Session | undefined} */
  #session

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    // What is written or seen while the storage opens is not lost: it waits for it.
    this.#obey(this.#begin(signal), signal)
    mindShown(this.#line, numberOf(this.dataset.userId), signal)
    wake(this.#line, signal)
    const back = this.querySelector(".conversation-back")
    if (back instanceof HTMLAnchorElement) goBackTo(back, signal)
    showSaid(this)
    mindKeyboard(signal)
  }

  disconnectedCallback() {
    this.#removed.abort()
    this.#line.stop()
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<Session>}
   */
  async #begin(signal) {
    const storage = await openStorage({ onChange: (word) => void this.#session?.told(word) })
    const me = numberOf(this.dataset.userId)
    const session = new Session({
      me,
      line: this.#line,
      storage,
      known: readKnown(this),
      unread: numberOf(this.dataset.unread),
      filter: this.querySelector("inbox-list")?.getAttribute("data-filter") ?? "",
      next: this.querySelector("inbox-more")?.getAttribute("data-next") ?? "",
      opened: readOpened(this),
      get: getJSON,
      clock: systemClock,
      kept: keptReactions(me),
      locks: navigator.locks, // only where the page is secure
      old: document.body.dataset.kept !== undefined,
      uploads: async () => (await import("../view/uploads.js")).makeUploads(me, storage),
    })
    this.#session = session
    for (const type of told)
      session.addEventListener(type, (event) => this.#tell(type, /** @type {CustomEvent} */ (event).detail), { signal })
    session.addEventListener("total", (event) => showUnread(/** @type {CustomEvent} */ (event).detail), { signal })
    session.addEventListener("rung", (event) => showRung(/** @type {CustomEvent} */ (event).detail), { signal })
    const here = numberOf(this.dataset.conversation)
    const chime = makeChime(me, (id) => id === here && document.hasFocus() && document.visibilityState === "visible")
    session.addEventListener("heard", (event) => chime.heard(/** @type {CustomEvent} */ (event).detail), { signal })
    showUnread(numberOf(this.dataset.unread))
    session.redraw()
    if (!signal.aborted) await session.start()
    return session
  }

  /**
   * @param {Promise<Session>} ready
   * @param {AbortSignal} signal
   */
  #obey(ready, signal) {
    const on = (/** @type {string} */ type, /** @type {(session: Session, detail: any) => unknown} */ run) =>
      this.addEventListener(
        type,
        (event) => void ready.then((session) => run(session, /** @type {CustomEvent} */ (event).detail)),
        { signal },
      )
    on("compose", (session, message) => session.compose(message).then(message.stored))
    on("typing-changed", (session, typing) => session.typing(typing))
    on("seen", (session, seq) => session.seen(seq))
    on("go", (session, way) => session.go(way))
    on("more", (session) => session.more())
    on("revised", (session, message) => session.revised(message))
    on("react", (session, reaction) => session.react(reaction))
    on("concealed", (session, change) => session.concealed(change))
    on("remove", (session, id) => session.gone(id))
    on("upload", (session, chosen) => session.attach(chosen))
    on("upload-cancel", (session, id) => session.unattach(id))
    on("upload-retry", (session, id) => session.reattach(id))
    on("chosen-wanted", (session) => session.tellChosen())
    on("retry", (session, clientId) => session.retry(clientId))
    on("discard", (session, clientId) => session.discard(clientId))
    on("try-now", () => this.#line.tryNow())
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    if (type === "line") this.dataset.line = /** @type {import("../lib/socket.js").LineState} */ (detail).state
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
