/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./outbox.js").Storage} Storage */

/**
 * Keeps pending messages only as long as the page: for browsers that refuse IndexedDB.
 * @implements {Storage}
 */
export class MemoryStorage {
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
  #db
  #channel

  /**
   * @param {IDBDatabase} db
   * @param {BroadcastChannel} [channel]
   */
  constructor(db, channel) {
    this.#db = db
    this.#channel = channel
  }

  /** @param {number} userId */
  all(userId) {
    return this.#run("readonly", (store) => store.index("user_id").getAll(userId))
  }

  /** @param {Pending} one */
  async put(one) {
    await this.#run("readwrite", (store) => store.put(one))
    this.#channel?.postMessage("changed")
  }

  /** @param {string} clientId */
  async remove(clientId) {
    await this.#run("readwrite", (store) => store.delete(clientId))
    this.#channel?.postMessage("changed")
  }

  /** @param {string} clientId */
  async has(clientId) {
    return (await this.#run("readonly", (store) => store.count(clientId))) > 0
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T>}
   */
  #run(mode, ask) {
    return new Promise((resolve, reject) => {
      const transaction = this.#db.transaction("outbox", mode)
      const request = ask(transaction.objectStore("outbox"))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
      transaction.onerror = () => reject(transaction.error)
    })
  }
}

/**
 * Opens the storage of a browser, or one in memory where it is refused.
 * @param {() => void} onChange another tab has changed something
 * @param {IDBFactory | undefined} [factory]
 * @returns {Promise<Storage>}
 */
export async function openStorage(onChange, factory = globalThis.indexedDB) {
  try {
    const db = await openDatabase(factory)
    /** @type {BroadcastChannel | undefined} */
    let channel
    if (typeof BroadcastChannel === "function") {
      channel = new BroadcastChannel("swapnest.outbox")
      channel.onmessage = onChange
    }
    return new DatabaseStorage(db, channel)
  } catch {
    return new MemoryStorage()
  }
}

/**
 * @param {IDBFactory | undefined} factory
 * @returns {Promise<IDBDatabase>}
 */
function openDatabase(factory) {
  return new Promise((resolve, reject) => {
    if (!factory) throw new Error("there is no IndexedDB")
    const request = factory.open("swapnest", 1)
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore("outbox", { keyPath: "client_id" })
      store.createIndex("user_id", "user_id")
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
    request.onblocked = () => reject(new Error("another tab holds an older version"))
  })
}
