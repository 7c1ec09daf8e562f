/**
 * As much of IndexedDB as the worker's memory uses.
 * @param {Map<string, any>} kept what is in it
 */
export function fakeFactory(kept = new Map()) {
  const state = { kept, hangs: false, refuses: false, aborted: 0, closed: 0, opened: /** @type {string[]} */ ([]) }
  const store = {
    get: (name) => ({ result: kept.get(name) }),
    put: (value, name) => ({ result: kept.set(name, value) }),
    delete: (name) => ({ result: kept.delete(name) }),
  }
  const transaction = () => {
    const one = { objectStore: () => store, oncomplete: null, abort: () => state.aborted++ }
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
