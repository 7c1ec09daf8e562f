/**
 * As much of IndexedDB as the worker's memory uses.
 * @param {Map<string, any>} kept what is in it
 */
export function fakeFactory(kept = new Map()) {
  const opened = /** @type {string[]} */ ([])
  const state = {
    kept,
    hangs: false,
    finished: /** @type {boolean | string} */ (false),
    refuses: false,
    aborted: 0,
    closed: 0,
    opened,
  }
  const store = {
    get: (name) => ({ result: kept.get(name) }),
    put: (value, name) => ({ result: kept.set(name, value) }),
    delete: (name) => ({ result: kept.delete(name) }),
  }
  const transaction = () => {
    const one = { objectStore: () => store, oncomplete: null, abort }
    function abort() {
      if (!state.finished) return state.aborted++
      if (state.finished !== "but for its end") queueMicrotask(() => one.oncomplete())
      throw new DOMException("The transaction has finished.", "InvalidStateError")
    }
    if (!state.hangs) queueMicrotask(() => one.oncomplete())
    return one
  }
  const db = { transaction, close: () => state.closed++, createObjectStore() {} }
  const open = (name) => {
    if (state.refuses) throw new Error("SecurityError")
    state.opened.push(name)
    const request = { result: db, onsuccess: null }
    queueMicrotask(() => request.onsuccess())
    return request
  }
  return { state, factory: { open } }
}
