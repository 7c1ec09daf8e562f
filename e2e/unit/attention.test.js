import assert from "node:assert/strict"
import { test } from "node:test"
import { Attention } from "../../internal/http/web/static/js/lib/attention.js"
import { FakeAPI, FakeClock, heard } from "./fakes.js"

const me = 7

function attentive() {
  const clock = new FakeClock()
  const rung = []
  const attention = new Attention({ me, get: async () => ({ unread: { conversations: 1 } }), clock })
  attention.addEventListener("rung", (event) => rung.push(/** @type {CustomEvent} */ (event).detail))
  const hear = (sender, conversation = 41) =>
    attention.frame({ type: "message", conversation_id: conversation, sender_id: sender })
  return { attention, clock, rung, hear }
}

const hello = { type: "hello", unread: 0, unread_notifications: 3 }

test("a notice that moves up for a further message is said to be fresh a moment later, and counts no more", async () => {
  const { attention, clock, rung, hear } = attentive()
  attention.frame(hello)
  attention.frame({ type: "notification", unread: 4, notification: {} })
  rung.length = 0
  hear(99)
  await clock.pass(1_499)
  assert.deepEqual(rung, [])
  await clock.pass(1)
  assert.deepEqual(rung, [{ unread: 4, fresh: true }])
  assert.equal(clock.timers, 0)
})

test("of many messages a moment's are said together, and the last is not forgotten", async () => {
  const { attention, clock, rung, hear } = attentive()
  attention.frame(hello)
  rung.length = 0
  for (let i = 0; i < 20; i++) {
    hear(99)
    await clock.pass(100) // the last one after 1.9 s
  }
  assert.equal(rung.length, 1)
  await clock.pass(1_400) // 3.4 s: a moment behind the last one
  assert.equal(rung.length, 2)
  await clock.pass(60_000)
  assert.equal(rung.length, 3, "those behind the second look were looked at once more")
  assert.equal(clock.timers, 0)
})

test("an answer that comes behind a newer one, or behind a hello, is not taken for it", async () => {
  const api = new FakeAPI()
  const clock = new FakeClock()
  const attention = new Attention({ me, get: api.get, clock })
  const totals = heard(attention, "total")
  const read = () => attention.frame({ type: "read", user_id: me })
  read()
  await clock.pass(400)
  read()
  await clock.pass(400)
  const [older, newer] = api.asked
  newer.resolve({ unread: { conversations: 1 } })
  await clock.pass(0)
  older.resolve({ unread: { conversations: 2 } })
  await clock.pass(0)
  assert.deepEqual(totals, [1])
  read()
  await clock.pass(400)
  attention.frame({ ...hello, unread: 5 })
  api.asked[2].resolve({ unread: { conversations: 4 } })
  await clock.pass(0)
  assert.deepEqual(totals, [1, 5])
})

test("one's own messages move no notice of one's own", async () => {
  const { attention, clock, rung, hear } = attentive()
  attention.frame(hello)
  rung.length = 0
  hear(me)
  await clock.pass(60_000)
  assert.deepEqual(rung, [])
})
