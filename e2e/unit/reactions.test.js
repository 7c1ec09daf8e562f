// Reactions: shown before they are sent, sent as they were last, and settled by what the server says, once.

import assert from "node:assert/strict"
import { test } from "node:test"
import { findEmoji, RecentEmoji } from "../../internal/http/web/static/js/lib/emoji.js"
import { Inbox } from "../../internal/http/web/static/js/lib/inbox.js"
import { Wishes, whoReacted } from "../../internal/http/web/static/js/lib/reactions.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"
import { FakeAPI, FakeClock, conversation, heard, me, messageOf, other, revisionOf } from "./fakes.js"

const thumb = (...ids) => ({ emoji: "👍", count: ids.length, user_ids: ids })

/** A frame that tells of the reactions of a message. */
const reactedOf = (seq, place, reactions, more = {}) => ({
  ...revisionOf(seq, place, "x"),
  type: "reaction",
  message: `text ${place}`,
  edited_at: undefined,
  reactions,
  ...more,
})

function wishesOf({ kept, epoch = "e1" } = {}) {
  const [sent, clock] = [[], new FakeClock()]
  const line = { up: true, last: 0 }
  const send = (frame) => line.up && sent.push(frame) > 0
  const wishes = new Wishes({ epoch, send, last: (id) => (id === conversation ? line.last : Infinity), clock, kept })
  const shown = (reactions = []) => wishes.over(7, reactions, me)
  return {
    wishes,
    sent,
    clock,
    line,
    shown,
    refused: heard(wishes, "refused"),
    wish: (on, emoji = "👍") => wishes.wish(conversation, 7, emoji, on),
  }
}

test("a wish shows at once, beside what others have put, and is sent when there is a line", () => {
  const { wishes, sent, shown, wish } = wishesOf()
  wish(true)
  assert.deepEqual(shown(), [thumb(me)])
  assert.deepEqual(shown([{ emoji: "🎉", count: 1, user_ids: [other] }, thumb(other)])[1], thumb(other, me))
  assert.deepEqual(shown([thumb(me)]), [thumb(me)])
  assert.equal(sent.length, 0)
  wishes.lineUp()
  const { type, conversation_id, message_id, emoji, on } = sent[0]
  assert.deepEqual([type, conversation_id, message_id, emoji, on], ["react", conversation, 7, "👍", true])
})

test("until its event is there an acknowledged one stays shown; then the server's word holds", () => {
  const { wishes, sent, line, shown, wish } = wishesOf()
  wishes.lineUp()
  wish(true)
  assert.equal(wishes.settled({ client_id: sent[0].client_id, seq: 9 }), true)
  assert.deepEqual(shown(), [thumb(me)])
  line.last = 9
  wishes.heard()
  assert.deepEqual(shown(), [])
  assert.equal(wishes.settled({ client_id: sent[0].client_id, seq: 9 }), false)
})

test("what is toggled without a line is sent once, as it was last; what is toggled on the line goes behind it", () => {
  const { wishes, sent, line, shown, wish } = wishesOf()
  line.up = false
  for (const on of [true, false, true, false]) wish(on)
  line.up = true
  wishes.lineUp()
  assert.deepEqual([sent.length, sent[0].on], [1, false])
  wish(true)
  assert.equal(sent.length, 1)
  assert.deepEqual(shown(), [thumb(me)])
  wishes.settled({ client_id: sent[0].client_id, seq: 1 })
  assert.deepEqual([sent.length, sent[1].on], [2, true])
  assert.notEqual(sent[0].client_id, sent[1].client_id)
})

test("a lost line has the same command sent again under its name", () => {
  const { wishes, sent, wish } = wishesOf()
  wishes.lineUp()
  wish(true)
  wishes.lineDown()
  wishes.lineUp()
  assert.deepEqual(sent[1], sent[0])
  wish(false)
  wishes.lineDown()
  wishes.lineUp()
  assert.deepEqual([sent.length, sent[2].on], [3, false])
  assert.notEqual(sent[2].client_id, sent[0].client_id)
})

test("a refused one is taken back with its sentence; one that has to wait is sent after a while", async () => {
  const { wishes, sent, clock, shown, refused, wish } = wishesOf()
  wishes.lineUp()
  wish(true)
  const { client_id } = sent[0]
  assert.equal(wishes.refused({ client_id, retryable: true, retry_after_ms: 700, detail: "Slower" }), true)
  assert.deepEqual(shown(), [thumb(me)])
  await clock.pass(699)
  assert.equal(sent.length, 1)
  await clock.pass(1)
  assert.deepEqual(sent[1], sent[0])
  wishes.refused({ client_id, retryable: false, detail: "Twelve" })
  assert.deepEqual([shown(), refused], [[], ["Twelve"]])
  assert.equal(wishes.refused({ client_id: "another", retryable: false, detail: "" }), false)
})

test("what waits outlives the page, but not the log that its message is of", () => {
  let saved
  const kept = { load: () => saved, save: (epoch, wishes) => (saved = { epoch, wishes: structuredClone(wishes) }) }
  wishesOf({ kept }).wish(true)
  const later = wishesOf({ kept })
  assert.deepEqual(later.shown(), [thumb(me)])
  later.wishes.lineUp()
  assert.equal(later.sent.length, 1)
  assert.deepEqual(wishesOf({ kept, epoch: "e2" }).shown(), [])
  later.wishes.forget("e2")
  assert.deepEqual([later.shown(), saved.wishes], [[], []])
})

test("events tell of reactions: in a page that was asked for before, and not by an answer that is late", () => {
  const start = { me, items: [], last: 0, at: "", hasOlder: false, atEnd: true, newAfter: -1, read: 0, delivered: 0 }
  const timeline = new Timeline(start)
  const first = () => timeline.rows((at) => at.slice(0, 10))[0].item
  timeline.apply(messageOf(1))
  const id = messageOf(1).message_id
  assert.equal(timeline.apply(reactedOf(2, 1, [thumb(other)])), "applied")
  assert.deepEqual([first().reactions, timeline.last], [[thumb(other)], 2])
  timeline.revise({ ...messageOf(1), message: "edited", edited_at: "2026-11-22T12:00:00.000Z" }) // an answer
  assert.deepEqual([first().text, first().reactions], ["edited", [thumb(other)]])
  timeline.show({ messages: [messageOf(1)], head: 1, epoch: "e1", has_more: false })
  assert.deepEqual([first().id, first().reactions], [id, [thumb(other)]])
  // A page that replaces all is behind what was heard before.
  timeline.replace({
    messages: [{ ...messageOf(1), reactions: [thumb(me, other)] }],
    head: 9,
    epoch: "e1",
    has_more: false,
  })
  assert.deepEqual(first().reactions, [thumb(me, other)])
  timeline.apply(reactedOf(10, 1, undefined))
  assert.deepEqual(first().reactions, [])
  timeline.apply(reactedOf(11, 1, [thumb(me)]))
  timeline.apply(revisionOf(12, 1, ""))
  assert.deepEqual([first().deleted, first().reactions], [true, []])
})

test("a reaction changes neither preview nor count nor the order of the list", () => {
  const known = [{ id: conversation, head: 3, last: 3, unread: 0, other, archived: true, muted: false }]
  const inbox = new Inbox({ me, open: 0, known, total: 0, filter: "", get: new FakeAPI().get, clock: new FakeClock() })
  const told = ["moved", "unread", "total", "heard", "entry"].flatMap((type) => [heard(inbox, type)])
  inbox.frame(reactedOf(4, 3, [thumb(other)]))
  assert.deepEqual(told.flat(), [])
  inbox.frame(messageOf(5, { sender_id: me })) // and what comes behind it counts
  assert.equal(told[0].length, 1)
})

test("names, the reader's first", () => {
  assert.equal(whoReacted(thumb(other, me), me, "Meera"), "You and Meera")
  assert.equal(whoReacted(thumb(other), me, "Meera"), "Meera")
})

test("emoji are found by the beginnings of words, those first that are called so", () => {
  const groups = [
    {
      name: "a",
      emoji: [
        ["🫱", "rightwards hand", "handshake"],
        ["🤝", "handshake", "deal hand"],
      ],
    },
    { name: "b", emoji: [["🇮🇳", "flag: India", "IN"]] },
  ]
  const found = (words) =>
    findEmoji(groups, words)
      .map(([emoji]) => emoji)
      .join("")
  assert.equal(found("handsh"), "🤝🫱")
  assert.equal(found(" HAND deal"), "🤝")
  assert.equal(found("shake"), "")
  assert.equal(found("india"), "🇮🇳")
  assert.equal(found("🤝"), "🤝")
})

test("what was chosen last stands first, once, and a storage that fails keeps nobody from choosing", () => {
  const all = new Map()
  const storage = { getItem: (key) => all.get(key) ?? null, setItem: (key, value) => all.set(key, value) }
  const recent = new RecentEmoji(() => storage, me)
  for (const emoji of ["👍", "🎉", "👍"]) recent.add(emoji)
  assert.deepEqual(recent.all, ["👍", "🎉"])
  assert.deepEqual(new RecentEmoji(() => storage, other).all, [])
  for (let i = 0; i < 40; i++) recent.add(String(i))
  assert.equal(recent.all.length, 24)
  const broken = new RecentEmoji(() => {
    throw new Error("refused")
  }, me)
  broken.add("👍")
  assert.deepEqual(broken.all, [])
})
