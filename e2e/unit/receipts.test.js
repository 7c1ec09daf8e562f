// Contract 16: cursors only move forward, and are sent again on every resume.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Receipts } from "../../internal/http/web/static/js/lib/receipts.js"
import { FakeClock } from "./fakes.js"

function receiptsOf() {
  const clock = new FakeClock()
  const sent = []
  const line = { open: true }
  const send = (frame) => line.open && sent.push(`${frame.type} ${frame.conversation_id} ${frame.seq}`) > 0
  return { receipts: new Receipts(send, clock), clock, sent, line }
}

test("what arrives together is told as delivered together", async () => {
  const { receipts, clock, sent } = receiptsOf()
  receipts.received(41, 1)
  await clock.pass(300)
  receipts.received(41, 2)
  receipts.received(42, 7)
  await clock.pass(99)
  assert.deepEqual(sent, [])
  await clock.pass(1)
  assert.deepEqual(sent, ["delivered 41 2", "delivered 42 7"])
})

test("delivered goes forward only", async () => {
  const { receipts, clock, sent } = receiptsOf()
  receipts.received(41, 5)
  receipts.received(41, 3)
  await clock.pass(400)
  receipts.received(41, 4)
  receipts.received(41, 5)
  await clock.pass(400)
  assert.deepEqual(sent, ["delivered 41 5"])
})

test("what was read is not told as delivered", async () => {
  const { receipts, clock, sent } = receiptsOf()
  receipts.received(41, 2)
  assert.equal(receipts.seen(41, 2), true)
  await clock.pass(400)
  assert.deepEqual(sent, ["read 41 2"])
})

test("read is told at once, forward only", () => {
  const { receipts, sent } = receiptsOf()
  assert.equal(receipts.seen(41, 2), true)
  assert.equal(receipts.seen(41, 2), false)
  assert.equal(receipts.seen(41, 1), false)
  assert.equal(receipts.seen(42, 1), true)
  assert.deepEqual(sent, ["read 41 2", "read 42 1"])
})

test("what was read and received without a line is told when it is back", async () => {
  const { receipts, clock, sent, line } = receiptsOf()
  line.open = false
  receipts.seen(41, 2)
  receipts.received(42, 7)
  await clock.pass(400)
  assert.deepEqual(sent, [])
  line.open = true
  receipts.resume()
  assert.deepEqual(sent, ["read 41 2", "delivered 42 7"])
})

test("the last word is said again on every resume, for the line may have lost it", async () => {
  const { receipts, clock, sent } = receiptsOf()
  receipts.seen(41, 2)
  receipts.received(41, 3)
  receipts.received(42, 7)
  await clock.pass(400)
  sent.length = 0
  receipts.resume()
  receipts.resume()
  const said = ["read 41 2", "delivered 41 3", "delivered 42 7"]
  assert.deepEqual(sent, [...said, ...said])
})

test("a resume says what waits, and nothing is said a second time after it", async () => {
  const { receipts, clock, sent } = receiptsOf()
  receipts.received(41, 3)
  receipts.resume()
  assert.deepEqual(sent, ["delivered 41 3"])
  assert.equal(clock.timers, 0)
  await clock.pass(1_000)
  assert.deepEqual(sent, ["delivered 41 3"])
})
