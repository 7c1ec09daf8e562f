import { formatMoment } from "../lib/time.js"
import { one } from "../view/query.js"

/** @typedef {import("../lib/socket.js").LineState} LineState */

const patience = 2_000
const goodFor = 4_000

/**
 * <line-banner> says what is happening to the line and what one can do. It comes only
 * when the line has been lost for 2 s, so that a blink goes unseen, or for 2 s more than a
 * server that says goodbye has asked one to stay away; on a page that was kept, at once.
 */
export class LineBanner extends HTMLElement {
  #removed = new AbortController()
  /** @type {LineState | undefined} */
  #line
  /** when one may send again, in milliseconds */
  #slowUntil = 0
  /** until when good news show */
  #goodUntil = 0
  #sent = 0
  #received = 0
  /** @type {number | undefined} */
  #timer

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("line", (event) => this.#heard(/** @type {CustomEvent<LineState>} */ (event).detail), {
      signal,
    })
    chat?.addEventListener("sent", () => this.#sent++, { signal })
    chat?.addEventListener("message", (event) => this.#came(/** @type {CustomEvent} */ (event).detail), { signal })
    chat?.addEventListener("slow", (event) => this.#slow(/** @type {CustomEvent<number>} */ (event).detail), { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    if (asOf() !== "") this.#watch()
    one(this, "[data-act=login]", HTMLAnchorElement).href = chat?.getAttribute("data-login") ?? "/accounts/login/"
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearInterval(this.#timer)
  }

  /** @param {LineState} line */
  #heard(line) {
    const back = this.#line?.state === "reconnecting" && line.state === "connected"
    if (back && !this.hidden) this.#goodUntil = Date.now() + goodFor
    if (line.state !== "connected" && this.#line?.state === "connected") this.#sent = this.#received = 0
    this.#line = line
    this.#watch()
  }

  /** @param {import("../lib/frames.js").Message} message */
  #came({ sender_id: sender }) {
    if (String(sender) !== this.closest("swapnest-chat")?.getAttribute("data-user-id")) this.#received++
  }

  /** @param {number} wait milliseconds */
  #slow(wait) {
    this.#slowUntil = Date.now() + wait
    this.#watch()
  }

  #watch() {
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#show(), 500)
    this.#show()
  }

  /** Says the most important thing there is to say now. */
  #show() {
    const now = Date.now()
    const line = this.#line
    const down = !line || line.state === "reconnecting" || line.state === "connecting"
    const lost = line?.lostAt !== undefined && now - line.lostAt >= patience + (line.asked ?? 0)
    const seconds = (/** @type {number} */ at) => Math.max(1, Math.ceil((at - now) / 1000))
    if (line?.reason === "signed out") {
      this.#say("bad", "off", "You were signed out.", "", "What you have not sent is kept here.", "login")
    } else if (line?.state === "error") {
      this.#say(
        "bad",
        "alert",
        "This conversation cannot be reached.",
        "",
        "Reload the page, or go back to your chats.",
        "",
      )
    } else if (down && (lost || asOf() !== "")) {
      const wait = line?.retryAt && line.retryAt > now ? ` in ${seconds(line.retryAt)} s.` : "."
      const title = !navigator.onLine ? "You are offline" : lost ? "Reconnecting" : "Connecting"
      this.#say(
        "warn",
        "off",
        title,
        navigator.onLine ? wait : ".",
        asOf() + (document.querySelector("message-composer") ? "What you write waits here and goes out in order." : ""),
        "try-now",
      )
    } else if (!down && now < this.#slowUntil) {
      const wait = ` You can send again in ${seconds(this.#slowUntil)} s.`
      this.#say("warn", "clock", "A little slower, please.", wait, "What you wrote goes out by itself.", "")
    } else if (!down && now < this.#goodUntil) {
      this.#say("good", "chat", "Back again.", "", exchanged(this.#sent, this.#received), "")
    } else {
      this.hidden = true
      const waiting = (down && line?.lostAt !== undefined) || now < this.#slowUntil
      if (!waiting) clearInterval(this.#timer)
    }
  }

  /**
   * @param {string} kind
   * @param {string} icon
   * @param {string} title
   * @param {string} wait seconds that run, not spoken
   * @param {string} detail
   * @param {string} act the button that helps, "" for none
   */
  #say(kind, icon, title, wait, detail, act) {
    this.hidden = false
    this.dataset.kind = kind
    one(this, "use", SVGElement).setAttribute("href", `#i-${icon}`)
    for (const [name, text] of Object.entries({ title, wait, detail })) {
      const part = one(this, `[data-${name}]`, HTMLElement)
      if (part.textContent !== text) part.textContent = text
    }
    for (const button of this.querySelectorAll("[data-act]"))
      if (button instanceof HTMLElement) button.hidden = button.dataset.act !== act
  }

  /** @param {Event} event */
  #clicked({ target }) {
    if (target instanceof HTMLElement && target.dataset.act === "try-now")
      this.dispatchEvent(new CustomEvent("try-now", { bubbles: true }))
  }
}

/**
 * What has gone and come since the line is back, in words.
 * @param {number} sent
 * @param {number} received
 */
function exchanged(sent, received) {
  const messages = (/** @type {number} */ n) => (n === 1 ? "1 message" : `${n} messages`)
  if (sent > 0) return `${messages(sent)} sent${received > 0 ? `, ${received} received` : ""}.`
  return received > 0 ? `${messages(received)} received.` : ""
}

/** Of a page that was kept, when that was: what came later is not on it. */
function asOf() {
  const at = new Date(document.body.dataset.kept ?? "")
  if (Number.isNaN(at.getTime())) return ""
  return `This is how it was on ${formatMoment(at)}. `
}
