// Edits and deletions: each takes a place of its own and changes the message in its place,
// once, whatever order events, pages and answers arrive in.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Inbox } from "../../internal/http/web/static/js/lib/inbox.js"
import { Thread } from "../../internal/http/web/static/js/lib/thread.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"
import { FakeAPI, FakeClock, conversation, heard, hello, me, messageOf, other, revisionOf, settle } from "./fakes.js"

const dayOf = (at) => at.slice(0, 10)

function timelineOf(more = {}) {
  const start = { me, items: [], last: 0, at: "", hasOlder: false, atEnd: true, newAfter: -1, read: 0, delivered: 0 }
  const timeline = new Timeline({ ...start, ...more })
  const items = () => timeline.rows(dayOf).map(({ item }) => item)
  return { timeline, items, texts: () => items().map(({ text, deleted }) => (deleted ? "deleted" : text)) }
}

function threadOf(more) {
  const { timeline, texts } = timelineOf(more)
  const api = new FakeAPI()
  const sent = []
  const send = (frame) => sent.push(frame) > 0
  const thread = new Thread({
    id: conversation,
    other,
    timeline,
    epoch: "e1",
    send,
    get: api.get,
    clock: new FakeClock(),
  })
  return { thread, timeline, texts, api, sent, rows: heard(thread, "rows"), messages: heard(thread, "message") }
}

const page = (messages, head, more = {}) => ({ messages, head, epoch: "e1", has_more: false, ...more })

test("an edit changes its message, keeps its place, and moves the position", () => {
  const { timeline, texts, items } = timelineOf()
  for (const seq of [1, 2]) timeline.apply(messageOf(seq))
  assert.equal(timeline.apply(revisionOf(3, 1, "better")), "applied")
  assert.deepEqual(texts(), ["better", "text 2"])
  assert.equal(items()[0].edited, revisionOf(3, 1, "better").edited_at)
  assert.deepEqual([timeline.last, timeline.at, timeline.newest], [3, revisionOf(3, 1, "better").at, 2])
  assert.equal(timeline.apply(messageOf(4)), "applied")
  assert.deepEqual(texts(), ["better", "text 2", "text 4"])
})

test("an edit seen before is dropped, one behind a gap is not applied", () => {
  const { timeline, texts } = timelineOf()
  timeline.apply(messageOf(1))
  assert.equal(timeline.apply(revisionOf(3, 1, "too early")), "gap")
  assert.deepEqual(texts(), ["text 1"])
  timeline.apply(messageOf(2))
  timeline.apply(revisionOf(3, 1, "once"))
  assert.equal(timeline.apply(revisionOf(3, 1, "twice")), "dropped")
  assert.deepEqual(texts(), ["once", "text 2"])
})

test("what is deleted stays so, whatever comes late", () => {
  const { timeline, texts, items } = timelineOf()
  timeline.apply(messageOf(1))
  timeline.apply(revisionOf(2, 1, ""))
  timeline.revise(revisionOf(9, 1, "back again"))
  assert.deepEqual(texts(), ["deleted"])
  assert.equal(items()[0].text, "")
})

test("an older edit does not undo a newer one", () => {
  const { timeline, texts } = timelineOf()
  timeline.apply(messageOf(1))
  timeline.revise(revisionOf(3, 1, "newer"))
  timeline.apply(revisionOf(2, 1, "older"))
  assert.deepEqual(texts(), ["newer"])
})

test("a page that was read before an edit shows the edit", () => {
  const { timeline, texts } = timelineOf({ last: 9, at: "", hasOlder: true })
  timeline.apply(revisionOf(10, 4, "better"))
  timeline.apply(revisionOf(11, 5, ""))
  timeline.prepend(page([messageOf(4), messageOf(5)], 9))
  assert.deepEqual(texts(), ["better", "deleted"])
})

test("another log's edits mean nothing", () => {
  const { timeline, texts } = timelineOf({ last: 3 })
  timeline.apply(revisionOf(4, 1, "of the old one"))
  timeline.forget()
  timeline.replace(page([messageOf(1)], 1))
  assert.deepEqual(texts(), ["text 1"])
})

test("an edit is drawn, and is no new message", () => {
  const { thread, texts, rows, messages } = threadOf()
  thread.frame(messageOf(1))
  thread.frame(revisionOf(2, 1, "better"))
  assert.deepEqual(texts(), ["better"])
  assert.deepEqual(rows, ["event", "event"])
  assert.equal(messages.length, 1)
})

test("a replay brings edits in their places, and the next line begins behind them", () => {
  const { thread, sent, texts } = threadOf()
  thread.frame(hello)
  for (const frame of [messageOf(1), revisionOf(2, 1, "better"), revisionOf(3, 1, "")]) thread.frame(frame)
  thread.frame({ type: "caught_up", conversation_id: conversation, head: 3 })
  thread.frame(hello)
  assert.deepEqual(texts(), ["deleted"])
  assert.deepEqual([sent.at(-1).after, sent.at(-1).at], [3, revisionOf(3, 1, "").at])
})

test("an edit that comes while all is loaded anew is not lost", async () => {
  const { thread, api, texts } = threadOf({ last: 1 })
  thread.frame({ type: "reset", conversation_id: conversation, reason: "gap" })
  thread.frame(revisionOf(8, 7, "better"))
  await api.answer(`/conversations/${conversation}/messages`, page([messageOf(7)], 7))
  await settle()
  assert.deepEqual(texts(), ["better"])
})

test("the answer to one's own edit shows before its event", () => {
  const { thread, timeline, texts } = threadOf()
  thread.frame(messageOf(1))
  thread.revised(revisionOf(2, 1, "better"))
  assert.deepEqual(texts(), ["better"])
  assert.equal(timeline.last, 1)
  thread.frame(revisionOf(2, 1, "better"))
  assert.deepEqual([texts(), timeline.last], [["better"], 2])
})

function inboxOf(known) {
  const inbox = new Inbox({
    me,
    open: 0,
    known: [{ id: conversation, other, ...known }],
    total: known.unread && !known.archived ? 1 : 0,
    filter: "",
    get: new FakeAPI().get,
    clock: new FakeClock(),
  })
  const one = () => [...inbox.conversations][0]
  return { inbox, one, moved: heard(inbox, "moved"), told: heard(inbox, "heard"), totals: heard(inbox, "total") }
}

test("an edit of the last message changes its words in the list, and nothing else", () => {
  const { inbox, one, moved, told, totals } = inboxOf({ head: 5, last: 5, unread: 0, archived: true })
  inbox.frame(revisionOf(6, 5, "better"))
  inbox.frame(revisionOf(7, 3, "elsewhere"))
  inbox.frame(revisionOf(8, 5, ""))
  assert.deepEqual(
    moved.map(({ message, seq }) => [message, seq]),
    [
      ["better", 5],
      ["", 5],
    ],
  )
  assert.deepEqual([one().head, one().last, one().unread, one().archived], [8, 5, 0, true])
  assert.deepEqual([told, totals], [[], []])
})

test("who reads up to the last message has read all, although it was edited since", () => {
  const { inbox, one, totals } = inboxOf({ head: 5, last: 5, unread: 2 })
  inbox.frame(revisionOf(6, 5, "better"))
  inbox.read(conversation, 5)
  assert.equal(one().unread, 0)
  assert.equal(totals.at(-1), 0)
})
