import assert from "node:assert/strict"
import { test } from "node:test"
import { Attention } from "../../internal/http/web/static/js/lib/attention.js"
import { Chime } from "../../internal/http/web/static/js/lib/chime.js"
import { FakeAPI, FakeClock, heard, hello, me, messageOf } from "./fakes.js"

function chimeOf(more = {}) {
  const clock = new FakeClock()
  const plays = []
  const claim = (run) => run()
  const play = () => plays.push(clock.now())
  return { clock, plays, chime: new Chime({ enabled: () => true, looking: () => false, claim, play, clock, ...more }) }
}

const unread = (more = {}) => ({ id: 41, unread: 1, muted: false, ...more })

test("a message that stays unread for a moment is heard once", async () => {
  const { chime, clock, plays } = chimeOf()
  chime.heard(unread())
  await clock.pass(699)
  assert.equal(plays.length, 0)
  await clock.pass(10_000)
  assert.equal(plays.length, 1)
})

test("messages close together make one sound, however many they are", async () => {
  const { chime, clock, plays } = chimeOf()
  for (let i = 0; i < 8; i++) {
    chime.heard(unread())
    await clock.pass(2_000)
  }
  assert.equal(plays.length, 1)
  await clock.pass(4_000)
  chime.heard(unread())
  await clock.pass(700)
  assert.equal(plays.length, 2)
})

test("what has been read meanwhile, in any tab, is not heard", async () => {
  const { chime, clock, plays } = chimeOf()
  const known = unread()
  chime.heard(known)
  known.unread = 0
  await clock.pass(1_000)
  assert.equal(plays.length, 0)
  // It was no sound, so the next one is not part of its burst.
  chime.heard(unread())
  await clock.pass(1_000)
  assert.equal(plays.length, 1)
})

for (const [what, options, known] of [
  ["switched off", { enabled: () => false }, unread()],
  ["being looked at", { looking: (id) => id === 41 }, unread()],
  ["muted", {}, unread({ muted: true })],
  ["claimed by another tab", { claim: () => {} }, unread()],
])
  test(`nothing is heard of what is ${what}`, async () => {
    const { chime, clock, plays } = chimeOf(options)
    chime.heard(known)
    await clock.pass(10_000)
    assert.deepEqual(plays, [])
  })

test("a page without a list asks how many are unread, once for what comes together", async () => {
  const clock = new FakeClock()
  const api = new FakeAPI()
  const attention = new Attention({ me, get: api.get, clock })
  const totals = heard(attention, "total")
  const told = heard(attention, "heard")
  attention.frame({ ...hello, unread: 2 })
  assert.deepEqual(totals, [2])
  attention.frame(messageOf(1))
  attention.frame(messageOf(2))
  attention.frame(messageOf(3, { sender_id: me }))
  attention.frame({ type: "read", conversation_id: 41, user_id: me, seq: 1 })
  await clock.pass(400)
  assert.deepEqual(api.paths, ["/me"])
  await api.answer("/me", { unread: { conversations: 3 } })
  assert.deepEqual(totals, [2, 3])
  await api.answer("/conversations/41", { conversation: { id: 41, unread: 2, muted: true } })
  assert.deepEqual(told, [{ id: 41, unread: 2, muted: true }])
  attention.frame({ type: "read", conversation_id: 41, user_id: 99, seq: 1 })
  await clock.pass(1_000)
  assert.deepEqual(api.paths, [], "the other person's reading changes nothing here")
  attention.frame({ type: "conversation", conversation: { id: 41 } })
  await clock.pass(400)
  await api.fail("/me")
  assert.deepEqual(totals, [2, 3])
})
