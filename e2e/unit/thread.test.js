// Contracts 13 to 16 as the open conversation keeps them: never a gap, a reset loads
// the newest page, and nothing that comes meanwhile is lost.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Thread } from "../../internal/http/web/static/js/lib/thread.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"
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
  pendingOf,
  settle,
} from "./fakes.js"

const newest = `/conversations/${conversation}/messages`
const detail = `/conversations/${conversation}`

function itemOf(seq) {
  const { client_id: clientId, message: text, timestamp: at, message_id: id } = messageOf(seq)
  return { key: `m:${id}`, seq, id, clientId, mine: false, text, at, state: "" }
}

function threadOf({
  last = 2,
  atEnd = true,
  hasOlder = false,
  items = [itemOf(last - 1), itemOf(last)],
  line = { open: true },
} = {}) {
  const clock = new FakeClock()
  const api = new FakeAPI()
  const sent = []
  const at = last > 0 ? messageOf(last).timestamp : ""
  const timeline = new Timeline({ me, items, last, at, hasOlder, atEnd, newAfter: -1, read: 0, delivered: 0 })
  const thread = new Thread({
    id: conversation,
    other,
    timeline,
    epoch: "e1",
    send: (frame) => line.open && sent.push(frame) > 0,
    get: api.get,
    clock,
  })
  const seqs = () => timeline.rows((day) => day.slice(0, 10)).map(({ item }) => item.seq)
  return { thread, timeline, api, clock, sent, seqs, rows: heard(thread, "rows"), messages: heard(thread, "message") }
}

const openAt = (seq, epoch = "e1") => ({
  type: "open",
  conversation_id: conversation,
  after: seq,
  at: messageOf(seq).timestamp,
  epoch,
})
const caughtUp = (head) => ({ type: "caught_up", conversation_id: conversation, head })
const reset = { type: "reset", conversation_id: conversation, reason: "gap" }
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const pageOf = (from, to, more = {}) => ({
  messages: range(from, to).map((seq) => messageOf(seq)),
  head: to,
  epoch: "e1",
  has_more: from > 1,
  ...more,
})

test("each hello opens the conversation at its position", () => {
  const { thread, sent } = threadOf()
  thread.frame(hello)
  thread.frame(messageOf(3))
  thread.frame(caughtUp(3))
  thread.frame(hello)
  assert.deepEqual(sent, [openAt(2), openAt(3)])
})

test("a conversation without messages is opened from the start, without a time", () => {
  const { thread, sent } = threadOf({ last: 0, items: [] })
  thread.frame(hello)
  assert.deepEqual(sent, [{ type: "open", conversation_id: conversation, after: 0, epoch: "e1" }])
})

test("an event is applied and told, once", () => {
  const { thread, rows, messages, seqs } = threadOf()
  thread.frame(messageOf(3))
  thread.frame(messageOf(3))
  assert.deepEqual(seqs(), [1, 2, 3])
  assert.deepEqual(rows, ["event"])
  assert.deepEqual(
    messages.map(({ seq }) => seq),
    [3],
  )
})

test("other conversations' frames are not this one's", () => {
  const { thread, sent, seqs, rows, api } = threadOf()
  thread.frame(messageOf(3, { conversation_id: 42 }))
  thread.frame(messageOf(9, { conversation_id: 42 }))
  thread.frame({ ...reset, conversation_id: 42 })
  thread.frame({ type: "presence", user_id: other, online: true, last_seen: null })
  assert.deepEqual(seqs(), [1, 2])
  assert.deepEqual([...sent, ...rows, ...api.asked], [])
})

test("a gap asks again from the position, and the replay fills it", () => {
  const { thread, sent, seqs } = threadOf()
  thread.frame(hello)
  thread.frame(caughtUp(2))
  thread.frame(messageOf(5))
  assert.deepEqual(sent.slice(1), [openAt(2)])
  thread.frame(messageOf(6))
  assert.equal(sent.length, 2, "one question is enough")
  for (const seq of range(3, 6)) thread.frame(messageOf(seq))
  thread.frame(caughtUp(6))
  assert.deepEqual(seqs(), range(1, 6))
  thread.frame(messageOf(9))
  assert.deepEqual(sent.slice(2), [openAt(6)])
})

test("a replay that was cut short is asked for again, after a pause", async () => {
  const { thread, sent, clock } = threadOf()
  thread.frame(hello)
  thread.frame(messageOf(3))
  thread.frame(caughtUp(9))
  assert.equal(sent.length, 1)
  await clock.pass(1_000)
  assert.deepEqual(sent.slice(1), [openAt(3)])
})

test("a replay whose rest has come meanwhile is not asked for again", async () => {
  const { thread, sent, clock } = threadOf()
  thread.frame(hello)
  thread.frame(caughtUp(3))
  thread.frame(messageOf(3))
  await clock.pass(10_000)
  assert.equal(sent.length, 1)
})

test("a server that could not answer is asked again, less often each time", async () => {
  const { thread, sent, clock } = threadOf()
  thread.frame(hello)
  // Its database is away: it says so, and follows the conversation no longer.
  thread.frame({ type: "error", code: "unavailable", detail: "Not now.", retryable: true })
  thread.frame(messageOf(9)) // moves the list, and is a gap here
  const times = []
  const start = clock.now()
  for (let second = 0; second < 120; second++) {
    const before = sent.length
    await clock.pass(1_000)
    if (sent.length > before) times.push((clock.now() - start) / 1_000)
  }
  assert.deepEqual(times, [5, 15, 35, 65, 95])
  assert.deepEqual(new Set(sent.map((frame) => JSON.stringify(frame))), new Set([JSON.stringify(openAt(2))]))
  for (const seq of range(3, 9)) thread.frame(messageOf(seq))
  thread.frame(caughtUp(9))
  await clock.pass(600_000)
  assert.equal(sent.length, 6, "what is answered is not asked again")
  thread.frame(messageOf(11))
  await clock.pass(5_000)
  assert.equal(sent.length, 8, "and the next silence is not waited for longer than the first")
})

test("a long replay is not asked for again while it moves", async () => {
  const { thread, sent, clock, seqs } = threadOf()
  thread.frame(hello)
  for (const seq of range(3, 12)) {
    await clock.pass(4_999)
    thread.frame(messageOf(seq))
  }
  thread.frame(caughtUp(12))
  await clock.pass(60_000)
  assert.equal(sent.length, 1)
  assert.deepEqual(seqs(), range(1, 12))
})

test("without a line nothing is asked until the next hello", async () => {
  const line = { open: true }
  const { thread, sent, clock } = threadOf({ line })
  thread.frame(hello)
  line.open = false
  await clock.pass(600_000)
  assert.equal(clock.timers, 0)
  line.open = true
  thread.frame(hello)
  assert.equal(sent.length, 2)
})

test("a caught_up that comes while the page loads does not end it", async () => {
  const { thread, api, clock, sent } = threadOf()
  thread.frame(hello)
  thread.frame(reset)
  thread.frame(caughtUp(9))
  await clock.pass(10_000)
  assert.equal(sent.length, 1, "the position that is forgotten is not opened")
  await api.answer(newest, pageOf(8, 10))
  assert.deepEqual(sent.slice(1), [openAt(10)])
})

test("a reset loads the newest page, then opens from there", async () => {
  const { thread, timeline, api, sent, seqs, rows } = threadOf()
  thread.frame(hello)
  thread.frame(reset)
  assert.deepEqual(api.paths, [newest])
  assert.equal(sent.length, 1)
  await api.answer(newest, pageOf(1998, 2000, { epoch: "e2" }))
  assert.deepEqual(seqs(), [1998, 1999, 2000])
  assert.deepEqual(sent.slice(1), [openAt(2000, "e2")])
  assert.equal(timeline.hasOlder, true)
  assert.deepEqual(rows, ["reset"])
})

test("a page that does not end at the head is opened without a time", async () => {
  const { thread, api, sent } = threadOf()
  thread.frame(reset)
  await api.answer(newest, pageOf(8, 10, { head: 12 }))
  assert.deepEqual(sent, [{ type: "open", conversation_id: conversation, after: 12, epoch: "e1" }])
})

test("what comes while the page loads is held, and applied behind it", async () => {
  const { thread, api, seqs, messages } = threadOf()
  thread.frame(hello)
  thread.frame(reset)
  for (const seq of [2000, 2001, 2002]) thread.frame(messageOf(seq))
  assert.deepEqual(seqs(), [1, 2])
  await api.answer(newest, pageOf(1998, 2000))
  assert.deepEqual(seqs(), range(1998, 2002))
  assert.deepEqual(
    messages.map(({ seq }) => seq),
    [2001, 2002],
  )
})

test("one's own bubble stays while its event is held", async () => {
  const { thread, timeline, api } = threadOf()
  const keys = () => timeline.rows(() => "").map(({ item }) => item.key)
  thread.setPending([pendingOf("a", { state: "sending" })], "own")
  thread.frame(reset)
  thread.frame(ownMessage(2001, "a"))
  thread.setPending([], "event")
  assert.equal(keys().at(-1), "c:a")
  await api.answer(newest, pageOf(1999, 2000))
  assert.deepEqual(keys(), ["m:6999", "m:7000", "c:a"])
})

test("a second reset and a hello wait for the page", async () => {
  const { thread, api, sent } = threadOf()
  thread.frame(reset)
  thread.frame(reset)
  thread.frame(hello)
  assert.deepEqual(api.paths, [newest])
  assert.deepEqual(sent, [])
  await api.answer(newest, pageOf(10, 12))
  assert.deepEqual(sent, [openAt(12)])
})

test("a page that cannot be loaded is tried again", async () => {
  const { thread, api, clock, sent, seqs } = threadOf()
  thread.frame(reset)
  await api.fail(newest)
  assert.deepEqual(seqs(), [1, 2], "what there is stays meanwhile")
  thread.frame(messageOf(2001))
  assert.deepEqual(api.paths, [])
  await clock.pass(1_000)
  await api.answer(newest, pageOf(2000, 2001))
  assert.deepEqual(seqs(), [2000, 2001])
  assert.deepEqual(sent, [openAt(2001)])
})

test("a page that cannot be loaded is asked for less and less often", async () => {
  const { thread, api, clock } = threadOf()
  thread.frame(reset)
  const waits = []
  for (let i = 0; i < 9; i++) {
    await api.fail(newest)
    const from = clock.now()
    while (api.paths.length === 0) await clock.pass(100)
    waits.push((clock.now() - from) / 1_000)
  }
  assert.deepEqual(waits, [1, 1.5, 2.5, 4.5, 8.5, 15.5, 15.5, 15.5, 15.5])
})

test("the other person's cursors move the ticks, one's own do not", () => {
  const { thread, timeline, rows } = threadOf()
  const cursor = (type, seq, user = other) => ({
    type,
    conversation_id: conversation,
    user_id: user,
    seq,
    timestamp: messageOf(seq).timestamp,
  })
  const state = () => timeline.rows(() => "").at(-1).item.state
  thread.frame(ownMessage(3, "a"))
  thread.frame(cursor("read", 3, me))
  assert.equal(state(), "sent")
  thread.frame(cursor("delivered", 3))
  assert.equal(state(), "delivered")
  thread.frame(cursor("read", 3))
  assert.equal(state(), "read")
  thread.frame(cursor("delivered", 3))
  assert.deepEqual(rows, ["event", "state", "state"])
})

test("ticks that moved while nobody listened are asked for", async () => {
  const { thread, timeline, api } = threadOf()
  thread.frame(hello)
  thread.frame(caughtUp(2))
  assert.deepEqual(api.paths, [], "the page has just been rendered")
  thread.frame(ownMessage(3, "a"))
  thread.frame(hello)
  thread.frame(caughtUp(3))
  await api.answer(detail, {
    participants: [
      { id: me, read_seq: 1, delivered_seq: 1 },
      { id: other, read_seq: 0, delivered_seq: 3 },
    ],
  })
  assert.equal(timeline.rows(() => "").at(-1).item.state, "delivered")
  thread.frame(hello)
  thread.frame(caughtUp(3))
  await api.fail(detail)
  await settle()
})

test("an ack is drawn", () => {
  const { thread, timeline, rows } = threadOf()
  thread.setPending([pendingOf("a")], "own")
  thread.frame(ackOf(3, "a"))
  assert.deepEqual(rows, ["own", "event"])
  assert.equal(timeline.rows(() => "").at(-1).item.state, "sent")
})
