import assert from "node:assert/strict"
import { test } from "node:test"
import { TypingSignal, TypingWatch } from "../../internal/http/web/static/js/lib/typing.js"
import { FakeClock } from "./fakes.js"

function signalOf() {
  const clock = new FakeClock()
  const said = []
  return { signal: new TypingSignal((typing) => said.push(typing), clock), clock, said }
}

test("writing is told at once, and again every 3 s while it lasts", async () => {
  const { signal, clock, said } = signalOf()
  for (let i = 0; i < 61; i++) {
    signal.typed()
    await clock.pass(100)
  }
  assert.deepEqual(said, [true, true, true], "at 0, 3 and 6 s")
})

test("a pause of 5 s is the end of writing", async () => {
  const { signal, clock, said } = signalOf()
  signal.typed()
  await clock.pass(4_999)
  assert.deepEqual(said, [true])
  await clock.pass(1)
  assert.deepEqual(said, [true, false])
  assert.equal(clock.timers, 0)
})

test("sending is the end of writing, told once, and the next key begins anew", () => {
  const { signal, said } = signalOf()
  signal.typed()
  signal.stop()
  signal.stop()
  signal.typed()
  assert.deepEqual(said, [true, false, true])
})

test("nothing written is nothing to end", () => {
  const { signal, said } = signalOf()
  signal.stop()
  assert.deepEqual(said, [])
})

function watchOf() {
  const clock = new FakeClock()
  const shown = []
  return { watch: new TypingWatch((typing) => shown.push(typing), clock), clock, shown }
}

test("somebody's writing shows, and is forgotten after 6 s", async () => {
  const { watch, clock, shown } = watchOf()
  watch.heard(true)
  await clock.pass(5_999)
  assert.deepEqual(shown, [true])
  await clock.pass(1)
  assert.deepEqual(shown, [true, false])
})

test("somebody who goes on writing shows without a flicker", async () => {
  const { watch, clock, shown } = watchOf()
  for (let i = 0; i < 5; i++) {
    watch.heard(true)
    await clock.pass(3_000)
  }
  assert.deepEqual(shown, [true])
})

test("somebody who stops is shown so at once, once", async () => {
  const { watch, clock, shown } = watchOf()
  watch.heard(false)
  watch.heard(true)
  watch.heard(false)
  watch.heard(false)
  await clock.pass(10_000)
  assert.deepEqual(shown, [true, false])
})
