// What the service worker knows from one start to the next, and hands to a page.

import assert from "node:assert/strict"
import { test } from "node:test"
import { keep, kept } from "../../internal/http/web/static/js/lib/memory.js"
import { dropShared, peekShared, putShared, takeShared } from "../../internal/http/web/static/js/lib/shared.js"
import { FakeClock, me, other } from "./fakes.js"
import { fakeFactory } from "./memory.js"

test("what is kept under a name is there until nothing is kept", async () => {
  const { state, factory } = fakeFactory()
  await keep("person", 7, { factory })
  assert.equal(await kept("person", { factory }), 7)
  await keep("person", undefined, { factory })
  assert.equal(await kept("person", { factory }), undefined)
  assert.deepEqual([state.kept.size, state.opened.length, state.closed], [0, 4, 4])
})

test("a memory that hangs is an error in time, does not do later what it was told, and is closed", async () => {
  const { state, factory } = fakeFactory()
  const clock = new FakeClock()
  state.hangs = true
  for (const [patience, run] of /** @type {[number, () => Promise<unknown>][]} */ ([
    [3_000, () => kept("shared", { factory, clock })],
    [60_000, () => keep("shared", {}, { patience: 60_000, factory, clock })],
  ])) {
    const before = state.aborted
    const failed = assert.rejects(run(), /does not answer/)
    await clock.pass(patience - 1)
    assert.equal(state.aborted, before)
    await clock.pass(1)
    await failed
    assert.deepEqual([state.aborted, state.closed, clock.timers], [before + 1, before + 1, 0])
  }
})

test("what has finished when it is given up has taken place, although its event comes late", async () => {
  const { state, factory } = fakeFactory()
  const clock = new FakeClock()
  state.hangs = state.finished = true
  const done = keep("person", 7, { factory, clock })
  await clock.pass(3_000)
  await done
  assert.deepEqual([state.kept.get("person"), state.closed, clock.timers], [7, 1, 0])
})

test("what can neither be ended nor ends is given up", async () => {
  const { state, factory } = fakeFactory()
  const clock = new FakeClock()
  state.hangs = true
  state.finished = "but for its end"
  const failed = assert.rejects(keep("person", 7, { factory, clock }), /does not answer/)
  await clock.pass(6_000)
  await failed
  assert.deepEqual([state.closed, clock.timers], [1, 0])
})

test("what was shared is in the same memory, for one person and once", async (t) => {
  const { state, factory } = fakeFactory()
  globalThis.indexedDB = factory
  t.after(() => delete globalThis.indexedDB)
  const one = { user: me, at: Date.now(), text: "Lamp", files: [] }
  await putShared(one)
  assert.deepEqual(state.opened, ["swapnest.worker"])
  assert.deepEqual([await peekShared(other), await takeShared(other)], [undefined, undefined])
  assert.equal(await peekShared(me), one)
  assert.equal(await takeShared(me), one)
  assert.equal(await takeShared(me), undefined)
  await putShared(one)
  await dropShared()
  assert.equal(await peekShared(0), undefined)
})
