// How fast voice messages are played.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Speed } from "../../internal/http/web/static/js/lib/speed.js"

/** @param {[string, string][]} [entries] */
function fakeStorage(entries) {
  const kept = new Map(entries)
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) }
}

/** The speed now, and after each of three presses. */
function pressed(speed) {
  const all = [speed.now]
  for (let i = 0; i < 3; i++) {
    speed.next()
    all.push(speed.now)
  }
  return all
}

test("a speed is followed by the next one, and is the same wherever one looks", () => {
  const storage = fakeStorage()
  const [one, other] = [new Speed(() => storage), new Speed(() => storage)]
  assert.deepEqual(pressed(one), [1, 1.5, 2, 1])
  one.next()
  assert.equal(other.now, 1.5)
  other.next()
  assert.equal(one.now, 2)
})

test("what nobody could have chosen is as if nothing were kept", () => {
  const storage = fakeStorage([["swapnest.speed", "17"]])
  assert.deepEqual(pressed(new Speed(() => storage)), [1, 1.5, 2, 1])
})

test("where nothing can be kept a page has its own speed", () => {
  const refused = () => {
    throw new Error("SecurityError")
  }
  assert.deepEqual(pressed(new Speed(refused)), [1, 1.5, 2, 1])
  assert.equal(new Speed(refused).now, 1)
})
