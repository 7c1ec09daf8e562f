import { backoff } from "./backoff.js"
import { Keeper } from "./keeper.js"
import { Turns } from "./turns.js"

/** @typedef {import("./pending.js").Pending} Pending */
/** @typedef {import("./pending.js").Sent} Sent */
/** @typedef {import("./pending.js").Storage} Storage */

const doubtAfter = 10_000
const ackWithin = 20_000

/**
 * What one person has written and the server has not confirmed: kept until it has,
 * sent in order, one at a time in each conversation, always under the same client_id,
 * and by one tab at a time. It dispatches "change" (detail: the conversation's id), "sent" (detail: Pending),
 * "slow" (detail: milliseconds to wait), "overdue" when the line owes an answer for long, "failed" (detail:
 * Pending) and "ended" (detail: conversation and why nothing can be sent there any more).
 */
export class Outbox extends EventTarget {
  #kept
  #turns
  #userId
  #send
  #clock
  #files
  /** @type {Map<string, Pending>} */
  #all = new Map()
  /** @type {Map<number, { clientId: string, timer: number }>} what is on the line, by conversation */
  #inFlight = new Map()
  /** @type {Map<number, number>} timers of conversations that must wait */
  #pauses = new Map()
  /** @type {Map<string, number>} how often a message has been put off */
  #attempts = new Map()
  #up = false
  #order = 0

  /**
   * @param {object} options
   * @param {Storage} options.storage
   * @param {number} options.userId
   * @param {(frame: object) => boolean} options.send hands a frame to the line, if it is open
   * @param {import("./clock.js").Clock} options.clock
   * @param {import("./turns.js").Locks} [options.locks] undefined in a browser that has none
   * @param {import("./files.js").Files} [options.files] that messages wait for
   */
  constructor({ storage, userId, send, clock, locks, files }) {
    super()
    this.#files = files
    this.#kept = new Keeper(storage)
    this.#userId = userId
    this.#send = send
    this.#clock = clock
    this.#turns = new Turns({
      // What no other tab can see, no other tab sends.
      locks: storage.shared ? locks : undefined,
      userId,
      clock,
      look: () => this.load(),
      moved: (id) => this.#turned(id),
    })
  }

  /**
   * Takes up what is stored: from before a reload, or by another tab.
   * @returns {Promise<void>}
   */
  async load() {
    const stored = await this.#kept.all(this.#userId)
    // What is on the page is sent in any case.
    if (!stored) return this.#flushAll()
    const files = stored.flatMap((one) => one.files ?? [])
    this.#files?.take(files)
    // After their messages, so that none is missing of a message that is still to be sent.
    if (files.length > 0 || this.#files?.loaded) await this.#files?.load()
    const ids = new Set(stored.map((one) => one.client_id))
    const conversations = new Set()
    for (const [id, one] of this.#all) {
      // Deleted or sent by another tab. What is on the line here is settled by its answer.
      if (ids.has(id) || this.#kept.lacks(id) || this.#isInFlight(one)) continue
      this.#all.delete(id)
      conversations.add(one.conversation_id)
    }
    for (const one of stored) {
      const known = this.#all.get(one.client_id)
      const failed = one.state === "failed"
      const same = known && (this.#isInFlight(known) || failed === (known.state === "failed"))
      if (same || this.#kept.lacks(one.client_id)) continue
      this.#all.set(one.client_id, { ...one, state: failed ? "failed" : this.#up ? "sending" : "waiting" })
      this.#order = Math.max(this.#order, one.order)
      conversations.add(one.conversation_id)
    }
    for (const id of conversations) this.#changed(id)
    this.#flushAll(conversations)
  }

  /**
   * What waits for a conversation, in order.
   * @param {number} conversationId
   * @returns {Pending[]}
   */
  of(conversationId) {
    return [...this.#all.values()]
      .filter((one) => one.conversation_id === conversationId)
      .sort((a, b) => a.order - b.order || (a.client_id < b.client_id ? -1 : 1))
  }

  /** How many messages wait for the line. */
  get waiting() {
    return [...this.#all.values()].filter((one) => one.state !== "failed").length
  }

  /**
   * Takes a message. It shows at once; the promise resolves once it is stored.
   * @param {number} conversationId
   * @param {string} text
   * @param {string} clientId
   * @param {import("./frames.js").Quote} [reply] what it answers
   * @param {string[]} [files]
   */
  async add(conversationId, text, clientId, reply, files) {
    const now = this.#clock.now()
    this.#order = Math.max(this.#order + 1, now)
    /** @type {Pending} */
    const one = {
      client_id: clientId,
      user_id: this.#userId,
      conversation_id: conversationId,
      text,
      ...(reply && { reply }),
      ...(files?.length && { files }),
      at: new Date(now).toISOString(),
      order: this.#order,
      state: this.#up ? "sending" : "waiting",
    }
    this.#files?.take(files ?? [])
    this.#all.set(clientId, one)
    this.#changed(conversationId)
    await this.#store(one)
  }

  /**
   * Files of a conversation are further.
   * @param {number} conversationId
   */
  look(conversationId) {
    void this.#flush(conversationId)
  }

  /** The line is open. */
  lineUp() {
    this.#up = true
    this.#files?.wake()
    for (const one of this.#all.values()) this.#become(one, one.state === "failed" ? "failed" : "sending")
    this.#flushAll()
    // A page that was frozen has not heard what other tabs have left.
    void this.load()
  }

  /**
   * The line is lost, and with it the answer to what was on it: the same is sent
   * again later. A frame for which the server has closed the line is not.
   * @param {number} [code] of the close
   */
  lineDown(code = 1006) {
    this.#up = false
    this.#turns.leaveAll()
    const poisoned = code === 1003 || code === 1007 || code === 1009
    for (const [conversationId, { clientId, timer }] of this.#inFlight) {
      this.#clock.clearTimeout(timer)
      this.#inFlight.delete(conversationId)
      const one = this.#all.get(clientId)
      if (one && poisoned) this.#fail(one, "The server could not read this message.")
    }
    for (const one of this.#all.values()) if (one.state === "sending") this.#become(one, "waiting")
  }

  /**
   * The server has it: by an ack, because its event has come, or as another tab says.
   * @param {Sent} sent
   */
  settled(sent) {
    const { client_id: clientId } = sent
    const one = this.#all.get(clientId)
    this.#attempts.delete(clientId)
    this.#land(clientId)
    if (!one) return
    this.#all.delete(clientId)
    this.#kept.forget(one, sent)
    this.#files?.sent(one.files ?? [])
    this.#turns.progress(one.conversation_id)
    this.dispatchEvent(new CustomEvent("sent", { detail: one }))
    this.#changed(one.conversation_id)
    void this.#flush(one.conversation_id)
  }

  /**
   * The server refused it, or asks to wait.
   * @param {import("./frames.js").Refusal} error
   */
  refused(error) {
    const one = error.client_id === undefined ? undefined : this.#all.get(error.client_id)
    if (!one) return
    this.#land(one.client_id)
    if (!error.retryable) {
      // What it answers is gone: tried again, it answers nothing.
      if (error.field === "reply_to") delete one.reply
      // A file is there no longer: it is sent again, and the message waits for it.
      if (error.field === "attachments" && this.#files?.renew(one.files ?? [])) return this.look(one.conversation_id)
      this.#fail(one, error.detail)
      if (error.code === "closed")
        this.dispatchEvent(
          new CustomEvent("ended", { detail: { conversation: one.conversation_id, detail: error.detail } }),
        )
      void this.#flush(one.conversation_id)
      return
    }
    const attempt = this.#attempts.get(one.client_id) ?? 0
    this.#attempts.set(one.client_id, attempt + 1)
    const wait = error.retry_after_ms || 500 + backoff(attempt + 1, this.#clock.random)
    this.#become(one, "waiting")
    this.#pause(one.conversation_id, wait)
    if (error.code === "rate_limited") this.dispatchEvent(new CustomEvent("slow", { detail: wait }))
  }

  /**
   * Tries a failed message again, under the id that it has.
   * @param {string} clientId
   */
  async retry(clientId) {
    const one = this.#all.get(clientId)
    if (!one || one.state !== "failed") return
    this.#files?.retry(one.files ?? [])
    this.#become(one, this.#up ? "sending" : "waiting")
    await this.#store(one)
  }

  /**
   * Gives a message up.
   * @param {string} clientId
   */
  remove(clientId) {
    const one = this.#all.get(clientId)
    if (!one) return
    this.#all.delete(clientId)
    this.#land(clientId)
    this.#kept.forget(one)
    this.#files?.cancel(one.files ?? [])
    this.#changed(one.conversation_id)
    void this.#flush(one.conversation_id)
  }

  /**
   * Stores a message, and meanwhile asks for the turn to send it.
   * @param {Pending} one
   */
  async #store(one) {
    const stored = this.#kept.store(one, one.files && this.#files?.recorded(one.files))
    void this.#flush(one.conversation_id)
    await stored
    await this.#flush(one.conversation_id)
  }

  /** @param {Iterable<number>} [also] conversations that may have nothing left */
  #flushAll(also = []) {
    const some = [...this.#all.values()].map((one) => one.conversation_id)
    for (const id of new Set([...some, ...also])) void this.#flush(id)
  }

  /**
   * Sends the first message that waits in a conversation, unless one is on its way.
   * @param {number} conversationId
   */
  async #flush(conversationId) {
    if (!this.#up) return
    const one = this.of(conversationId).find((pending) => pending.state !== "failed")
    if (!one) return this.#turns.leave(conversationId)
    const files = one.files ? (this.#files?.standing(one.files) ?? {}) : undefined
    // Until they are there the turn is nobody's, for it would be taken from who does nothing with it.
    if (files && !files.attachments && !files.fault) return this.#turns.leave(conversationId)
    if (this.#inFlight.has(conversationId) || this.#pauses.has(conversationId)) return
    if (!this.#turns.has(conversationId)) return this.#turns.ask(conversationId)
    const { client_id: clientId } = one
    // What follows waits for it, too.
    if (this.#kept.isBusyWith(clientId)) return
    // Taken before the first await, so that a second flush does not overtake.
    const flight = { clientId, timer: 0 }
    flight.timer = this.#clock.setTimeout(() => this.#overdue(one, flight), doubtAfter)
    this.#inFlight.set(conversationId, flight)
    const waits = await this.#kept.has(clientId)
    // The line may have gone and come back meanwhile, or the turn: then another flight has it.
    if (this.#inFlight.get(conversationId) !== flight) return
    if (!waits) {
      if (this.#all.delete(clientId)) this.#changed(conversationId)
      this.#land(clientId)
      void this.#flush(conversationId)
      return
    }
    if (files?.fault) {
      this.#land(clientId)
      this.#fail(one, files.fault)
      void this.#flush(conversationId)
      return
    }
    this.#become(one, "sending")
    const more = { ...(one.reply && { reply_to: one.reply.message_id }), ...files }
    const frame = { type: "send", conversation_id: conversationId, client_id: clientId, message: one.text, ...more }
    if (this.#send(frame)) return
    this.#land(clientId)
    this.#become(one, "waiting")
    this.#turns.leave(conversationId)
  }

  /** @param {number} conversationId its turn was got, or taken by another tab */
  #turned(conversationId) {
    const flight = this.#inFlight.get(conversationId)
    if (flight && !this.#turns.has(conversationId)) this.#land(flight.clientId)
    void this.#flush(conversationId)
  }

  /**
   * An answer is late: the line may be dead, although nobody has said so.
   * @param {Pending} one
   * @param {{ timer: number }} flight
   */
  #overdue(one, flight) {
    flight.timer = this.#clock.setTimeout(() => this.#again(one), ackWithin - doubtAfter)
    this.dispatchEvent(new CustomEvent("overdue"))
  }

  /** @param {Pending} one an answer is overdue: the same id makes asking again harmless */
  #again(one) {
    this.#land(one.client_id)
    void this.#flush(one.conversation_id)
  }

  /** @param {Pending} one */
  #isInFlight(one) {
    return this.#inFlight.get(one.conversation_id)?.clientId === one.client_id
  }

  /** @param {string} clientId it is not on the line any more */
  #land(clientId) {
    for (const [conversationId, flight] of this.#inFlight) {
      if (flight.clientId !== clientId) continue
      this.#clock.clearTimeout(flight.timer)
      this.#inFlight.delete(conversationId)
    }
  }

  /**
   * @param {number} conversationId
   * @param {number} wait
   */
  #pause(conversationId, wait) {
    const before = this.#pauses.get(conversationId)
    if (before !== undefined) this.#clock.clearTimeout(before)
    const resume = () => {
      this.#pauses.delete(conversationId)
      void this.#flush(conversationId)
    }
    this.#pauses.set(conversationId, this.#clock.setTimeout(resume, wait))
  }

  /**
   * @param {Pending} one
   * @param {string} fault
   */
  #fail(one, fault) {
    one.fault = fault
    this.#become(one, "failed")
    void this.#store(one)
    this.dispatchEvent(new CustomEvent("failed", { detail: one }))
  }

  /**
   * @param {Pending} one
   * @param {Pending["state"]} state
   */
  #become(one, state) {
    if (one.state === state) return
    one.state = state
    if (state !== "failed") one.fault = undefined
    this.#changed(one.conversation_id)
  }

  /** @param {number} conversationId */
  #changed(conversationId) {
    this.dispatchEvent(new CustomEvent("change", { detail: conversationId }))
  }
}
