// Contract 15 as the browser keeps it: another epoch is another log. What was known of the
// last one is forgotten, and what is written, and not sent, is kept.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Inbox } from "../../internal/http/web/static/js/lib/inbox.js"
import { Receipts } from "../../internal/http/web/static/js/lib/receipts.js"
import {
  FakeAPI,
  FakeClock,
  ackOf,
  conversation,
  heard,
  hello,
  me,
  messageOf,
  other,
  ownMessage,
  settle,
} from "./fakes.js"
import { compose, sessionOf } from "./sessions.js"

const newest = `/conversations/${conversation}/messages`
const another = { ...hello, epoch: "e2" }

/** Says hello with another epoch on a new line. */
async function restored({ socket, sockets, clock }) {
  socket.end(1012)
  await clock.pass(500)
  sockets.at(-1).accept()
  sockets.at(-1).say(another)
  await settle()
  return sockets.at(-1)
}

const page = (...messages) => ({ messages, head: messages.length, epoch: "e2", has_more: false })

test("another epoch in hello loads the newest page at once, and opens it there", async () => {
  const tab = await sessionOf()
  for (const seq of [1, 2, 3]) tab.socket.say(messageOf(seq))
  const second = await restored(tab)
  assert.deepEqual(second.of("open"), [], "the position is of another log")
  const kept = messageOf(1, { message: "from the backup" })
  await tab.api.answer(newest, page(kept))
  assert.deepEqual(tab.shown(), ["from the backup"])
  assert.deepEqual(second.of("open"), [
    { type: "open", conversation_id: conversation, after: 1, at: kept.timestamp, epoch: "e2" },
  ])
  second.say({ type: "caught_up", conversation_id: conversation, head: 1 })
  second.say(messageOf(2, { message: "new" }))
  assert.deepEqual(tab.shown(), ["from the backup", "new"])
})

test("a page that was rendered before the epoch changed is loaded anew by the first hello", async () => {
  const tab = await sessionOf({ greeted: false })
  tab.socket.accept()
  tab.socket.say(another)
  await settle()
  assert.deepEqual(tab.socket.of("open"), [])
  assert.ok(tab.api.paths.includes(newest))
})

test("what is not sent stays through a change of the epoch, and is sent", async () => {
  const tab = await sessionOf()
  tab.socket.say(messageOf(1))
  await compose(tab.session, "hi")
  const second = await restored(tab)
  assert.deepEqual(tab.shown(), ["text 1", "hi sending"])
  assert.equal(second.of("send").length, 1)
  await tab.api.answer(newest, page())
  assert.deepEqual(tab.shown(), ["hi sending"])
  second.say(ownMessage(1, "c-hi", { message: "hi" }))
  assert.deepEqual(tab.shown(), ["hi sent"])
})

test("what the last log had acknowledged or read is not shown in the new one", async () => {
  const tab = await sessionOf({ opened: { otherRead: 9, otherDelivered: 9 } })
  await compose(tab.session, "lost by the restore")
  tab.socket.say(ackOf(7, "c-lost by the restore")) // acknowledged before what lies between
  const second = await restored(tab)
  await tab.api.answer(newest, page(ownMessage(1, "x", { message: "old" })))
  assert.deepEqual(tab.shown(), ["old sent"], "neither the lost one nor ticks of numbers that are used anew")
  second.say({ type: "caught_up", conversation_id: conversation, head: 1 })
  const detail = { participants: [{ id: other, read_seq: 1, delivered_seq: 1 }] }
  // It is asked for the ticks and for the listing.
  for (let i = 0; i < 2; i++) await tab.api.answer(`/conversations/${conversation}`, detail)
  assert.deepEqual(tab.shown(), ["old read"])
})

test("a reset within one log keeps the ticks", async () => {
  const tab = await sessionOf({ opened: { otherRead: 9, otherDelivered: 9 } })
  tab.socket.say({ type: "reset", conversation_id: conversation, reason: "gap" })
  await tab.api.answer(newest, { ...page(ownMessage(1, "x", { message: "old" })), epoch: "e1" })
  assert.deepEqual(tab.shown(), ["old read"])
})

test("how far one has come in the last log is not said of the new one, and what comes there is", async () => {
  const tab = await sessionOf()
  for (let seq = 1; seq <= 5; seq++) tab.socket.say(messageOf(seq))
  tab.session.seen(5)
  const second = await restored(tab)
  assert.deepEqual([...second.of("read"), ...second.of("delivered")], [])
  second.say(messageOf(2))
  await tab.clock.pass(400)
  assert.deepEqual(second.of("delivered"), [{ type: "delivered", conversation_id: conversation, seq: 2 }])
  tab.session.seen(2)
  assert.deepEqual(second.of("read"), [{ type: "read", conversation_id: conversation, seq: 2 }])
})

test("the same epoch says again how far one has come", async () => {
  const tab = await sessionOf()
  tab.session.seen(5)
  tab.socket.end(1012)
  await tab.clock.pass(500)
  assert.deepEqual((await tab.greet()).of("read"), tab.socket.of("read"))
})

test("cursors are forgotten, also those that wait to be told", async () => {
  const clock = new FakeClock()
  const sent = []
  const receipts = new Receipts((frame) => sent.push(frame) > 0, clock)
  receipts.seen(41, 9)
  receipts.received(42, 9)
  receipts.forget()
  sent.length = 0
  receipts.resume()
  await clock.pass(1_000)
  assert.deepEqual(sent, [])
  assert.equal(receipts.hasRead(41, 1), false)
})

/** A list that has forgotten, and is answered with a lower head. */
async function listAnew(unread, before = () => {}) {
  const api = new FakeAPI()
  const known = [{ id: 42, head: 9, unread: 0, other: 9 }]
  const clock = new FakeClock()
  const inbox = new Inbox({ me, open: 0, known, total: 0, filter: "all", get: api.get, clock })
  before(inbox)
  const entries = heard(inbox, "entry")
  const counts = heard(inbox, "unread")
  inbox.forget()
  inbox.frame(another)
  await api.answer("/conversations?filter=all", { conversations: [{ id: 42, head: 3, unread, other: { id: 9 } }] })
  await api.answer("/me", { unread: { conversations: unread } })
  return { inbox, entries, counts }
}

test("the list takes a head that is lower than the one it knew, though as much is unread", async () => {
  const { inbox, entries, counts } = await listAnew(0)
  assert.equal(entries.length, 1)
  inbox.frame(messageOf(4, { conversation_id: 42 }))
  assert.equal(counts.at(-1).unread, 1)
})

test("what was read in the last log is not read in the new one", async () => {
  const { counts } = await listAnew(1, (inbox) => inbox.read(42, 9))
  assert.equal(counts.at(-1).unread, 1)
})

test("the list is loaded anew when the epoch changes, also if that was before the first hello", async () => {
  for (const greeted of [true, false]) {
    const tab = await sessionOf({ greeted, known: [{ id: 42, head: 9, unread: 0, other: 9 }] })
    const entries = heard(tab.session, "entry")
    if (greeted) await restored(tab)
    else {
      tab.socket.accept()
      tab.socket.say(another)
    }
    const conversations = [{ id: 42, head: 3, unread: 0, other: { id: 9 } }]
    await tab.api.answer("/conversations?filter=all", { conversations })
    assert.deepEqual(
      entries.map(({ head }) => head),
      [3],
    )
  }
})

test("the divider of what was new goes with its log", async () => {
  const items = [1, 2].map((seq) => ({
    ...messageOf(seq),
    key: `m:${seq}`,
    mine: false,
    text: "",
    at: messageOf(seq).timestamp,
  }))
  const tab = await sessionOf({ opened: { seen: 1, head: 2, items } })
  const divided = () => tab.rows.at(-1).rows.some((row) => row.unread)
  tab.session.redraw()
  assert.equal(divided(), true)
  await restored(tab)
  await tab.api.answer(newest, page(messageOf(1), messageOf(2), messageOf(3)))
  assert.equal(divided(), false)
})
