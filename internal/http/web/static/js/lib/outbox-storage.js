import { systemClock } from "./clock.js"
import { openDatabase, transact } from "./database.js"
import { TabStorage } from "./tab-storage.js"

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./outbox.js").Sent} Sent */
/** @typedef {import("./outbox.js").Storage} Storage */

/**
 * What one tab tells the others: that something has changed, or what has been sent.
 * @typedef {{ sent?: Sent }} Word
 */

/**
 * Keeps pending messages in IndexedDB, and tells the person's other tabs of changes. What IndexedDB does not take, as
 * on a full disk, the tab keeps by itself.
 * @implements {Storage}
 */
export class DatabaseStorage {
  shared = true
  #db
  #channel
  #clock
  #tab

  /**
   * @param {IDBDatabase} db
   * @param {Pick<BroadcastChannel, "postMessage">} [channel]
   * @param {Clock} [clock]
   * @param {TabStorage} [tab]
   */
  constructor(db, channel, clock = systemClock, tab = new TabStorage()) {
    this.#db = db
    this.#channel = channel
    this.#clock = clock
    this.#tab = tab
  }

  /**
   * @param {number} userId
   * @returns {Promise<Pending[]>}
   */
  async all(userId) {
    const own = await this.#tab.all(userId) // first, or one that is just taken over would be missing
    const stored = await this.#outbox("readonly", (store) => store.index("user_id").getAll(userId))
    return [...new Map([...own, ...stored].map((one) => [one.client_id, one])).values()]
  }

  /**
   * Fails also where the tab keeps it: no other tab finds it then.
   * @param {Pending} one
   */
  async put(one) {
    try {
      await this.#told(this.#outbox("readwrite", (store) => store.put(one)))
    } catch (error) {
      await this.#tab.put(one)
      throw error
    }
    await this.#tab.remove(one.client_id)
  }

  /** Takes over what the tab has kept by itself, as far as that works by now. */
  async takeOver() {
    for (const one of this.#tab.everybodys()) {
      const waits = await this.#tab.has(one.client_id) // it may have been sent meanwhile
      if (waits) await this.put(one).catch(() => {})
    }
  }

  /**
   * @param {string} clientId
   * @param {Sent} [sent]
   * @param {string[]} [files] that go with it: in one moment, or a crash would leave them as if they were to be sent
   */
  async remove(clientId, sent, files = []) {
    // Told before it is gone: a tab without a line keeps its bubble.
    if (sent) this.tell({ sent })
    void this.#tab.remove(clientId)
    if (files.length === 0) return this.#told(this.#outbox("readwrite", (store) => store.delete(clientId)))
    const all = this.run(["outbox", "files", "bytes"], "readwrite", (at) => {
      for (const id of files) for (const store of ["files", "bytes"]) at(store).delete(id)
      return at("outbox").delete(clientId)
    })
    return this.#told(all)
  }

  /**
   * Whether files of a person's are kept, for a message or none yet.
   * @param {number} userId
   */
  async hasFiles(userId) {
    return (await this.run(["files"], "readonly", (at) => at("files").index("user_id").count(userId))) > 0
  }

  /** @param {string} clientId */
  async has(clientId) {
    return (await this.#tab.has(clientId)) || (await this.#outbox("readonly", (store) => store.count(clientId))) > 0
  }

  /** @param {Word} word for other tabs */
  tell(word) {
    this.#channel?.postMessage(word)
  }

  /**
   * Tells other tabs of a change: as it begins, for a page that is left may be gone before it knows of its end, and
   * who reads now is answered after that; and at its end.
   * @param {Promise<unknown>} change
   */
  async #told(change) {
    this.tell({})
    await change
    this.tell({})
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T>}
   */
  #outbox(mode, ask) {
    return this.run(["outbox"], mode, (at) => ask(at("outbox")))
  }

  /**
   * Works on some stores at once: all of it takes place, or nothing does.
   * @template T
   * @param {string[]} names
   * @param {IDBTransactionMode} mode
   * @param {(at: (name: string) => IDBObjectStore) => IDBRequest<T>} ask
   * @param {number} [patience] milliseconds
   * @returns {Promise<T>}
   */
  run(names, mode, ask, patience) {
    return transact(this.#db, names, mode, ask, { patience, clock: this.#clock })
  }
}

/**
 * Opens the storage of a browser, or that of the tab where it is refused or does not answer.
 * @param {object} options
 * @param {(word: Word) => void} options.onChange what another tab tells
 * @param {IDBFactory} [options.factory]
 * @param {Clock} [options.clock]
 * @returns {Promise<Storage>}
 */
export async function openStorage({ onChange, factory = globalThis.indexedDB, clock = systemClock }) {
  try {
    const db = await openDatabase("swapnest", 2, upgrade, { factory, clock })
    // A page of a later version may want to change it.
    db.onversionchange = () => db.close()
    /** @type {BroadcastChannel | undefined} */
    let channel
    if (typeof BroadcastChannel === "function") {
      channel = new BroadcastChannel("swapnest.outbox")
      channel.onmessage = ({ data }) => onChange(data)
    }
    const storage = new DatabaseStorage(db, channel, clock)
    void storage.takeOver()
    return storage
  } catch {
    return new TabStorage()
  }
}

/**
 * @param {IDBDatabase} db
 * @param {number} from version, 0 for a new one
 */
function upgrade(db, from) {
  if (from < 1) db.createObjectStore("outbox", { keyPath: "client_id" }).createIndex("user_id", "user_id")
  if (from < 2) {
    db.createObjectStore("files", { keyPath: "id" }).createIndex("user_id", "user_id")
    db.createObjectStore("bytes")
  }
}
