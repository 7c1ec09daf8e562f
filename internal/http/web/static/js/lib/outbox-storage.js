import { systemClock } from "./clock.js"

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./outbox.js").Sent} Sent */
/** @typedef {import("./outbox.js").Storage} Storage */

/**
 * What one tab tells the others: that something has changed, or what has been sent.
 * @typedef {{ sent?: Sent }} Word
 */

/** A database may hang without an error: nobody waits longer for it than this. */
const answersWithin = 3_000

/**
 * Keeps pending messages only as long as the page: for browsers that refuse IndexedDB.
 * @implements {Storage}
 */
export class MemoryStorage {
  shared = false
  /** @type {Map<string, Pending>} */
  #all = new Map()

  /** @param {number} userId */
  async all(userId) {
    return [...this.#all.values()].filter((one) => one.user_id === userId)
  }

  /** @param {Pending} one */
  async put(one) {
    this.#all.set(one.client_id, one)
  }

  /** @param {string} clientId */
  async remove(clientId) {
    this.#all.delete(clientId)
  }

  /** @param {string} clientId */
  async has(clientId) {
    return this.#all.has(clientId)
  }
}

/**
 * Keeps pending messages in IndexedDB, and tells the person's other tabs of changes.
 * @implements {Storage}
 */
export class DatabaseStorage {
  shared = true
  #db
  #channel
  #clock

  /**
   * @param {IDBDatabase} db
   * @param {Pick<BroadcastChannel, "postMessage">} [channel]
   * @param {Clock} [clock]
   */
  constructor(db, channel, clock = systemClock) {
    this.#db = db
    this.#channel = channel
    this.#clock = clock
  }

  /** @param {number} userId */
  all(userId) {
    return this.#run("readonly", (store) => store.index("user_id").getAll(userId))
  }

  /** @param {Pending} one */
  async put(one) {
    await this.#run("readwrite", (store) => store.put(one))
    this.#tell({})
  }

  /**
   * @param {string} clientId
   * @param {Sent} [sent]
   */
  async remove(clientId, sent) {
    // Told before it is gone: a tab without a line keeps its bubble.
    if (sent) this.#tell({ sent })
    await this.#run("readwrite", (store) => store.delete(clientId))
    this.#tell({})
  }

  /** @param {string} clientId */
  async has(clientId) {
    return (await this.#run("readonly", (store) => store.count(clientId))) > 0
  }

  /** @param {Word} word */
  #tell(word) {
    this.#channel?.postMessage(word)
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T>}
   */
  #run(mode, ask) {
    return within(this.#clock, (resolve, reject) => {
      const transaction = this.#db.transaction("outbox", mode)
      const request = ask(transaction.objectStore("outbox"))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
      transaction.onerror = () => reject(transaction.error)
      // What is told to have failed must not happen later.
      return () => transaction.abort()
    })
  }
}

/**
 * Opens the storage of a browser, or one in memory where it is refused or does not answer.
 * @param {object} options
 * @param {(word: Word) => void} options.onChange what another tab tells
 * @param {IDBFactory} [options.factory]
 * @param {Clock} [options.clock]
 * @returns {Promise<Storage>}
 */
export async function openStorage({ onChange, factory = globalThis.indexedDB, clock = systemClock }) {
  try {
    const db = await openDatabase(clock, factory)
    // A page of a later version may want to change it.
    db.onversionchange = () => db.close()
    /** @type {BroadcastChannel | undefined} */
    let channel
    if (typeof BroadcastChannel === "function") {
      channel = new BroadcastChannel("swapnest.outbox")
      channel.onmessage = ({ data }) => onChange(data)
    }
    return new DatabaseStorage(db, channel, clock)
  } catch {
    return new MemoryStorage()
  }
}

/**
 * @param {Clock} clock
 * @param {IDBFactory | undefined} factory
 * @returns {Promise<IDBDatabase>}
 */
function openDatabase(clock, factory) {
  return within(clock, (resolve, reject) => {
    if (!factory) throw new Error("there is no IndexedDB")
    const request = factory.open("swapnest", 1)
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore("outbox", { keyPath: "client_id" })
      store.createIndex("user_id", "user_id")
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
    request.onblocked = () => reject(new Error("another tab holds an older version"))
    return () => (request.onsuccess = () => request.result.close())
  })
}

/**
 * @template T
 * @param {Clock} clock
 * @param {(resolve: (value: T) => void, reject: (error: unknown) => void) => () => void} start
 *   begins the work, and returns what ends it when it takes too long
 * @returns {Promise<T>}
 */
function within(clock, start) {
  /** @type {number | undefined} */
  let timer
  /** @type {Promise<T>} */
  const work = new Promise((resolve, reject) => {
    const end = start(resolve, reject)
    timer = clock.setTimeout(() => {
      reject(new Error("the database does not answer"))
      end()
    }, answersWithin)
  })
  return work.finally(() => timer !== undefined && clock.clearTimeout(timer))
}
