/** @type {Promise<number | undefined> | undefined} */
let known

/**
 * Who is signed in in this browser, as a page has said it last.
 * @returns {Promise<number | undefined>} undefined for nobody, and where nothing can be kept
 */
export function person() {
  known ??= run("readonly", (store) => store.get("person")).catch(() => undefined)
  return known
}

/**
 * @param {number | undefined} id undefined: nobody is
 * @returns {Promise<void>}
 */
export async function setPerson(id) {
  known = Promise.resolve(id)
  await run("readwrite", (store) => (id === undefined ? store.delete("person") : store.put(id, "person"))).catch(
    () => {},
  )
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} ask
 * @returns {Promise<any>}
 */
async function run(mode, ask) {
  /** @type {IDBDatabase} */
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open("swapnest-worker", 1)
    request.onupgradeneeded = () => request.result.createObjectStore("person")
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction("person", mode)
      const request = ask(transaction.objectStore("person"))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = transaction.onerror = () => reject(transaction.error)
    })
  } finally {
    db.close()
  }
}
