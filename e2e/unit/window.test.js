// The window of a conversation: it moves when one reads on, holds a bounded number of
// messages, never has a gap, and what happens behind its end is not lost.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Thread } from "../../internal/http/web/static/js/lib/thread.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"
import { FakeAPI, FakeClock, ackOf, conversation, heard, me, messageOf, other, ownMessage, pendingOf } from "./fakes.js"

const newest = `/conversations/${conversation}/messages`
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const pageOf = (from, to, more = {}) => ({
  messages: range(from, to).map((seq) => messageOf(seq)),
  head: to,
  epoch: "e1",
  has_more: from > 1,
  ...more,
})

function itemOf(seq) {
  const { client_id: clientId, message: text, timestamp: at, message_id: id } = messageOf(seq)
  return { key: `m:${id}`, seq, id, clientId, mine: false, text, at, state: "" }
}

/** A conversation of which the page holds the messages from one seq to another. */
function windowOf(from, to, { head = to, newAfter = -1 } = {}) {
  const api = new FakeAPI()
  const timeline = new Timeline({
    me,
    items: range(from, to).map(itemOf),
    last: head,
    at: messageOf(head).timestamp,
    hasOlder: from > 1,
    atEnd: to === head,
    newAfter,
    read: 0,
    delivered: 0,
  })
  const thread = new Thread({
    id: conversation,
    other,
    timeline,
    epoch: "e1",
    send: () => true,
    get: api.get,
    clock: new FakeClock(),
  })
  const rows = () => timeline.rows((at) => at.slice(0, 10))
  const seqs = () => rows().map(({ item }) => item.seq)
  return { thread, timeline, api, rows, seqs, told: heard(thread, "rows"), stuck: heard(thread, "stuck") }
}

test("older pages come in front until there are none, and two calls at once are one", async () => {
  const { thread, api, seqs, told } = windowOf(59, 60)
  const both = Promise.all([thread.older(), thread.older()])
  assert.deepEqual(api.paths, [`${newest}?before=59`])
  await api.answer(`${newest}?before=59`, pageOf(57, 58, { head: 60 }))
  await both
  assert.deepEqual(seqs(), range(57, 60))
  const last = thread.older()
  await api.answer(`${newest}?before=57`, pageOf(1, 56, { head: 60 }))
  await last
  assert.deepEqual(seqs(), range(1, 60))
  assert.deepEqual(told, ["older", "older"])
  await thread.older()
  assert.deepEqual(api.paths, [])
})

test("newer pages come behind until the end is reached", async () => {
  const { thread, timeline, api, seqs, told } = windowOf(10, 20, { head: 60 })
  const first = thread.newer()
  await api.answer(`${newest}?after=20`, pageOf(21, 50, { head: 60, has_more: true }))
  await first
  assert.equal(timeline.atEnd, false)
  const second = thread.newer()
  await api.answer(`${newest}?after=50`, pageOf(51, 60, { has_more: false }))
  await second
  assert.deepEqual(seqs(), range(10, 60))
  assert.equal(timeline.atEnd, true)
  assert.deepEqual(told, ["newer", "newer"])
  await thread.newer()
  assert.deepEqual(api.paths, [])
})

test("what happens behind the end of the window moves the position and comes with its page", async () => {
  const { thread, timeline, api, seqs } = windowOf(10, 20, { head: 30 })
  const messages = heard(thread, "message")
  thread.frame(messageOf(31))
  thread.frame(messageOf(32))
  assert.deepEqual(seqs(), range(10, 20))
  assert.equal(timeline.last, 32)
  assert.equal(messages.length, 2, "it is told, for the count and for ears")
  const newer = thread.newer()
  // The page was read before the last event was committed.
  await api.answer(`${newest}?after=20`, pageOf(21, 31, { has_more: false }))
  await newer
  assert.equal(timeline.atEnd, false, "one is still missing")
  const rest = thread.newer()
  await api.answer(`${newest}?after=31`, pageOf(32, 32, { has_more: false }))
  await rest
  assert.deepEqual(seqs(), range(10, 32))
  thread.frame(messageOf(33))
  assert.deepEqual(seqs(), range(10, 33))
})

test("a page that is quicker than its events gives each message once", async () => {
  const { thread, timeline, api, seqs } = windowOf(10, 20, { head: 30 })
  const newer = thread.newer()
  await api.answer(`${newest}?after=20`, pageOf(21, 33, { has_more: false }))
  await newer
  assert.equal(timeline.last, 30)
  for (const seq of range(31, 34)) thread.frame(messageOf(seq))
  assert.deepEqual(seqs(), range(10, 34))
})

test("going to the end loads the newest page, and then what has happened meanwhile", async () => {
  const { thread, timeline, api, seqs, told } = windowOf(10, 20, { head: 900 })
  const latest = thread.latest()
  thread.frame(messageOf(901))
  await api.answer(newest, pageOf(851, 900))
  await api.answer(`${newest}?after=900`, pageOf(901, 901, { has_more: false }))
  await latest
  assert.deepEqual(seqs(), range(851, 901))
  assert.equal(timeline.atEnd, true)
  assert.equal(timeline.hasOlder, true)
  assert.deepEqual(told, ["event", "latest", "newer"])
  await thread.latest()
  assert.deepEqual(api.paths, [])
})

test("more that is asked for when a page is told of comes, also behind one that did not fit", async () => {
  const { thread, timeline, api, seqs } = windowOf(10, 20, { head: 900 })
  // As the page does near the end of what is loaded.
  thread.addEventListener("rows", () => void Promise.resolve().then(() => thread.newer()))
  const latest = thread.latest()
  const newer = thread.newer()
  thread.frame(messageOf(901))
  await api.answer(newest, pageOf(851, 900))
  await api.answer(`${newest}?after=20`, pageOf(21, 70, { head: 901, has_more: true }))
  await api.answer(`${newest}?after=900`, pageOf(901, 901, { has_more: false }))
  await Promise.all([latest, newer])
  assert.deepEqual(seqs(), range(851, 901))
  assert.equal(timeline.atEnd, true)
})

test("going to the end keeps the window when little is missing", async () => {
  const { thread, api, seqs } = windowOf(10, 20, { head: 90 })
  const latest = thread.latest()
  await api.answer(`${newest}?after=20&limit=200`, pageOf(21, 90, { has_more: false }))
  await latest
  assert.deepEqual(seqs(), range(10, 90))
})

test("a page that comes after the window has gone elsewhere makes no hole", async () => {
  const { thread, api, seqs } = windowOf(59, 60, { head: 2000 })
  const older = thread.older()
  const newer = thread.newer()
  const latest = thread.latest()
  await api.answer(newest, pageOf(1951, 2000))
  await api.answer(`${newest}?before=59`, pageOf(9, 58, { head: 2000 }))
  await api.answer(`${newest}?after=60`, pageOf(61, 110, { head: 2000, has_more: true }))
  await Promise.all([older, newer, latest])
  assert.deepEqual(seqs(), range(1951, 2000))
})

test("nothing else is loaded while everything is loaded anew", async () => {
  const { thread, api } = windowOf(10, 20, { head: 60 })
  thread.frame({ type: "reset", conversation_id: conversation, reason: "gap" })
  await Promise.all([thread.older(), thread.newer(), thread.latest()])
  assert.deepEqual(api.paths, [newest])
})

test("a page that cannot be loaded is told and can be asked for again", async () => {
  const { thread, api, seqs, stuck } = windowOf(3, 3)
  const first = thread.older()
  await api.fail(`${newest}?before=3`)
  await first
  assert.deepEqual(stuck, ["older"])
  const second = thread.older()
  await api.answer(`${newest}?before=3`, pageOf(1, 2, { head: 3 }))
  await second
  assert.deepEqual(seqs(), [1, 2, 3])
})

test("the window never holds more than some hundreds, whichever way one reads", async () => {
  const { thread, timeline, api, seqs } = windowOf(9951, 10000)
  let most = 0
  const whole = () => {
    const all = seqs()
    most = Math.max(most, all.length)
    assert.deepEqual(all, range(all[0], all[0] + all.length - 1), "without a gap")
  }
  while (timeline.hasOlder) {
    const { oldest } = timeline
    const older = thread.older()
    await api.answer(`${newest}?before=${oldest}`, pageOf(oldest - 50, oldest - 1, { head: 10000 }))
    await older
    whole()
  }
  assert.equal(timeline.oldest, 1)
  assert.equal(timeline.atEnd, false)
  while (!timeline.atEnd) {
    const from = timeline.newest + 1
    const newer = thread.newer()
    await api.answer(
      `${newest}?after=${from - 1}`,
      pageOf(from, from + 49, { head: 10000, has_more: from + 49 < 10000 }),
    )
    await newer
    whole()
  }
  assert.equal(timeline.newest, 10000)
  assert.equal(timeline.hasOlder, true)
  assert.ok(most <= 600, `it held ${most}`)
})

test("messages that keep coming do not let it grow for ever either", () => {
  const { thread, timeline, seqs } = windowOf(1, 50)
  for (const seq of range(51, 2000)) thread.frame(messageOf(seq))
  assert.ok(seqs().length <= 800)
  assert.equal(timeline.last, 2000)
  assert.equal(timeline.atEnd, false, "the rest is loaded when one reads on")
})

test("what one writes far above the end shows at once and stays until its page comes", async () => {
  const { thread, timeline, api, rows } = windowOf(10, 20, { head: 900 })
  thread.setPending([pendingOf("a", { state: "sending" })], "own")
  const last = () => rows().at(-1).item
  assert.deepEqual([last().key, last().state], ["c:a", "sending"])
  const latest = thread.latest()
  thread.frame(ownMessage(901, "a"))
  thread.frame(ackOf(901, "a"))
  thread.setPending([], "event")
  assert.deepEqual([last().key, last().state], ["c:a", "sent"])
  await api.answer(newest, pageOf(851, 900))
  assert.deepEqual([last().key, last().state], ["c:a", "sent"])
  const rest = { messages: [ownMessage(901, "a")], head: 901, epoch: "e1", has_more: false }
  await api.answer(`${newest}?after=900`, rest)
  await latest
  assert.equal(rows().filter(({ item }) => item.key === "c:a").length, 1)
  assert.equal(timeline.newest, 901)
})

test("the divider stands above the first new message, and nowhere in a window behind it", async () => {
  const { thread, api, rows } = windowOf(190, 240, { head: 900, newAfter: 200 })
  const divided = () =>
    rows()
      .filter(({ unread }) => unread)
      .map(({ item }) => item.seq)
  assert.deepEqual(divided(), [201])
  const latest = thread.latest()
  await api.answer(newest, pageOf(851, 900))
  await latest
  assert.deepEqual(divided(), [])
})
