// What the service worker has to know from one start to the next, for it is stopped and started as the browser
// likes; and what it hands to a page. It stands in a database beside the outbox's.
import { openDatabase, transact } from "./database.js"

/** @typedef {import("./database.js").Clock} Clock */
/** @typedef {{ patience?: number, factory?: IDBFactory, clock?: Clock }} Options patience in milliseconds */

/**
 * What is kept under a name. A database that does not answer in time throws, as one that is refused does.
 * @param {string} name
 * @param {Options} [options]
 * @returns {Promise<any>} undefined where there is nothing
 */
export function kept(name, options) {
  return run("readonly", (store) => store.get(name), options)
}

/**
 * Keeps something under a name, or nothing more. It throws when it is not kept.
 * @param {string} name
 * @param {unknown} value undefined for nothing
 * @param {Options} [options]
 */
export async function keep(name, value, options) {
  await run("readwrite", (store) => (value === undefined ? store.delete(name) : store.put(value, name)), options)
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} ask
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
async function run(mode, ask, options) {
  const db = await openDatabase("swapnest.worker", 1, (made) => made.createObjectStore("kept"), options)
  try {
    return await transact(db, ["kept"], mode, (at) => ask(at("kept")), options)
  } finally {
    db.close()
  }
}
