// Where pending messages are kept over a reload: in the database, or in memory where the
// browser refuses one.

import assert from "node:assert/strict"
import { test } from "node:test"
import { DatabaseStorage, MemoryStorage, openStorage } from "../../internal/http/web/static/js/lib/outbox-storage.js"
import { me, pendingOf } from "./fakes.js"

test("the storage in memory keeps users apart", async () => {
  const storage = new MemoryStorage()
  await storage.put(pendingOf("a"))
  await storage.put(pendingOf("b", { user_id: 3 }))
  assert.deepEqual(
    (await storage.all(me)).map((one) => one.client_id),
    ["a"],
  )
  assert.equal(await storage.has("a"), true)
  await storage.remove("a")
  assert.equal(await storage.has("a"), false)
})

/** As much of IndexedDB as is used: one store with one index. */
function fakeDatabase(kept = new Map()) {
  const transaction = (_name, mode) => {
    const at = { mode, oncomplete: null, onabort: null, onerror: null, error: new Error("aborted") }
    const answer = (result) => {
      queueMicrotask(() => at.oncomplete())
      return { result }
    }
    const store = {
      index: (field) => ({ getAll: (value) => answer([...kept.values()].filter((one) => one[field] === value)) }),
      put: (one) => (kept.broken ? queueMicrotask(() => at.onabort()) : answer(kept.set(one.client_id, one))),
      delete: (id) => answer(kept.delete(id)),
      count: (id) => answer(kept.has(id) ? 1 : 0),
    }
    at.objectStore = () => store
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
  assert.deepEqual(told, ["changed", "changed", "changed"])
})

test("a write that is aborted is an error, and nobody is told", async () => {
  const kept = new Map()
  kept.broken = true
  const told = []
  const storage = new DatabaseStorage(fakeDatabase(kept), { postMessage: (word) => told.push(word) })
  await assert.rejects(storage.put(pendingOf("a")), /aborted/)
  assert.deepEqual(told, [])
})

test("a browser that refuses its database gets one in memory", async () => {
  assert.ok((await openStorage(() => {}, undefined)) instanceof MemoryStorage)
  const refuses = {
    open() {
      throw new Error("SecurityError")
    },
  }
  assert.ok((await openStorage(() => {}, refuses)) instanceof MemoryStorage)
})
