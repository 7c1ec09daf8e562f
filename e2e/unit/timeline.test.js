// Contracts 12, 13 and 16: each event once and in order, one bubble for ack and
// event, ticks that only move forward.

import assert from "node:assert/strict"
import { test } from "node:test"
import { keyOf } from "../../internal/http/web/static/js/lib/item.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"
import { ackOf, me, messageOf, ownMessage, pendingOf } from "./fakes.js"

function timelineOf(more = {}) {
  const start = { me, items: [], last: 0, at: "", hasOlder: false, atEnd: true, newAfter: -1, read: 0, delivered: 0 }
  return new Timeline({ ...start, ...more })
}

const dayOf = (at) => at.slice(0, 10)
const rows = (timeline) => timeline.rows(dayOf)
const texts = (timeline) => rows(timeline).map(({ item }) => item.text)
const states = (timeline) => rows(timeline).map(({ item }) => item.state)
const keys = (timeline) => rows(timeline).map(({ item }) => item.key)

test("events are applied in order and move the position", () => {
  const timeline = timelineOf({ last: 4 })
  assert.equal(timeline.apply(messageOf(5)), "applied")
  assert.equal(timeline.apply(messageOf(6)), "applied")
  assert.deepEqual(texts(timeline), ["text 5", "text 6"])
  assert.equal(timeline.last, 6)
  assert.equal(timeline.at, messageOf(6).timestamp)
  assert.equal(timeline.oldest, 5)
})

test("an event seen before is dropped", () => {
  const timeline = timelineOf()
  timeline.apply(messageOf(1))
  timeline.apply(messageOf(2))
  assert.equal(timeline.apply(messageOf(2)), "dropped")
  assert.equal(timeline.apply(messageOf(1)), "dropped")
  assert.deepEqual(texts(timeline), ["text 1", "text 2"])
})

test("a gap is reported and nothing behind it is shown", () => {
  const timeline = timelineOf()
  timeline.apply(messageOf(1))
  assert.equal(timeline.apply(messageOf(3)), "gap")
  assert.deepEqual(texts(timeline), ["text 1"])
  assert.equal(timeline.last, 1)
  assert.equal(timeline.apply(messageOf(2)), "applied")
  assert.equal(timeline.apply(messageOf(3)), "applied")
})

test("an ack before its event gives one bubble under one key", () => {
  const timeline = timelineOf()
  timeline.setPending([pendingOf("a", { state: "sending" })])
  const [key] = keys(timeline)
  timeline.ack(ackOf(1, "a"))
  assert.deepEqual(states(timeline), ["sent"])
  assert.deepEqual(keys(timeline), [key])
  assert.equal(timeline.last, 0, "an ack is not an event")
  timeline.setPending([])
  assert.deepEqual(keys(timeline), [key])
  assert.equal(timeline.apply(ownMessage(1, "a")), "applied")
  assert.deepEqual(keys(timeline), [key])
  assert.deepEqual(states(timeline), ["sent"])
})

test("an event before its ack gives one bubble under one key", () => {
  const timeline = timelineOf()
  timeline.setPending([pendingOf("a", { state: "sending" })])
  const [key] = keys(timeline)
  timeline.apply(ownMessage(1, "a"))
  timeline.ack(ackOf(1, "a"))
  timeline.setPending([pendingOf("a")])
  assert.deepEqual(keys(timeline), [key])
  assert.deepEqual(states(timeline), ["sent"])
})

test("a message of another person under the same client id is another bubble", () => {
  const timeline = timelineOf()
  timeline.setPending([pendingOf("a")])
  timeline.apply(messageOf(1, { client_id: "a" }))
  assert.deepEqual(texts(timeline), ["text 1", "text of a"])
  assert.equal(timeline.apply(messageOf(3, { client_id: "a" })), "gap")
  assert.deepEqual(states(timeline), ["", "waiting"])
})

test("one's own event behind a gap keeps its bubble, without an ack", () => {
  const timeline = timelineOf()
  timeline.setPending([pendingOf("a", { state: "sending" })])
  assert.equal(timeline.apply(ownMessage(2, "a")), "gap")
  timeline.setPending([])
  assert.deepEqual(keys(timeline), ["c:a"])
  timeline.apply(messageOf(1))
  timeline.apply(ownMessage(2, "a"))
  assert.deepEqual(keys(timeline), ["m:5001", "c:a"])
})

test("what is acknowledged stands by its seq, in front of what waits", () => {
  const timeline = timelineOf()
  timeline.setPending([pendingOf("a"), pendingOf("b"), pendingOf("c")])
  timeline.ack(ackOf(3, "b"))
  timeline.ack(ackOf(2, "a"))
  assert.deepEqual(keys(timeline), ["c:a", "c:b", "c:c"])
  timeline.apply(messageOf(1))
  assert.deepEqual(keys(timeline), ["m:5001", "c:a", "c:b", "c:c"])
})

test("pending messages stand in the order of the outbox, with their state and fault", () => {
  const timeline = timelineOf()
  timeline.apply(messageOf(1))
  timeline.setPending([pendingOf("b", { state: "failed", fault: "Too long." }), pendingOf("a")])
  assert.deepEqual(keys(timeline), ["m:5001", "c:b", "c:a"])
  const [, failed] = rows(timeline)
  assert.equal(failed.item.fault, "Too long.")
  timeline.setPending([pendingOf("b", { state: "sending" })])
  assert.deepEqual(states(timeline), ["", "sending"])
  assert.equal(rows(timeline)[1].item.fault, undefined)
})

test("an ack of what is not pending changes nothing", () => {
  const timeline = timelineOf({ last: 9 })
  timeline.ack(ackOf(12, "elsewhere"))
  assert.deepEqual(rows(timeline), [])
  timeline.setPending([pendingOf("old")])
  timeline.ack(ackOf(4, "old", { duplicate: true }))
  assert.deepEqual(rows(timeline), [], "its event lies before what is shown")
})

test("neighbours of one sender within five minutes are one run", () => {
  const at = (minutes) => new Date(Date.parse("2026-11-22T10:00:00Z") + minutes * 60_000).toISOString()
  const timeline = timelineOf()
  timeline.apply(messageOf(1, { timestamp: at(0) }))
  timeline.apply(messageOf(2, { timestamp: at(5) }))
  timeline.apply(messageOf(3, { timestamp: at(6) }))
  timeline.apply(messageOf(4, { timestamp: at(12) }))
  timeline.apply(ownMessage(5, "a", { timestamp: at(12) }))
  timeline.apply(ownMessage(6, "b", { timestamp: at(13) }))
  assert.deepEqual(
    rows(timeline).map(({ run }) => run),
    ["first", "middle", "last", "only", "first", "last"],
  )
})

test("a state shows within a run where the next one differs", () => {
  const timeline = timelineOf({ read: 1 })
  timeline.apply(ownMessage(1, "a"))
  timeline.apply(ownMessage(2, "b"))
  timeline.apply(ownMessage(3, "c"))
  assert.deepEqual(
    rows(timeline).map(({ meta }) => meta),
    [true, false, false],
  )
})

test("a day is named where it begins, and ends a run", () => {
  const timeline = timelineOf()
  timeline.apply(messageOf(1, { timestamp: "2026-11-21T23:59:00Z" }))
  timeline.apply(messageOf(2, { timestamp: "2026-11-22T00:00:00Z" }))
  timeline.apply(messageOf(3, { timestamp: "2026-11-22T00:01:00Z" }))
  const all = rows(timeline)
  assert.deepEqual(
    all.map(({ day }) => day),
    ["2026-11-21", "2026-11-22", ""],
  )
  assert.deepEqual(
    all.map(({ run }) => run),
    ["only", "first", "last"],
  )
})

test("the divider stands once, above the first new message of somebody else", () => {
  const timeline = timelineOf({ newAfter: 1 })
  timeline.apply(messageOf(1))
  timeline.apply(ownMessage(2, "a"))
  timeline.apply(messageOf(3))
  timeline.apply(messageOf(4))
  const all = rows(timeline)
  assert.deepEqual(
    all.map(({ unread }) => unread),
    [false, false, true, false],
  )
  assert.deepEqual(
    all.map(({ run }) => run),
    ["only", "only", "first", "last"],
  )
})

test("nothing was read: the divider stands on top; all was read: there is none", () => {
  const none = timelineOf({ newAfter: 0 })
  none.apply(messageOf(1))
  assert.equal(rows(none)[0].unread, true)
  const all = timelineOf({ newAfter: -1 })
  all.apply(messageOf(1))
  assert.equal(rows(all)[0].unread, false)
})

test("an older page comes in front, without what is there", () => {
  const timeline = timelineOf({ last: 2 })
  timeline.apply(messageOf(3))
  timeline.prepend({ messages: [messageOf(1), messageOf(2), messageOf(3)], head: 3, epoch: "e1", has_more: false })
  assert.deepEqual(texts(timeline), ["text 1", "text 2", "text 3"])
  assert.equal(timeline.last, 3)
  assert.equal(timeline.oldest, 1)
})

test("ticks reach what an older page brings", () => {
  const timeline = timelineOf({ last: 2, read: 1, delivered: 2 })
  timeline.prepend({ messages: [ownMessage(1, "a"), ownMessage(2, "b")], head: 2, epoch: "e1", has_more: false })
  assert.deepEqual(states(timeline), ["read", "delivered"])
})

test("a page put in place of everything keeps what waits, and nothing twice", () => {
  const timeline = timelineOf()
  timeline.apply(messageOf(1))
  timeline.setPending(["a", "b", "c"].map((id) => pendingOf(id)))
  timeline.ack(ackOf(1700, "b"))
  const page = { messages: [messageOf(1498), ownMessage(1499, "a")], head: 1500, epoch: "e2", has_more: true }
  timeline.replace(page)
  assert.deepEqual(keys(timeline), ["m:6498", "c:a", "c:b", "c:c"])
  assert.equal(timeline.last, 1500)
  assert.equal(timeline.at, "", "the event at the position is not on the page")
  timeline.replace({ ...page, head: 1499 })
  assert.equal(timeline.at, ownMessage(1499, "a").timestamp)
})

test("ticks go from sent to delivered to read and never back", () => {
  const timeline = timelineOf()
  timeline.apply(ownMessage(1, "a"))
  timeline.apply(ownMessage(2, "b"))
  assert.deepEqual(states(timeline), ["sent", "sent"])
  assert.equal(timeline.moved("delivered", 2), true)
  assert.deepEqual(states(timeline), ["delivered", "delivered"])
  assert.equal(timeline.moved("read", 1), true)
  assert.deepEqual(states(timeline), ["read", "delivered"])
  assert.equal(timeline.moved("read", 1), false)
  assert.equal(timeline.moved("delivered", 1), false)
  assert.deepEqual(states(timeline), ["read", "delivered"])
  assert.equal(timeline.unsettled, true)
  timeline.moved("read", 2)
  assert.equal(timeline.unsettled, false)
})

test("a tick that comes before its event is on it from the start", () => {
  const timeline = timelineOf()
  timeline.moved("read", 1)
  timeline.apply(ownMessage(1, "a"))
  assert.deepEqual(states(timeline), ["read"])
})

test("somebody else's messages have no state", () => {
  const timeline = timelineOf({ read: 9, delivered: 9 })
  timeline.apply(messageOf(1))
  assert.deepEqual(states(timeline), [""])
})

test("a key names one's own by client id, and others by message", () => {
  assert.equal(keyOf(true, "a", 0), "c:a")
  assert.equal(keyOf(true, "", 5), "m:5")
  assert.equal(keyOf(false, "a", 5), "m:5")
})
