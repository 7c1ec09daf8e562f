import { backoff } from "./backoff.js"

/** @typedef {import("./frames.js").Frame} Frame */

/**
 * How the line stands. `retryAt` is when it is tried again, in milliseconds; `lostAt`
 * since when it has been down.
 * @typedef {object} LineState
 * @property {"connecting" | "connected" | "reconnecting" | "disconnected" | "error"} state
 * @property {"" | "signed out" | "refused" | "stopped"} reason
 * @property {number} [retryAt]
 * @property {number} [lostAt]
 * @property {number} [asked] for how many ms a server that restarts has asked to stay away
 */

/**
 * What is used of a WebSocket.
 * @typedef {Pick<WebSocket, "send" | "close"> & {
 *   onopen: ((event: any) => void) | null
 *   onclose: ((event: any) => void) | null
 *   onmessage: ((event: any) => void) | null
 * }} SocketLike
 */

const helloWithin = 15_000
const giveUpAfter = 75_000
const answerWithin = 10_000
const probeWithin = 5_000
const steadyAfter = 5_000
const tryAgainAfter = 5_000

/** The close codes that end it for good. */
const finals = new Map([
  [4400, /** @type {const} */ ({ state: "error", reason: "refused" })],
  [4401, /** @type {const} */ ({ state: "disconnected", reason: "signed out" })],
  [4404, /** @type {const} */ ({ state: "error", reason: "refused" })],
])

/**
 * The one socket of a tab, kept up as well as the network lets it. It dispatches
 * "state" (detail: LineState), "frame" (detail: Frame) and "lost" (detail: the close code).
 */
export class Line extends EventTarget {
  #url
  #open
  #clock
  #log
  /** @type {SocketLike | undefined} */
  #socket
  /** @type {LineState} */
  #state = { state: "disconnected", reason: "stopped" }
  /** @type {number | undefined} the next try, or the watch over a silent line */
  #timer
  #attempt = 0
  #established = false
  #connectedAt = 0
  #triedAt = 0
  #heartbeat = 30_000
  #heardAt = 0
  /** @type {number | undefined} when a ping was sent that nothing has answered */
  #askedAt
  /** @type {number | undefined} how long the server asked to stay away */
  #stayAway
  /** @type {number | undefined} the same of a server that restarts, until it is back */
  #asked

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {(url: string) => SocketLike} options.open
   * @param {import("./clock.js").Clock} options.clock
   * @param {(line: string) => void} [options.log]
   */
  constructor({ url, open, clock, log = () => {} }) {
    super()
    this.#url = url
    this.#open = open
    this.#clock = clock
    this.#log = log
  }

  get state() {
    return this.#state
  }

  get connected() {
    return this.#state.state === "connected"
  }

  /** Opens the line, unless it is open or on its way. A line that ended for good stays so. */
  start() {
    if (this.#state.state !== "disconnected" || this.#state.reason !== "stopped") return
    this.#attempt = 0
    this.#connect()
  }

  /** Closes the line until start. */
  stop() {
    if (this.#ended()) return
    this.#drop()
    this.#become({ state: "disconnected", reason: "stopped" })
    this.dispatchEvent(new CustomEvent("lost", { detail: 1000 }))
  }

  /** Does not wait any longer for the next try, nor for one that gets nowhere. */
  tryNow() {
    if (this.#state.state !== "reconnecting") return
    if (this.#socket && this.#clock.now() - this.#triedAt < tryAgainAfter) return
    this.#drop()
    this.#connect()
  }

  /** The page is seen again, or the machine is back: find out at once whether the line is alive. */
  probe() {
    if (this.#state.state === "reconnecting") this.tryNow()
    else if (this.connected) this.#ask(probeWithin)
  }

  /** Something owes an answer: find out whether the line is alive. */
  doubt() {
    if (this.connected) this.#ask(answerWithin)
  }

  /** The machine has no network: nobody would answer, so the line is lost now and not after a while. */
  offline() {
    if (this.connected || this.#state.state === "connecting") this.#lost(1006)
  }

  /**
   * @param {object} frame
   * @returns {boolean} whether it was handed to an open line; not whether it arrived
   */
  send(frame) {
    if (!this.connected || !this.#socket) return false
    try {
      this.#socket.send(JSON.stringify(frame))
      return true
    } catch {
      return false
    }
  }

  #ended() {
    return this.#state.reason !== ""
  }

  /** @param {LineState} state */
  #become(state) {
    this.#state = state
    this.dispatchEvent(new CustomEvent("state", { detail: state }))
  }

  #connect() {
    this.#clearTimer()
    this.#askedAt = undefined
    this.#established = false
    this.#triedAt = this.#clock.now()
    const { lostAt } = this.#state
    const state = lostAt === undefined ? "connecting" : "reconnecting"
    this.#become({ state, reason: "", lostAt, asked: this.#asked })
    /** @type {SocketLike} */
    let socket
    try {
      socket = this.#open(this.#url)
    } catch {
      this.#lost(1006)
      return
    }
    this.#socket = socket
    // A socket that was given up may still speak; only the present one is heard.
    socket.onopen = () => {
      if (socket !== this.#socket) return
      this.#established = true
      this.#log("WebSocket connection established")
    }
    socket.onmessage = ({ data }) => socket === this.#socket && this.#heard(data)
    socket.onclose = ({ code }) => socket === this.#socket && this.#lost(code)
    this.#timer = this.#clock.setTimeout(() => this.#lost(1006), helloWithin)
  }

  /** @param {unknown} data */
  #heard(data) {
    this.#heardAt = this.#clock.now()
    this.#askedAt = undefined
    const frame = parse(data)
    if (!frame) return
    if (frame.type === "hello") {
      this.#heartbeat = frame.heartbeat_ms || this.#heartbeat
      this.#connectedAt = this.#heardAt
      this.#stayAway = this.#asked = undefined
      this.#watch()
      this.#become({ state: "connected", reason: "" })
    } else if (frame.type === "bye") {
      this.#stayAway = frame.retry_after_ms
      if (frame.reason === "restarting") this.#asked = frame.retry_after_ms
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }))
  }

  /** Looks after a line that may be silent because it is dead. */
  #watch() {
    this.#clearTimer()
    const quiet = this.#clock.now() - this.#heardAt
    const wait =
      this.#askedAt === undefined
        ? Math.max(0, this.#heartbeat - quiet)
        : Math.max(1_000, Math.min(answerWithin, giveUpAfter - quiet))
    this.#timer = this.#clock.setTimeout(() => {
      const now = this.#clock.now()
      const silent = now - this.#heardAt
      // Timers of a tab in the background come late: silence alone proves nothing,
      // a ping that had its time and got no answer does.
      const unanswered = this.#askedAt !== undefined && now - this.#askedAt >= answerWithin
      if (unanswered && silent >= giveUpAfter) this.#lost(1006)
      else {
        if (silent >= this.#heartbeat) this.#ping(now)
        this.#watch()
      }
    }, wait)
  }

  /** @param {number} now */
  #ping(now) {
    this.send({ type: "ping" })
    this.#askedAt ??= now
  }

  /**
   * Asks for a sign of life within a time.
   * @param {number} within
   */
  #ask(within) {
    this.#clearTimer()
    const asked = this.#clock.now()
    this.#ping(asked)
    this.#timer = this.#clock.setTimeout(() => {
      if (this.#heardAt >= asked && this.#askedAt === undefined) this.#watch()
      else this.#lost(1006)
    }, within)
  }

  /** @param {number} code */
  #lost(code) {
    const now = this.#clock.now()
    const steady = this.connected && now - this.#connectedAt >= steadyAfter
    if (steady) this.#attempt = 0
    const lostAt = this.#state.lostAt ?? now
    this.#drop()
    const final = finals.get(code)
    if (final) this.#become({ ...final, lostAt })
    else {
      const wait = this.#stayAway ?? backoff(this.#attempt, this.#clock.random)
      this.#stayAway = undefined
      this.#attempt++
      this.#timer = this.#clock.setTimeout(() => this.#connect(), wait)
      this.#become({ state: "reconnecting", reason: "", lostAt, asked: this.#asked, retryAt: now + wait })
    }
    this.dispatchEvent(new CustomEvent("lost", { detail: code }))
  }

  /** Lets go of the socket without waiting for its end: a dead one takes minutes. */
  #drop() {
    this.#clearTimer()
    if (this.#established) this.#log("WebSocket connection closed")
    const socket = this.#socket
    this.#socket = undefined
    this.#established = false
    try {
      socket?.close()
    } catch {
      // It was closed already.
    }
  }

  #clearTimer() {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/**
 * @param {unknown} data
 * @returns {Frame | undefined} undefined for what is no frame
 */
function parse(data) {
  try {
    const frame = JSON.parse(String(data))
    return typeof frame?.type === "string" ? frame : undefined
  } catch {
    return undefined
  }
}
