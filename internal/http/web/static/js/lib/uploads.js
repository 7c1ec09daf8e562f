import { carry } from "./carry.js"
import { Claims } from "./claims.js"

/** @typedef {import("./frames.js").Attachment} Attachment */
/** @typedef {import("./job.js").Chosen} Chosen */
/** @typedef {import("./job.js").Job} Job */

const most = 2
const kept = 24 * 60 * 60_000
const lost = "A file is not on this device any more. Delete this message, and choose the file again."

/**
 * The files of one person that are on their way, or there and not sent yet: two at a time, in the
 * order in which they were chosen, each by one tab. They outlive the page, and go on where they were.
 * It dispatches "change" (detail: the conversation's id).
 */
export class Uploads extends EventTarget {
  #tus
  #storage
  #clock
  #userId
  #claims
  #online
  #urlOf
  /** @type {Map<string, Job>} */
  #all = new Map()
  /** @type {Map<string, Blob>} */
  #bytes = new Map()
  /** @type {Map<string, string>} addresses of the bytes on this page */
  #urls = new Map()
  /** @type {Map<string, AbortController>} what this tab is busy with */
  #running = new Map()
  /** @type {Set<string>} what is not stored (yet), so that its absence there means nothing */
  #unstored = new Set()
  /** @type {Set<string>} whose bytes are only on this page */
  #unsafe = new Set()
  /** @type {Set<string>} what is not wanted any more: a list read before does not bring it back */
  #gone = new Set()
  /** @type {Promise<unknown>} one after the other */
  #work = Promise.resolve()
  /** @type {Set<() => void>} those who wait before they try again */
  #resting = new Set()
  #stopped = false
  #order = 0

  /**
   * @param {object} options
   * @param {import("./tus.js").Tus} options.tus
   * @param {import("./uploads-storage.js").UploadsStorage} [options.storage] undefined in a browser that keeps nothing
   * @param {number} options.userId
   * @param {import("./clock.js").Clock} options.clock
   * @param {import("./turns.js").Locks} [options.locks]
   * @param {() => boolean} [options.online]
   * @param {(bytes: Blob) => string} options.urlOf
   */
  constructor({ tus, storage, userId, clock, locks, online = () => true, urlOf }) {
    super()
    this.#tus = tus
    this.#storage = storage
    this.#userId = userId
    this.#clock = clock
    this.#online = online
    this.#urlOf = urlOf
    // What no other tab can see, no other tab sends.
    this.#claims = new Claims(storage ? locks : undefined, `swapnest.file.${userId}.`)
  }

  /** Whether leaving the page now loses a file. */
  get unsafe() {
    return this.#unsafe.size > 0
  }

  /** Takes up what is stored: from before a reload, or by another tab. */
  async load() {
    const stored = await this.#after(() => this.#storage?.all(this.#userId))
    if (!stored) return
    const ids = new Set(stored.map(({ id }) => id))
    for (const id of this.#all.keys()) if (!ids.has(id) && !this.#unstored.has(id)) this.#drop(id)
    for (const one of stored) {
      const known = this.#all.get(one.id)
      if (this.#gone.has(one.id) || this.#running.has(one.id) || this.#unstored.has(one.id)) continue
      const state = one.state === "sending" ? "waiting" : one.state
      if (known?.state === state && known.upload === one.upload) continue
      this.#order = Math.max(this.#order, one.order)
      if (!known) await this.#show(one.id)
      if (this.#gone.has(one.id)) continue
      this.#all.set(one.id, Object.assign(known ?? {}, one, { state }))
      this.#changed(one)
    }
    this.#pump()
  }

  /**
   * Begins to send files.
   * @param {number} conversation
   * @param {Chosen[]} chosen
   */
  add(conversation, chosen) {
    for (const { bytes, ...file } of chosen) {
      this.#order = Math.max(this.#order + 1, this.#clock.now())
      const mine = { user_id: this.#userId, conversation_id: conversation, order: this.#order }
      this.#all.set(file.id, { ...file, ...mine, size: bytes.size, state: "waiting", sent: 0, upload: "" })
      this.#bytes.set(file.id, bytes)
      this.#unstored.add(file.id)
      this.#unsafe.add(file.id)
      void this.#keep(file.id, bytes)
    }
    this.dispatchEvent(new CustomEvent("change", { detail: conversation }))
    this.#pump()
  }

  /**
   * The ids of a conversation's, in their order.
   * @param {number} conversation
   */
  in(conversation) {
    return this.#sorted.filter((one) => one.conversation_id === conversation).map(({ id }) => id)
  }

  /**
   * @param {string[]} ids
   * @returns {Attachment[]}
   */
  shown(ids) {
    return this.#of(ids).map((one) => {
      const { id, kind, name, type, size, width, height, duration_ms, waveform, state, sent, fault } = one
      const job = { state, sent, fault }
      return { id, kind, name, type, size, url: this.#urls.get(id) ?? "", width, height, duration_ms, waveform, job }
    })
  }

  /**
   * @param {string[]} ids
   * @returns {{ attachments?: string[], fault?: string }}
   */
  standing(ids) {
    const all = this.#of(ids)
    if (all.length < ids.length) return { fault: lost }
    const failed = all.find(({ state }) => state === "failed")
    if (failed) return { fault: `${all.length > 1 ? `${failed.name}: ` : ""}${failed.fault}` }
    return all.every(({ state }) => state === "ready") ? { attachments: all.map(({ upload }) => upload) } : {}
  }

  /**
   * Resolves once what was just added is stored, or cannot be.
   * @param {string[]} ids
   */
  async recorded(ids) {
    if (ids.some((id) => this.#unstored.has(id))) await this.#work
  }

  /**
   * @param {string[]} ids
   * @returns {boolean}
   */
  renew(ids) {
    const all = this.#of(ids)
    if (all.length < ids.length || all.some(({ renewed }) => renewed)) return false
    for (const one of all) this.#become(one, { renewed: true, state: "waiting", upload: "", sent: 0 })
    this.#pump()
    return true
  }

  /** @param {string[]} ids */
  retry(ids) {
    for (const one of this.#of(ids)) {
      const again = one.state === "failed" ? { state: /** @type {const} */ ("waiting"), fault: undefined } : {}
      this.#become(one, { ...again, renewed: false })
    }
    this.#pump()
  }

  /** @param {string[]} ids that are not wanted any more, here or at the server */
  cancel(ids) {
    for (const { upload } of this.#of(ids)) {
      // What is left there goes by itself after a day.
      if (upload) this.#tus.remove(upload).catch(() => {})
    }
    this.forget(ids)
  }

  /** @param {string[]} ids whose message was sent */
  forget(ids) {
    for (const id of ids) {
      this.#drop(id)
      void this.#after(() => this.#storage?.remove(id))
    }
  }

  /** @param {Set<string>} wanted ids; of the others those go that were chosen a day ago */
  sweep(wanted) {
    const until = this.#clock.now() - kept
    this.cancel(this.#sorted.filter(({ id, order }) => !wanted.has(id) && order <= until).map(({ id }) => id))
  }

  /** There may be a line again. */
  wake() {
    this.#stopped = false
    if (!this.#online()) return
    for (const done of this.#resting) done()
    this.#pump()
  }

  /** Lets go of everything, so that another tab can go on. */
  stop() {
    this.#stopped = true
    this.#claims.leaveAll()
    for (const controller of this.#running.values()) controller.abort()
  }

  get #sorted() {
    return [...this.#all.values()].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
  }

  /** @param {string[]} ids */
  #of(ids) {
    return ids.flatMap((id) => this.#all.get(id) ?? [])
  }

  /** Has this tab busy with as many as it may be. */
  #pump() {
    for (const one of this.#sorted) {
      if (this.#stopped || this.#running.size >= most) return
      if (one.state !== "waiting" || this.#running.has(one.id) || this.#claims.waitsFor(one.id)) continue
      const controller = new AbortController()
      this.#running.set(one.id, controller)
      void this.#claims
        .hold(one.id, () => this.#run(one.id, controller.signal))
        .then((had) => {
          if (this.#running.get(one.id) === controller) this.#running.delete(one.id)
          // Another tab is busy with it; when it is not any more, what it has done is looked at.
          if (!had) this.#claims.await(one.id, () => void this.load().then(() => this.#pump()))
          this.#pump()
        })
    }
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async #run(id, signal) {
    try {
      const one = await this.#fresh(id, signal)
      if (one?.state !== "waiting") return
      // The storage may have been too busy when they were to be read.
      if (!this.#bytes.has(id)) await this.#show(id)
      signal.throwIfAborted()
      const bytes = this.#bytes.get(id)
      if (!bytes) throw new Error("It is not on this device any more. Choose it again.")
      await carry({ ...one, kind: one.kind === "voice" ? "voice" : undefined }, bytes, {
        tus: this.#tus,
        clock: this.#clock,
        signal,
        tell: (news) => this.#become(one, news),
        rest: (ms) => this.#rest(ms, signal),
      })
      this.#become(one, { state: "ready", sent: one.size })
    } catch (error) {
      const one = this.#all.get(id)
      if (!one) return
      if (signal.aborted) return this.#become(one, { state: "waiting" })
      const { message = "", retryable = false } = /** @type {import("./tus.js").UploadFault} */ (error)
      // What was refused stays so: tried again it begins anew.
      this.#become(one, { state: "failed", fault: message, ...(!retryable && { upload: "", sent: 0 }) })
    }
  }

  /**
   * A job as it is now: another tab may have been busy with it.
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async #fresh(id, signal) {
    const stored = this.#unstored.has(id) ? undefined : await this.#after(() => this.#storage?.get(id))
    signal.throwIfAborted()
    const one = this.#all.get(id)
    if (one && stored && stored.state !== "sending")
      this.#become(one, { state: stored.state, upload: stored.upload, sent: stored.sent, fault: stored.fault }, false)
    else if (one && stored) this.#become(one, { upload: stored.upload, sent: stored.sent }, false)
    return one
  }

  /**
   * Waits for a while, and without a line until there is one.
   * @param {number} ms
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #rest(ms, signal) {
    return new Promise((resolve) => {
      const done = () => {
        this.#resting.delete(done)
        this.#clock.clearTimeout(timer)
        signal.removeEventListener("abort", done)
        resolve()
      }
      const timer = this.#clock.setTimeout(() => this.#online() && done(), ms)
      this.#resting.add(done)
      signal.addEventListener("abort", done)
    })
  }

  /**
   * @param {Job} one
   * @param {Partial<Job>} news
   * @param {boolean} [ours] whether it is to be stored: how far it is, and nothing else, is not
   */
  #become(one, news, ours = "upload" in news || "fault" in news || "renewed" in news || news.state === "ready") {
    Object.assign(one, news)
    if (this.#all.get(one.id) !== one) return
    if (ours) void this.#after(() => this.#storage?.put({ ...one }))
    this.#changed(one)
  }

  /**
   * @param {string} id
   * @param {Blob} bytes
   */
  async #keep(id, bytes) {
    this.#urls.set(id, this.#urlOf(bytes))
    const stored = await this.#after(async () => {
      const one = this.#all.get(id)
      if (one) await this.#storage?.add({ ...one })
      this.#unstored.delete(id)
      return one && this.#storage
    })
    try {
      await stored?.keep(id, bytes)
      if (stored || !this.#all.has(id)) this.#unsafe.delete(id)
      // It may have been taken away meanwhile.
      if (!this.#all.has(id)) await this.#storage?.remove(id)
    } catch {
      // It is sent all the same; only a reload would lose it.
    }
  }

  /** @param {string} id whose bytes another page has stored */
  async #show(id) {
    const bytes = await this.#storage?.bytes(id).catch(() => undefined)
    if (!bytes || this.#gone.has(id)) return
    this.#bytes.set(id, bytes)
    this.#urls.set(id, this.#urlOf(bytes))
  }

  /** @param {string} id */
  #drop(id) {
    const one = this.#all.get(id)
    this.#gone.add(id)
    this.#all.delete(id)
    this.#bytes.delete(id)
    this.#unstored.delete(id)
    this.#unsafe.delete(id)
    this.#claims.leave(id)
    this.#running.get(id)?.abort()
    if (one) this.#changed(one)
  }

  /** @param {Job} one */
  #changed(one) {
    this.dispatchEvent(new CustomEvent("change", { detail: one.conversation_id }))
  }

  /**
   * Asks the storage when it is done with what was asked before. One that fails keeps nobody from sending.
   * @template T
   * @param {() => Promise<T> | T} run
   * @returns {Promise<T | undefined>}
   */
  #after(run) {
    const done = this.#work.then(run).catch(() => undefined)
    this.#work = done
    return done
  }
}
