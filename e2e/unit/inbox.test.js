import assert from "node:assert/strict"
import { test } from "node:test"
import { Inbox } from "../../internal/http/web/static/js/lib/inbox.js"
import { FakeAPI, FakeClock, heard, hello, me, messageOf, other, settle } from "./fakes.js"

const list = "/conversations?filter=all"

const known = (id, head, unread, person = other) => ({ id, head, unread, other: person })

/** A list entry as the server tells it. */
const entryOf = (id, head, unread, person = other) => ({ id, head, unread, other: { id: person } })

function inboxOf({ open = 0, all = [known(41, 5, 0), known(42, 8, 2, 4)], total = 1, filter = "" } = {}) {
  const clock = new FakeClock()
  const api = new FakeAPI()
  const inbox = new Inbox({ me, open, known: all, total, filter, get: api.get, clock })
  const unread = (id) => [...inbox.conversations].find((one) => one.id === id)?.unread
  return {
    inbox,
    api,
    clock,
    unread,
    totals: heard(inbox, "total"),
    entries: heard(inbox, "entry"),
    moved: heard(inbox, "moved"),
    told: heard(inbox, "unread"),
  }
}

const at = (conversation_id, seq, more = {}) => messageOf(seq, { conversation_id, ...more })
const readBy = (user_id, conversation_id, seq) => ({ type: "read", conversation_id, user_id, seq, timestamp: "" })

test("a message of somebody else counts, in its conversation and in the total", () => {
  const { inbox, unread, totals, moved } = inboxOf()
  inbox.frame(at(41, 6))
  inbox.frame(at(41, 7))
  assert.equal(unread(41), 2)
  assert.equal(totals.at(-1), 2)
  assert.deepEqual(
    moved.map(({ seq }) => seq),
    [6, 7],
  )
})

test("a message seen before does not count again", () => {
  const { inbox, unread, moved } = inboxOf()
  inbox.frame(at(41, 6))
  inbox.frame(at(41, 6))
  inbox.frame(at(41, 5))
  assert.equal(unread(41), 1)
  assert.equal(moved.length, 1)
})

test("one's own message moves the conversation and counts nothing", () => {
  const { inbox, unread, totals, moved } = inboxOf()
  inbox.frame(at(41, 6, { sender_id: me }))
  assert.equal(unread(41), 0)
  assert.deepEqual(totals, [])
  assert.equal(moved.length, 1)
})

test("reading up to the end takes a conversation from the total", () => {
  const { inbox, unread, totals } = inboxOf()
  inbox.read(42, 8)
  assert.equal(unread(42), 0)
  assert.equal(totals.at(-1), 0)
})

test("reading a part leaves the rest", () => {
  const { inbox, unread, totals } = inboxOf({ all: [known(41, 9, 4)] })
  inbox.read(41, 8)
  assert.equal(unread(41), 1)
  assert.equal(totals.at(-1), 1)
})

test("read on another device is read here; read by the other person is not", () => {
  const { inbox, unread } = inboxOf()
  inbox.frame(readBy(4, 42, 8))
  assert.equal(unread(42), 2)
  inbox.frame(readBy(me, 42, 8))
  assert.equal(unread(42), 0)
})

test("the first hello that says what the page says asks for nothing", () => {
  const { inbox, api } = inboxOf()
  inbox.frame({ ...hello, unread: 1 })
  assert.deepEqual(api.paths, [])
})

test("the first hello that says something else has the list loaded", async () => {
  const { inbox, api, unread, totals, entries } = inboxOf()
  inbox.frame({ ...hello, unread: 2 })
  assert.equal(totals.at(-1), 2)
  await api.answer(list, { conversations: [entryOf(41, 6, 1), entryOf(42, 8, 2, 4)] })
  await api.answer("/me", { unread: { conversations: 2 } })
  assert.equal(unread(41), 1)
  assert.equal(totals.at(-1), 2)
  assert.deepEqual(
    entries.map(({ id }) => id),
    [42, 41],
    "the newest is drawn last, so that it ends on top",
  )
})

test("each later hello has the list loaded, under its filter", async () => {
  const { inbox, api } = inboxOf({ filter: "unread" })
  inbox.frame({ ...hello, unread: 1 })
  inbox.frame({ ...hello, unread: 1 })
  assert.deepEqual(api.paths, ["/conversations?filter=unread"])
  await api.fail("/conversations?filter=unread")
})

test("a list that does not come leaves everything as it is", async () => {
  const { inbox, api, unread } = inboxOf()
  inbox.frame({ ...hello, unread: 3 })
  await api.fail(list)
  assert.equal(unread(42), 2)
})

test("what is read while a list is on its way stays read", async () => {
  const { inbox, api, unread, totals } = inboxOf()
  inbox.frame({ ...hello, unread: 2 })
  inbox.read(42, 8)
  await api.answer(list, { conversations: [entryOf(42, 8, 2, 4)] })
  assert.equal(unread(42), 0)
  await api.answer("/me", { unread: { conversations: 1 } })
  assert.equal(totals.at(-1), 1)
})

test("a message that comes while a list is on its way is not taken back by it", async () => {
  const { inbox, api, unread } = inboxOf()
  inbox.frame({ ...hello, unread: 2 })
  inbox.frame(at(41, 6))
  await api.answer(list, { conversations: [entryOf(41, 5, 0)] })
  assert.equal(unread(41), 1)
})

test("a conversation that is not in the list is asked for, once, a moment later", async () => {
  const { inbox, api, clock, unread, totals, entries } = inboxOf()
  inbox.frame(at(50, 1))
  inbox.frame(at(50, 2))
  await clock.pass(299)
  assert.deepEqual(api.paths, [])
  await clock.pass(1)
  assert.deepEqual(api.paths, ["/conversations/50"])
  await api.answer("/conversations/50", { conversation: entryOf(50, 2, 2, 9), participants: [] })
  await api.answer("/me", { unread: { conversations: 2 } })
  assert.equal(unread(50), 2)
  assert.equal(totals.at(-1), 2)
  assert.equal(entries.length, 1)
  assert.deepEqual(inbox.people, [other, 4, 9])
})

test("a conversation that is told of meanwhile is not asked for", async () => {
  const { inbox, api, clock, unread, totals } = inboxOf()
  inbox.frame(at(50, 1))
  inbox.frame({ type: "conversation", conversation: entryOf(50, 1, 1, 9) })
  await clock.pass(1_000)
  assert.deepEqual(api.paths, [])
  assert.equal(unread(50), 1)
  assert.equal(totals.at(-1), 2)
})

test("a conversation that cannot be asked for is asked for by its next message", async () => {
  const { inbox, api, clock } = inboxOf()
  inbox.frame(at(50, 1))
  await clock.pass(300)
  await api.fail("/conversations/50")
  inbox.frame(at(50, 2))
  await clock.pass(300)
  assert.deepEqual(api.paths, ["/conversations/50"])
})

test("an entry older than what is known changes nothing", () => {
  const { inbox, unread, entries } = inboxOf()
  inbox.frame(at(41, 6))
  inbox.frame({ type: "conversation", conversation: entryOf(41, 5, 0) })
  assert.equal(unread(41), 1)
  assert.deepEqual(entries, [])
})

test("the open conversation shows as unread only when it stays so for a moment", async () => {
  const { inbox, clock, told } = inboxOf({ open: 41, total: 1 })
  inbox.frame(at(41, 6))
  inbox.read(41, 6)
  await clock.pass(1_000)
  assert.deepEqual(
    told.map((one) => one.unread),
    [0, 0],
  )
  inbox.frame(at(41, 7))
  await clock.pass(599)
  assert.equal(told.length, 2)
  await clock.pass(1)
  assert.equal(told.at(-1).unread, 1)
})

test("what is told late of the open conversation is what is so then", async () => {
  const { inbox, clock, told } = inboxOf({ open: 41 })
  inbox.frame(at(41, 6))
  await clock.pass(300)
  inbox.frame({ type: "conversation", conversation: entryOf(41, 6, 1) })
  inbox.read(41, 6)
  await clock.pass(300)
  assert.equal(told.at(-1).unread, 0)
})

test("the total is never less than nothing", async () => {
  const { inbox, totals } = inboxOf({ total: 0 })
  inbox.read(42, 8)
  await settle()
  assert.equal(totals.at(-1), 0)
})
