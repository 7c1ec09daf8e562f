const day = 24 * 60 * 60_000

/** A browser may never answer: nobody waits longer for one that is to be turned on. */
export const turnsOnWithin = 20_000

/**
 * What is used of a subscription of the browser's.
 * @typedef {object} Subscription
 * @property {string} endpoint
 * @property {string} key of the server for which it was made, in base64url
 * @property {() => object} toJSON
 * @property {() => Promise<unknown>} unsubscribe
 */

/**
 * What is used of the browser.
 * @typedef {object} Browser
 * @property {() => "home-screen" | "browser" | undefined} lacks what is missing for it
 * @property {() => NotificationPermission} permission
 * @property {() => Promise<NotificationPermission>} ask only in the very click of somebody who wants it
 * @property {() => Promise<boolean>} settle tells the worker who is here, and whether it knows now
 * @property {() => Promise<Subscription | undefined>} subscription
 * @property {(key: string) => Promise<Subscription>} subscribe
 */

/**
 * What this browser has been told to do by somebody: the address that the server knows, "" when it has
 * forgotten it, and when it was asked last.
 * @typedef {{ endpoint: string, at: number }} Told
 */

/**
 * Where that outlives the page.
 * @typedef {object} Kept
 * @property {(me: number) => Told | undefined} read
 * @property {(me: number, told: Told | undefined) => boolean} write whether it is kept
 */

/** @typedef {(method: string, path: string, body?: object) => Promise<any>} Send to the server */

/** @typedef {"on" | "off" | "blocked" | "none" | "home-screen" | "browser"} State */

/**
 * Whether this browser is told when something happens, for one person. It is switched on by a click only;
 * what ends it without their will (another key of the server's, a session that ran out) is mended when they are
 * here again.
 */
export class PushDevice {
  #me
  #browser
  #get
  #send
  #kept
  #clock

  /**
   * @param {object} options
   * @param {number} options.me
   * @param {Browser} options.browser
   * @param {(path: string) => Promise<any>} options.get
   * @param {Send} options.send
   * @param {Kept} options.kept
   * @param {Pick<import("./clock.js").Clock, "now" | "setTimeout" | "clearTimeout">} options.clock
   */
  constructor({ me, browser, get, send, kept, clock }) {
    this.#me = me
    this.#browser = browser
    this.#get = get
    this.#send = send
    this.#kept = kept
    this.#clock = clock
  }

  /**
   * How it stands in this browser.
   * @returns {Promise<State>}
   */
  async state() {
    const lacks = this.#browser.lacks()
    if (lacks) return lacks
    const permission = this.#browser.permission()
    if (permission === "denied") return "blocked"
    if (permission !== "granted" || !this.#kept.read(this.#me)?.endpoint) return "off"
    return (await this.#browser.subscription()) ? "on" : "off"
  }

  /**
   * Switches it on: asks for the permission, so it is to be called in the very click. With it goes on the
   * preference for all of one's devices, without which nothing would be sent to this one. What does not work, or
   * takes more than 20 s after the permission, throws an Error for people to read.
   * @returns {Promise<State>}
   */
  async turnOn() {
    const permission = await this.#browser.ask()
    if (permission !== "granted") return permission === "denied" ? "blocked" : "off"
    /** @type {number | undefined} */
    let timer
    const late = new Promise((_, reject) => {
      const fault = new Error("This browser, or its push service, does not answer.")
      timer = this.#clock.setTimeout(() => reject(fault), turnsOnWithin)
    })
    const within = (/** @type {Promise<any>} */ step) => Promise.race([step, late])
    late.catch(() => {}) // every step may be over
    return this.#allowed(within).finally(() => timer !== undefined && this.#clock.clearTimeout(timer))
  }

  /**
   * @param {<T>(step: Promise<T>) => Promise<T>} within ends what takes too long, before the next step begins
   * @returns {Promise<State>}
   */
  async #allowed(within) {
    if (!(await within(this.#browser.settle())))
      throw new Error("This browser keeps nothing for SwapNest. In a private window it cannot be turned on.")
    const { public_key: key } = await within(this.#get("/push"))
    if (!key) return "none"
    // Before: on its own it does no harm, and a device that is on without it tells of nothing.
    await within(this.#send("PATCH", "/me", { preferences: { push: true } }))
    await this.#subscribe(key, await within(this.#browser.subscription()), within)
    return "on"
  }

  /** Whether this site tells devices of anything; true where it does not answer. */
  async offered() {
    const answer = await this.#get("/push").catch(() => undefined)
    return answer?.public_key !== ""
  }

  /** Switches it off. What does not work throws an Error for people to read. */
  async turnOff() {
    const told = this.#kept.read(this.#me)
    const subscription = await this.#browser.subscription()
    const endpoint = subscription?.endpoint ?? told?.endpoint
    const ended = await Promise.allSettled([subscription?.unsubscribe(), endpoint && strike(this.#send, endpoint)])
    // One of the two is enough: who sends to what is gone is told so.
    const fault = ended.find((one) => one.status === "rejected")
    if (fault && (!subscription || ended.every((one) => one.status === "rejected"))) throw fault.reason
    this.#kept.write(this.#me, undefined)
  }

  /**
   * Keeps it as it was wanted, without a question. It asks the server once a day, and when the subscription is
   * not the one that it was told of.
   * @param {{ now?: boolean }} [how] now asks whenever it was asked last
   */
  async keepUp({ now = false } = {}) {
    if (this.#browser.lacks() || this.#browser.permission() !== "granted") return
    const told = this.#kept.read(this.#me)
    const subscription = await this.#browser.subscription()
    if (!told) {
      // It is of somebody who was here before, and wanted it for themselves.
      await subscription?.unsubscribe()
      return
    }
    const same = subscription !== undefined && subscription.endpoint === told.endpoint
    if (same && !now && this.#clock.now() - told.at < day) return
    const { public_key: key, devices } = await this.#get("/push")
    // The site sends nothing for now.
    if (!key) return
    if (same && !devices.some((/** @type {{ current: boolean }} */ one) => one.current)) {
      // It was taken off the list, from another device.
      await subscription.unsubscribe()
      this.#kept.write(this.#me, undefined)
    } else if (same && subscription.key === key) this.#tell(told.endpoint)
    else await this.#subscribe(key, subscription)
  }

  /** The person goes from this browser: it is told no more, and forgets that it was. */
  async leave() {
    this.#kept.write(this.#me, undefined)
    if (!this.#browser.lacks()) await (await this.#browser.subscription())?.unsubscribe()
  }

  /**
   * @param {string} key
   * @param {Subscription | undefined} subscription that there is
   * @param {<T>(step: Promise<T>) => Promise<T>} [within] ends what takes too long
   */
  async #subscribe(key, subscription, within = (step) => step) {
    const before = this.#kept.read(this.#me)?.endpoint
    if (subscription && subscription.key !== key) {
      await subscription.unsubscribe()
      subscription = undefined
    }
    const wanted = subscription ?? (await within(this.#browser.subscribe(key)))
    try {
      await within(enlist(this.#send, wanted, key))
      if (!this.#tell(wanted.endpoint))
        throw new Error("This browser keeps nothing for SwapNest. Allow it to, and turn it on again.")
    } catch (error) {
      // If the server has it although its answer was lost, it will hear that it is gone.
      void wanted.unsubscribe().catch(() => {})
      throw error
    }
    if (before && before !== wanted.endpoint) await strike(this.#send, before).catch(() => {})
  }

  /** @param {string} endpoint */
  #tell(endpoint) {
    return this.#kept.write(this.#me, { endpoint, at: this.#clock.now() })
  }
}

/**
 * Has the server send to a subscription.
 * @param {Send} send
 * @param {{ toJSON: () => object }} subscription
 * @param {string} key of the server for which it was made
 */
export async function enlist(send, subscription, key) {
  await send("POST", "/push/devices", { ...subscription.toJSON(), public_key: key })
}

/**
 * Has the server send to one no more.
 * @param {Send} send
 * @param {string} endpoint
 */
export async function strike(send, endpoint) {
  await send("POST", "/push/devices/forget", { endpoint })
}
