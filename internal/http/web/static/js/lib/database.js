import { systemClock } from "./clock.js"

/** @typedef {import("./clock.js").Clock} Clock */

/** A database may hang without an error: nobody waits longer for it than this, or twice this for its end. */
export const answersWithin = 3_000

/** Writing many megabytes takes a phone a while. */
export const bytesWithin = 60_000

/**
 * Opens a database. One that opens too late is closed again.
 * @param {string} name
 * @param {number} version
 * @param {(db: IDBDatabase, from: number) => void} upgrade from 0 for a new one
 * @param {{ factory?: IDBFactory, clock?: Clock }} [options]
 * @returns {Promise<IDBDatabase>}
 */
export function openDatabase(name, version, upgrade, { factory = globalThis.indexedDB, clock = systemClock } = {}) {
  return within(clock, answersWithin, (resolve, reject) => {
    if (!factory) throw new Error("there is no IndexedDB")
    const request = factory.open(name, version)
    request.onupgradeneeded = ({ oldVersion: from }) => upgrade(request.result, from)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
    return () => (request.onsuccess = () => request.result.close())
  })
}

/**
 * Works on some stores at once: all of it takes place, or nothing does.
 * @template T
 * @param {IDBDatabase} db
 * @param {string[]} names
 * @param {IDBTransactionMode} mode
 * @param {(at: (name: string) => IDBObjectStore) => IDBRequest<T>} ask
 * @param {{ patience?: number, clock?: Clock }} [options] patience in milliseconds
 * @returns {Promise<T>}
 */
export function transact(db, names, mode, ask, { patience = answersWithin, clock = systemClock } = {}) {
  return within(clock, patience, (resolve, reject) => {
    const transaction = db.transaction(names, mode)
    const request = ask((name) => transaction.objectStore(name))
    transaction.oncomplete = () => resolve(request.result)
    transaction.onabort = () => reject(transaction.error)
    transaction.onerror = () => reject(transaction.error)
    // What is told to have failed must not happen later.
    return () => transaction.abort()
  })
}

/**
 * @template T
 * @param {Clock} clock
 * @param {number} patience milliseconds
 * @param {(resolve: (value: T) => void, reject: (error: unknown) => void) => () => void} start
 *   begins the work, and returns what ends it when it takes too long
 * @returns {Promise<T>}
 */
function within(clock, patience, start) {
  /** @type {number | undefined} */
  let timer
  /** @type {Promise<T>} */
  const work = new Promise((resolve, reject) => {
    const end = start(resolve, reject)
    const giveUp = () => reject(new Error("the database does not answer"))
    timer = clock.setTimeout(() => {
      try {
        end()
        giveUp()
      } catch {
        // It has finished and its event is on its way, or its end is being written: as long again, and no longer.
        timer = clock.setTimeout(giveUp, patience)
      }
    }, patience)
  })
  return work.finally(() => timer !== undefined && clock.clearTimeout(timer))
}
