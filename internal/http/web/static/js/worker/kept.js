/** A database may hang without an error: nobody waits longer for it than this. */
const answersWithin = 3_000

/**
 * What the worker has kept under a name. It is stopped and started as the browser likes, so that what it
 * has to know stands in a database of its own.
 * @param {string} name
 * @returns {Promise<any>} undefined where there is nothing
 */
export function kept(name) {
  return run("readonly", (store) => store.get(name))
}

/**
 * Keeps something under a name, or nothing more.
 * @param {string} name
 * @param {unknown} value undefined for nothing
 */
export async function keep(name, value) {
  await run("readwrite", (store) => (value === undefined ? store.delete(name) : store.put(value, name)))
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} ask
 * @returns {Promise<any>}
 */
async function run(mode, ask) {
  const db = await open()
  try {
    return await within((resolve, reject) => {
      const transaction = db.transaction("kept", mode)
      const request = ask(transaction.objectStore("kept"))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    db.close()
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return within((resolve, reject) => {
    const request = indexedDB.open("swapnest.worker", 1)
    request.onupgradeneeded = () => request.result.createObjectStore("kept")
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/**
 * @template T
 * @param {(resolve: (value: T) => void, reject: (error: unknown) => void) => void} start
 * @returns {Promise<T>}
 */
function within(start) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the database does not answer")), answersWithin)
    const end = (/** @type {(value: any) => void} */ run) => (/** @type {any} */ value) => (
      clearTimeout(late),
      run(value)
    )
    start(end(resolve), end(reject))
  })
}
