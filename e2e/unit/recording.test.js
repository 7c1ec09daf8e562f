// Voice messages: what is recorded, what it is called, how loud it was and how long it took.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  bars,
  bestType,
  fileName,
  levelOf,
  Stopwatch,
  waveOf,
  whyNot,
} from "../../internal/http/web/static/js/lib/recording.js"

test("the best of what a browser records is taken", () => {
  const only = (...types) => bestType((type) => types.includes(type))
  assert.equal(only("audio/mp4", "audio/webm;codecs=opus"), "audio/webm;codecs=opus")
  assert.equal(only("audio/mp4", "audio/ogg;codecs=opus"), "audio/ogg;codecs=opus")
  assert.equal(only("audio/mp4"), "audio/mp4")
  assert.equal(only("audio/wav"), undefined)
  assert.deepEqual(["audio/webm", "audio/ogg", "audio/mp4"].map(fileName), [
    "voice-message.webm",
    "voice-message.ogg",
    "voice-message.m4a",
  ])
})

test("every refusal says what one does next", () => {
  const names = ["insecure", "unsupported", "NotAllowedError", "NotFoundError", "NotReadableError", "SomethingElse"]
  const sentences = names.map(whyNot)
  assert.equal(new Set(sentences).size, names.length)
  for (const sentence of sentences) assert.match(sentence, /^[A-Z].*\. .*\.$/)
})

test("a level goes from silence to all there is, and what is quiet can be seen", () => {
  assert.equal(levelOf(new Float32Array(8)), 0)
  assert.equal(levelOf(new Float32Array(8).fill(1)), 100)
  assert.equal(levelOf(new Float32Array(8).fill(-0.01)), 10)
  assert.equal(levelOf(new Float32Array(0)), 0)
})

test("a waveform has 48 levels, the loudest of which is 100", () => {
  assert.deepEqual(waveOf([]), [])
  assert.deepEqual(waveOf([0, 0]), Array(bars).fill(0))
  const few = waveOf([10, 20])
  assert.deepEqual([few.length, few[0], few[bars - 1]], [bars, 50, 100])
  const many = waveOf(Array.from({ length: 3000 }, (_, i) => (i === 1500 ? 40 : 20)))
  assert.deepEqual([many.length, many[0], many[24], Math.max(...many)], [bars, 50, 100, 100])
})

test("a stopwatch leaves breaks out", () => {
  let now = 1000
  const watch = new Stopwatch(() => now)
  assert.equal(watch.elapsed, 0)
  watch.go()
  now += 300
  watch.go()
  assert.equal(watch.elapsed, 300)
  watch.halt()
  now += 5000
  watch.halt()
  assert.equal(watch.elapsed, 300)
  watch.go()
  now += 200
  assert.equal(watch.elapsed, 500)
})
