// Answers: a quote is what its message is now, whatever order pages and events come in, and goes
// with what waits to be sent.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Drafts } from "../../internal/http/web/static/js/lib/drafts.js"
import { beginningOf, requoted } from "../../internal/http/web/static/js/lib/quote.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"
import {
  FakeStorage,
  ackOf,
  conversation,
  heard,
  me,
  messageOf,
  other,
  ownMessage,
  pendingOf,
  revisionOf,
  settle,
} from "./fakes.js"
import { refusal, tab } from "./outboxes.js"

const quoteOf = ({ message_id, seq, sender_id, sender_name, message }) => ({
  message_id,
  seq,
  sender_id,
  sender_name,
  message,
})

function timelineOf() {
  const timeline = new Timeline({
    me,
    items: [],
    last: 0,
    at: "",
    hasOlder: false,
    atEnd: true,
    newAfter: -1,
    read: 0,
    delivered: 0,
  })
  const quotes = () =>
    timeline
      .rows((at) => at.slice(0, 10))
      .map(({ item }) => item.quote && (item.quote.deleted ? "deleted" : item.quote.message))
  return { timeline, quotes }
}

test("a quote follows its message, in what is committed, acknowledged and waiting", () => {
  const { timeline, quotes } = timelineOf()
  const first = messageOf(1)
  const reply = quoteOf(first)
  timeline.apply(first)
  timeline.apply(messageOf(2, { reply_to: reply }))
  timeline.setPending([pendingOf("a", { reply }), pendingOf("b", { reply }), pendingOf("c")])
  timeline.ack(ackOf(3, "a"))
  assert.deepEqual(quotes(), [null, "text 1", "text 1", "text 1", null])
  timeline.revise(revisionOf(9, 1, "better"))
  assert.deepEqual(quotes(), [null, "better", "better", "better", null])
  timeline.apply(ownMessage(3, "a", { reply_to: reply })) // read before the edit
  timeline.setPending([pendingOf("b", { reply }), pendingOf("c")])
  assert.deepEqual(quotes(), [null, "better", "better", "better", null])
  timeline.revise(revisionOf(10, 1, "", { deleted: true, type: "message_deleted" }))
  assert.deepEqual(quotes(), [null, "deleted", "deleted", "deleted", null])
  timeline.setPending([pendingOf("b"), pendingOf("c")]) // it was sent in vain and answers nothing any more
  assert.deepEqual(quotes(), [null, "deleted", "deleted", null, null])
})

test("a page that was read before an edit shows the quote of now", () => {
  const { timeline, quotes } = timelineOf()
  timeline.revise(revisionOf(5, 1, "better"))
  timeline.show({ messages: [messageOf(2, { reply_to: quoteOf(messageOf(1)) })], head: 5, epoch: "e1", has_more: true })
  assert.deepEqual(quotes(), ["better"])
})

test("a quote is of its own message alone, and has 160 characters at most", () => {
  const quote = quoteOf(messageOf(1))
  assert.equal(requoted(quote, messageOf(2)), quote)
  assert.equal(requoted(null, messageOf(1)), null)
  const long = "😀".repeat(200)
  assert.equal(requoted(quote, messageOf(1, { message: long })).message, "😀".repeat(160))
  assert.equal(beginningOf("short"), "short")
  const gone = requoted(quote, messageOf(1, { deleted: true, message: "" }))
  assert.deepEqual([gone.deleted, gone.message], [true, ""])
  assert.equal(requoted(gone, messageOf(1)), gone, "what is deleted stays so")
})

test("what waits keeps what it answers over a reload, and is sent with it", async () => {
  const storage = new FakeStorage()
  const reply = quoteOf(messageOf(1))
  const before = tab({ storage, up: false })
  await before.outbox.add(conversation, "yes", "a", reply)
  const after = tab({ storage })
  await after.outbox.load()
  await settle()
  assert.deepEqual(after.sent, [
    { type: "send", conversation_id: conversation, client_id: "a", message: "yes", reply_to: reply.message_id },
  ])
})

test("when what it answers is gone it fails, and tried again it answers nothing, under the same id", async () => {
  const { outbox, sent, storage } = tab()
  const failed = heard(outbox, "failed")
  await outbox.add(conversation, "yes", "a", quoteOf(messageOf(1)))
  outbox.refused(refusal("a", { retryable: false, code: "invalid", field: "reply_to", detail: "It was deleted." }))
  await settle()
  assert.deepEqual(
    failed.map(({ client_id, fault, reply }) => [client_id, fault, reply]),
    [["a", "It was deleted.", undefined]],
  )
  assert.equal(storage.kept.get("a").reply, undefined)
  await outbox.retry("a")
  await settle()
  assert.deepEqual(sent.at(-1), { type: "send", conversation_id: conversation, client_id: "a", message: "yes" })
  // Another fault leaves the answer what it is.
  await outbox.add(42, "no", "b", quoteOf(messageOf(1)))
  outbox.refused(refusal("b", { retryable: false, code: "too_long", field: "message" }))
  await outbox.retry("b")
  await settle()
  assert.equal(sent.at(-1).reply_to, messageOf(1).message_id)
})

test("a draft keeps what it answers, for its person and conversation, and takes nothing else for it", () => {
  const kept = new Map()
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
  const drafts = new Drafts(() => storage, me)
  const quote = quoteOf(messageOf(1))
  drafts.setReply(41, quote)
  assert.deepEqual(new Drafts(() => storage, me).getReply(41), quote)
  assert.equal(drafts.getReply(42), undefined)
  assert.equal(new Drafts(() => storage, other).getReply(41), undefined)
  assert.equal(drafts.get(41), "", "it is no text")
  for (const bad of ["", "{", "null", "7", '{"message_id":"1"}', JSON.stringify({ ...quote, message: 5 })]) {
    kept.set([...kept.keys()][0], bad)
    assert.equal(drafts.getReply(41), undefined, bad)
  }
  drafts.setReply(41, undefined)
  assert.equal(kept.size, 0)
  const refused = new Drafts(() => {
    throw new Error("refused")
  }, me)
  refused.setReply(41, quote)
  assert.equal(refused.getReply(41), undefined)
})
