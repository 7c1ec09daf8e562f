// What the reader has deleted for themselves: no way brings it back, numbers go on without a
// gap, and nothing counts it.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Inbox } from "../../internal/http/web/static/js/lib/inbox.js"
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
} from "./fakes.js"

const hidden = (seq) => ({ ...messageOf(seq), message: "", hidden: true })
const id = (seq) => messageOf(seq).message_id
const frameOf = (seq, more) => ({
  type: "hidden",
  conversation_id: conversation,
  message_id: id(seq),
  ...more,
})
const page = (seqs, more = {}) => ({ messages: seqs.map((seq) => messageOf(seq)), head: 9, has_more: false, ...more })

function timelineOf(more = {}) {
  return new Timeline({
    me,
    items: [],
    last: 0,
    at: "",
    hasOlder: false,
    atEnd: true,
    newAfter: -1,
    read: 0,
    delivered: 0,
    ...more,
  })
}
const seqs = (timeline) => timeline.rows((at) => at.slice(0, 10)).map(({ item }) => item.seq)

/** A timeline that has applied the events up to a seq. */
function upTo(last) {
  const timeline = timelineOf()
  for (let seq = 1; seq <= last; seq++) timeline.apply(messageOf(seq))
  return timeline
}

test("a replay that conceals a message moves the position and shows nothing of it", () => {
  const timeline = upTo(2)
  assert.equal(timeline.apply(hidden(3)), "applied")
  assert.equal(
    timeline.apply({ ...hidden(4), type: "message_edited", message_seq: 1, at: messageOf(4).timestamp }),
    "applied",
  )
  assert.equal(timeline.apply(messageOf(5)), "applied")
  assert.deepEqual(seqs(timeline), [1, 2, 5])
})

test("what is concealed is in no page and no event, whichever comes first", () => {
  const timeline = upTo(3)
  assert.equal(timeline.conceal(id(2)), true)
  assert.equal(timeline.conceal(id(2)), false)
  timeline.conceal(id(4)) // another tab was quicker than its event
  timeline.apply(messageOf(4))
  assert.deepEqual(seqs(timeline), [1, 3])
  timeline.show(page([1, 2, 3, 4]))
  assert.deepEqual(seqs(timeline), [1, 3])
})

test("one's own message that is hidden elsewhere leaves the outbox's bubble, too", () => {
  const timeline = timelineOf({ atEnd: false, last: 4 })
  timeline.setPending([pendingOf("a")])
  timeline.ack(ackOf(5, "a"))
  assert.equal(seqs(timeline).length, 1)
  timeline.conceal(ackOf(5, "a").message_id)
  timeline.apply(ownMessage(5, "a"))
  assert.deepEqual(seqs(timeline), [])
})

test("what is taken back stands where it was, or comes with its page", () => {
  const timeline = upTo(4)
  for (const seq of [1, 3, 4]) timeline.conceal(id(seq))
  for (const seq of [4, 1, 3, 3]) timeline.reveal(messageOf(seq))
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4])
  const later = timelineOf({ hasOlder: true, last: 9 })
  later.show(page([5, 6], { has_more: true }))
  later.reveal(messageOf(3))
  assert.deepEqual(seqs(later), [5, 6])
})

test("a conversation that was cleared shows what comes after, and offers nothing older", () => {
  const timeline = timelineOf({ hasOlder: true })
  timeline.show(page([5, 6, 7], { has_more: true }))
  timeline.last = 7
  assert.equal(timeline.clear(6), true)
  assert.equal(timeline.clear(6), false)
  assert.equal(timeline.hasOlder, false)
  timeline.apply(messageOf(8))
  timeline.prepend(page([4, 5, 6]))
  assert.deepEqual(seqs(timeline), [7, 8])
  const window = timelineOf()
  window.show(page([8, 9], { has_more: true }))
  window.clear(6)
  assert.equal(window.hasOlder, true)
})

function threadOf(last) {
  const [clock, api, timeline] = [new FakeClock(), new FakeAPI(), upTo(last)]
  const thread = new Thread({ id: conversation, other, timeline, epoch: "e1", send: () => true, get: api.get, clock })
  return { thread, timeline, api, messages: heard(thread, "message"), rows: heard(thread, "rows") }
}

test("the other tabs and devices of a person hear of it", () => {
  const { thread, timeline, rows } = threadOf(4)
  thread.frame(frameOf(2, { hidden: true }))
  thread.frame(frameOf(2, { hidden: true }))
  thread.frame({ ...frameOf(3, { hidden: true }), conversation_id: conversation + 1 })
  assert.deepEqual(seqs(timeline), [1, 3, 4])
  assert.deepEqual(rows, ["state"])
  thread.frame(frameOf(2, { hidden: false, message: messageOf(2) }))
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4])
  thread.frame({ type: "conversation", conversation: { id: conversation + 1, cleared_seq: 4 } })
  assert.equal(seqs(timeline).length, 4)
  thread.frame({ type: "conversation", conversation: { id: conversation, cleared_seq: 3 } })
  assert.deepEqual(seqs(timeline), [4])
})

test("what was deleted while there was no line is gone with the next one, and nobody is told of a concealed message", async () => {
  const { thread, timeline, api, messages } = threadOf(4)
  thread.frame({ ...hello, epoch: "e1" })
  thread.frame({ type: "caught_up", conversation_id: conversation, head: 4 })
  thread.frame({ ...hello, epoch: "e1" })
  thread.frame(hidden(5))
  thread.frame({ type: "caught_up", conversation_id: conversation, head: 5 })
  assert.deepEqual(messages, [])
  await api.answer(`/conversations/${conversation}`, {
    participants: [],
    hidden: [id(4)],
    conversation: { id: conversation, cleared_seq: 2 },
  })
  assert.deepEqual(seqs(timeline), [3])
})

const list = "/conversations?filter=all"
const known = (one, more = {}) => ({ id: one, head: 5, last: 5, unread: 1, other, at: `2026-11-0${one % 10}`, ...more })
const entryOf = (one, more = {}) => ({
  id: one,
  head: 5,
  unread: 0,
  other: { id: other },
  last_at: `2026-11-0${one % 10}`,
  ...more,
})

function inboxOf() {
  const api = new FakeAPI()
  const inbox = new Inbox({
    me,
    open: 0,
    known: [known(41), known(42)],
    total: 2,
    filter: "",
    get: api.get,
    clock: new FakeClock(),
  })
  return {
    inbox,
    api,
    totals: heard(inbox, "total"),
    entries: heard(inbox, "entry"),
    gone: heard(inbox, "gone"),
    moved: heard(inbox, "moved"),
  }
}

test("a deleted conversation counts nowhere", async () => {
  const { inbox, api, totals, entries, gone } = inboxOf()
  inbox.frame({ type: "conversation", conversation: entryOf(41, { cleared: true, cleared_seq: 5 }) })
  assert.deepEqual([entries, gone], [[], [41]])
  assert.equal(totals.at(-1), 1)
  assert.deepEqual(
    [...inbox.conversations].map((one) => one.id),
    [42],
  )
  // Of one that is not in this list only the server knows what it counted.
  inbox.frame({ type: "conversation", conversation: entryOf(43, { cleared: true, cleared_seq: 5 }) })
  await api.answer("/me", { unread: { conversations: 1 } })
  assert.equal(totals.at(-1), 1)
})

test("a concealed message of a replay is not unread and moves no entry", () => {
  const { inbox, totals, moved } = inboxOf()
  inbox.frame({ ...hidden(6), conversation_id: 41 })
  inbox.frame({ ...hidden(6), conversation_id: 99 })
  assert.deepEqual([totals, moved], [[], []])
  // Nor does an edit of what is hidden come to the list.
  inbox.frame({ type: "conversation", conversation: entryOf(41, { head: 6, last_message: null }) })
  inbox.frame({ ...messageOf(7), type: "message_edited", conversation_id: 41, message_seq: 6, at: "" })
  assert.deepEqual(moved, [])
})

test("what has left the list while nobody listened leaves it with the next line", async () => {
  const { inbox, api, entries, gone } = inboxOf()
  inbox.frame({ ...hello, unread: 1 })
  await api.answer(list, { conversations: [entryOf(42)], next: "" })
  await api.answer("/conversations/41", { conversation: entryOf(41, { cleared: true }) })
  assert.deepEqual([entries.map((one) => one.id), gone], [[42], [41]])
  await api.answer("/me", { unread: { conversations: 0 } })
})

test("what is on a later page has not left the list", async () => {
  const { inbox, api } = inboxOf()
  inbox.frame({ ...hello, unread: 1 })
  await api.answer(list, { conversations: [entryOf(42)], next: "more" })
  await api.answer("/me", { unread: { conversations: 2 } })
})
