import assert from "node:assert/strict"
import { test } from "node:test"
import { Refused } from "../../internal/http/web/static/js/lib/api.js"
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

test("a list that does not come leaves everything as it is, and is asked for until it comes", async () => {
  const { inbox, api, clock, unread } = inboxOf()
  inbox.frame({ ...hello, unread: 3 })
  await api.fail(list)
  assert.equal(unread(42), 2)
  await clock.pass(2_000)
  assert.deepEqual(api.paths, [list])
  await api.fail(list)
  await clock.pass(4_000)
  await api.answer(list, { conversations: [entryOf(42, 9, 3, 4)] })
  // What comes behind it may fail as well.
  await api.fail("/me")
  await clock.pass(8_000)
  await api.answer(list, { conversations: [entryOf(42, 9, 3, 4)] })
  await api.answer("/me", { unread: { conversations: 1 } })
  assert.equal(unread(42), 3)
  await clock.pass(60_000)
  assert.deepEqual([api.paths, clock.timers], [[], 0])
})

test("a list that did not come is asked for once by the next hello, and not at all by who is signed out", async () => {
  const { inbox, api, clock } = inboxOf()
  inbox.frame({ ...hello, unread: 3 })
  await api.fail(list)
  inbox.frame({ ...hello, unread: 3 })
  await clock.pass(60_000)
  assert.deepEqual(api.paths, [list])
  await api.fail(list, new Refused("Log in first.", 401))
  await clock.pass(60_000)
  assert.deepEqual(api.paths, [])
})

test("what the server knows no more is gone, and the rest of the list comes", async () => {
  const { inbox, api, clock } = inboxOf({
    all: [{ ...known(41, 5, 0), at: "2026-11-22T10:00:00Z" }, known(42, 8, 2, 4)],
  })
  const gone = heard(inbox, "gone")
  inbox.frame({ ...hello, unread: 2 })
  await api.answer(list, { conversations: [entryOf(42, 8, 2, 4)], next: "" })
  await api.fail("/conversations/41", new Refused("There is no such conversation.", 404))
  await api.answer("/me", { unread: { conversations: 1 } })
  await clock.pass(60_000)
  assert.deepEqual([gone, api.paths], [[41], []])
})

test("a total that was asked for before it changed does not take the change back", async () => {
  const { inbox, api, totals } = inboxOf()
  inbox.frame({ ...hello, unread: 2 })
  await api.answer(list, { conversations: [entryOf(42, 8, 2, 4)] })
  inbox.frame(at(41, 6))
  await api.answer("/me", { unread: { conversations: 1 } })
  assert.equal(totals.at(-1), 3)
  await api.answer("/me", { unread: { conversations: 2 } })
  assert.equal(totals.at(-1), 2)
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

test("what comes to a conversation while it is asked for is asked for as well", async () => {
  const { inbox, api, clock, unread, totals } = inboxOf()
  inbox.frame(at(50, 1))
  await clock.pass(300)
  inbox.frame(at(50, 2))
  await clock.pass(300)
  assert.deepEqual(api.paths, ["/conversations/50"])
  await api.answer("/conversations/50", { conversation: entryOf(50, 1, 1, 9), participants: [] })
  await api.answer("/conversations/50", { conversation: entryOf(50, 2, 2, 9), participants: [] })
  await api.answer("/me", { unread: { conversations: 2 } })
  assert.deepEqual([unread(50), totals.at(-1)], [2, 2])
  assert.deepEqual([api.paths, clock.timers], [[], 0])
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

const flags = { muted: false, archived: false, marked_unread: false }

test("what is marked as unread counts until it is read", () => {
  const { inbox, totals } = inboxOf()
  inbox.frame({ type: "conversation", conversation: { ...entryOf(41, 5, 0), ...flags, marked_unread: true } })
  assert.equal(totals.at(-1), 2)
  inbox.read(41, 5)
  assert.equal(totals.at(-1), 1)
})

test("what is archived does not count, and comes back with the next message unless it is muted", () => {
  const { inbox, totals } = inboxOf()
  const archived = (id, head, more) => ({
    type: "conversation",
    conversation: { ...entryOf(id, head, 0), ...flags, archived: true, ...more },
  })
  inbox.frame(archived(42, 8, { unread: 2 }))
  assert.equal(totals.at(-1), 0)
  inbox.frame(archived(41, 5, { muted: true }))
  inbox.frame(at(41, 6))
  assert.equal(totals.at(-1), 0)
  inbox.frame(at(42, 9))
  assert.equal(totals.at(-1), 1)
})

test("read elsewhere of what is not in this list: the total is asked for", async () => {
  const { inbox, api, totals } = inboxOf()
  inbox.frame(readBy(me, 77, 3))
  await api.answer("/me", { unread: { conversations: 0 } })
  assert.equal(totals.at(-1), 0)
})

test("an entry told of that was not in this list does not count twice", async () => {
  const { inbox, api, totals } = inboxOf()
  inbox.frame({ type: "conversation", conversation: { ...entryOf(77, 9, 1), ...flags } })
  assert.equal(totals.at(-1), 1, "the server had counted it")
  await api.answer("/me", { unread: { conversations: 1 } })
  assert.equal(totals.at(-1), 1)
})

test("somebody else's live message is heard, one's own is not", async () => {
  const { inbox, api, clock } = inboxOf()
  const told = heard(inbox, "heard")
  inbox.frame(at(41, 6))
  inbox.frame(at(41, 7, { sender_id: me }))
  assert.deepEqual(
    told.map(({ id }) => id),
    [41],
  )
  inbox.frame(at(50, 4))
  await clock.pass(300)
  await api.answer("/conversations/50", { conversation: { ...entryOf(50, 4, 1, 9), ...flags, muted: true } })
  assert.equal(told[1].muted, true)
})

test("the next page is loaded once, tells its entries, and says what follows", async () => {
  const clock = new FakeClock()
  const api = new FakeAPI()
  const inbox = new Inbox({ me, open: 0, known: [], total: 3, filter: "buying", next: "c1", get: api.get, clock })
  const pages = heard(inbox, "page")
  const entries = heard(inbox, "entry")
  const totals = heard(inbox, "total")
  const both = Promise.all([inbox.more(), inbox.more()])
  assert.deepEqual(api.paths, ["/conversations?filter=buying&cursor=c1"])
  await api.answer(api.paths[0], { conversations: [entryOf(1, 2, 1), entryOf(2, 2, 0)], next: "c2" })
  await both
  assert.deepEqual(pages, ["c2"])
  assert.equal(entries.length, 2)
  assert.equal(totals.at(-1), 3, "they were counted all along")
  const again = inbox.more()
  await api.fail("/conversations?filter=buying&cursor=c2")
  await again
  assert.deepEqual(pages, ["c2", null])
  const last = inbox.more()
  await api.answer("/conversations?filter=buying&cursor=c2", { conversations: [], next: "" })
  await last
  await inbox.more()
  assert.deepEqual(api.paths, [])
})
