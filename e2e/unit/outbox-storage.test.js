// Where pending messages are kept over a reload: in the database, or by the tab where the
// browser refuses one, or by the page where it keeps nothing.

import assert from "node:assert/strict"
import { test } from "node:test"
import { DatabaseStorage, openStorage } from "../../internal/http/web/static/js/lib/outbox-storage.js"
import { TabStorage } from "../../internal/http/web/static/js/lib/tab-storage.js"
import { FakeClock, ackOf, me, pendingOf, settle } from "./fakes.js"

/** What a tab keeps, as far as it is used. */
function fakeArea(kept = new Map()) {
  return {
    kept,
    full: false,
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => void kept.delete(key),
    setItem(key, value) {
      if (this.full) throw new Error("QuotaExceededError")
      kept.set(key, value)
    },
  }
}

const idsOf = async (storage, user = me) => (await storage.all(user)).map((one) => one.client_id)

test("the storage of a tab keeps users apart, and outlives the page where the browser lets it", async () => {
  const refused = () => {
    throw new Error("SecurityError")
  }
  for (const [area, left] of [
    [fakeArea(), ["b"]],
    [refused, []],
    [Object.assign(fakeArea(), { full: true }), []],
    [fakeArea(new Map([["swapnest.outbox", "no list"]])), ["b"]],
  ]) {
    const open = () => new TabStorage(typeof area === "function" ? area : () => area)
    const storage = open()
    assert.equal(storage.shared, false)
    for (const id of ["a", "b"]) await storage.put(pendingOf(id))
    await storage.put(pendingOf("c", { user_id: 3 }))
    assert.deepEqual(await idsOf(storage), ["a", "b"])
    assert.deepEqual(await Promise.all(["a", "d"].map((id) => storage.has(id))), [true, false])
    await storage.remove("a")
    assert.equal(await storage.has("a"), false)
    assert.deepEqual(await idsOf(open()), left)
    for (const id of ["b", "c"]) await storage.remove(id)
    if (left.length > 0) assert.equal(area.kept.size, 0)
  }
})

test("what the database does not take the tab keeps, and it is taken over once it does", async () => {
  const area = fakeArea()
  const kept = new Map()
  const told = []
  const open = () =>
    new DatabaseStorage(fakeDatabase(kept), { postMessage: (word) => told.push(word) }, new FakeClock(), new TabStorage(() => area)) // prettier-ignore
  kept.broken = true
  const storage = open()
  for (const id of ["a", "b"]) await assert.rejects(storage.put(pendingOf(id)))
  assert.equal(kept.size, 0)
  assert.deepEqual([await idsOf(storage), await storage.has("a")], [["a", "b"], true])

  // The page is loaded anew, and the disk is full as before.
  const again = open()
  await again.takeOver()
  assert.deepEqual(await idsOf(again), ["a", "b"])
  await again.remove("b")
  assert.equal(await again.has("b"), false)

  kept.broken = false
  await open().takeOver()
  assert.deepEqual([[...kept.keys()], area.kept.size], [["a"], 0])
  assert.deepEqual(told.at(-1), {}) // another tab may send it by now
  await again.remove("a")
  assert.deepEqual(await idsOf(again), [])
})

/** As much of IndexedDB as is used: stores with one index each, of which a test keeps the outbox. */
function fakeDatabase(kept = new Map(), others = {}) {
  const transaction = (_names, mode) => {
    const at = { mode, oncomplete: null, onabort: null, onerror: null, error: new Error("aborted") }
    const answer = (result) => {
      queueMicrotask(() => at.oncomplete())
      return { result }
    }
    const storeOf = (kept) => ({
      index: (field) => {
        const found = (value) => [...kept.values()].filter((one) => one[field] === value)
        return { getAll: (value) => answer(found(value)), count: (value) => answer(found(value).length) }
      },
      put: (one) => (kept.broken ? queueMicrotask(() => at.onabort()) : answer(kept.set(one.client_id, one))),
      delete: (id) => answer(kept.delete(id)),
      count: (id) => answer(kept.has(id) ? 1 : 0),
    })
    at.objectStore = (name) => storeOf(others[name] ?? kept)
    return at
  }
  return { transaction }
}

test("the storage in the database keeps users apart and tells other tabs of changes", async () => {
  const told = []
  const storage = new DatabaseStorage(fakeDatabase(), { postMessage: (word) => told.push(word) })
  await storage.put(pendingOf("a"))
  await storage.put(pendingOf("b", { user_id: 3 }))
  assert.deepEqual(
    (await storage.all(me)).map((one) => one.client_id),
    ["a"],
  )
  assert.equal(await storage.has("a"), true)
  await storage.remove("a")
  assert.equal(await storage.has("a"), false)
  assert.deepEqual(told, Array(6).fill({})) // as each change begins, and at its end
})

test("other tabs are told of a change although the page is gone before it knows of its end", () => {
  const told = []
  let begun = 0
  const store = { put: () => ({}), delete: () => ({}) }
  const db = { transaction: () => (begun++, { objectStore: () => store }) }
  const storage = new DatabaseStorage(db, { postMessage: (word) => told.push([begun, word]) }, new FakeClock())
  void storage.put(pendingOf("a"))
  void storage.remove("b")
  // Who reads when it is told is answered after the change, whose transaction was there before.
  assert.deepEqual(told, [
    [1, {}],
    [2, {}],
  ])
})

test("other tabs are told what was sent, before it is gone", async () => {
  const kept = new Map()
  const told = []
  const storage = new DatabaseStorage(fakeDatabase(kept), { postMessage: (word) => told.push([word, kept.size]) })
  await storage.put(pendingOf("a"))
  const sent = ackOf(1, "a")
  told.length = 0
  await storage.remove("a", sent)
  assert.deepEqual(told, [
    [{ sent }, 1],
    [{}, 0],
    [{}, 0],
  ])
})

test("a message that was sent and its files go in one transaction", async () => {
  const kept = new Map()
  const [files, bytes] = [new Map([["f", { user_id: me }]]), new Map([["f", "bytes"]])]
  const db = fakeDatabase(kept, { files, bytes })
  let transactions = 0
  const counted = (...args) => (transactions++, db.transaction(...args))
  const storage = new DatabaseStorage({ transaction: counted })
  await storage.put(pendingOf("a", { files: ["f"] }))
  assert.deepEqual([await storage.hasFiles(me), await storage.hasFiles(3)], [true, false])
  transactions = 0
  await storage.remove("a", ackOf(1, "a"), ["f"])
  assert.deepEqual([transactions, kept.size, files.size, bytes.size], [1, 0, 0, 0])
})

test("a database that hangs is an error after 3 s, and does not do later what it was told", async () => {
  const clock = new FakeClock()
  let aborted = 0
  const store = { put: () => ({}), count: () => ({}) }
  const db = { transaction: () => ({ objectStore: () => store, abort: () => aborted++ }) }
  const storage = new DatabaseStorage(db, undefined, clock)
  const failed = assert.rejects(storage.put(pendingOf("a")), /does not answer/)
  await clock.pass(2_999)
  assert.equal(aborted, 0)
  await clock.pass(1)
  await failed
  assert.equal(aborted, 1)
})

test("a database that answers leaves no timer behind", async () => {
  const clock = new FakeClock()
  const storage = new DatabaseStorage(fakeDatabase(), undefined, clock)
  await storage.put(pendingOf("a"))
  await settle()
  assert.equal(clock.timers, 0)
})

test("a browser whose database does not open gets that of the tab, and lets go of the other if it comes late", async () => {
  const clock = new FakeClock()
  const request = { result: { closed: 0, close: () => request.result.closed++ } }
  const opening = openStorage({ onChange() {}, factory: { open: () => request }, clock })
  await clock.pass(3_000)
  assert.ok((await opening) instanceof TabStorage)
  request.onsuccess()
  assert.equal(request.result.closed, 1)
})

test("a write that is aborted is an error, and nobody is told that it is done", async () => {
  const kept = new Map()
  kept.broken = true
  const told = []
  const storage = new DatabaseStorage(fakeDatabase(kept), { postMessage: (word) => told.push(word) })
  await assert.rejects(storage.put(pendingOf("a")), /aborted/)
  assert.deepEqual(told, [{}])
})

test("a browser that refuses its database gets that of the tab", async () => {
  assert.ok((await openStorage({ onChange() {} })) instanceof TabStorage)
  const refuses = {
    open() {
      throw new Error("SecurityError")
    },
  }
  assert.ok((await openStorage({ onChange() {}, factory: refuses })) instanceof TabStorage)
})
