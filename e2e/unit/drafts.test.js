import assert from "node:assert/strict"
import { test } from "node:test"
import { Drafts } from "../../internal/http/web/static/js/lib/drafts.js"
import { me, other } from "./fakes.js"

function fakeLocalStorage() {
  const kept = new Map()
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

test("a draft is kept as it was written, by conversation", () => {
  const storage = fakeLocalStorage()
  new Drafts(() => storage, me).set(41, "  half a\nsentence ")
  const drafts = new Drafts(() => storage, me)
  assert.equal(drafts.get(41), "  half a\nsentence ")
  assert.equal(drafts.get(42), "")
})

test("nobody sees the drafts of another user of the same browser", () => {
  const storage = fakeLocalStorage()
  new Drafts(() => storage, me).set(41, "mine")
  assert.equal(new Drafts(() => storage, other).get(41), "")
  assert.notEqual(new Drafts(() => storage, 1).key(23), new Drafts(() => storage, 12).key(3))
})

test("an emptied or blank draft is forgotten", () => {
  const storage = fakeLocalStorage()
  const drafts = new Drafts(() => storage, me)
  for (const blank of ["", " \n "]) {
    drafts.set(41, "x")
    drafts.set(41, blank)
    assert.equal(storage.kept.size, 0)
  }
})

test("a storage that is refused or full stops nobody from writing", () => {
  const refused = new Drafts(() => {
    throw new Error("SecurityError")
  }, me)
  refused.set(41, "x")
  assert.equal(refused.get(41), "")
  const storage = fakeLocalStorage()
  storage.setItem = () => {
    throw new Error("QuotaExceededError")
  }
  const full = new Drafts(() => storage, me)
  full.set(41, "x")
  assert.equal(full.get(41), "")
})
