// One tab from end to end, between a socket and what the elements draw.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  FakeStorage,
  ackOf,
  conversation,
  heard,
  hello,
  messageOf,
  other,
  ownMessage,
  pendingOf,
  settle,
} from "./fakes.js"
import { compose, sessionOf } from "./sessions.js"

test("a message goes from waiting to sent in one bubble", async () => {
  const { session, socket, shown, storage } = await sessionOf({ greeted: false })
  const sent = heard(session, "sent")
  await compose(session, "hi")
  assert.deepEqual(shown(), ["hi waiting"])
  socket.accept()
  socket.say(hello)
  await settle()
  assert.deepEqual(shown(), ["hi sending"])
  assert.equal(socket.of("send").length, 1)
  socket.say(ackOf(1, "c-hi"))
  assert.deepEqual(shown(), ["hi sent"])
  socket.say(ownMessage(1, "c-hi", { message: "hi" }))
  assert.deepEqual(shown(), ["hi sent"])
  await settle()
  assert.equal(sent.length, 1)
  assert.equal(storage.kept.size, 0)
})

test("an ack alone lets the next message go", async () => {
  const { session, socket, shown, storage } = await sessionOf()
  await compose(session, "hi")
  await compose(session, "ho")
  socket.say(ackOf(1, "c-hi"))
  await settle()
  assert.deepEqual(shown(), ["hi sent", "ho sending"])
  assert.deepEqual([...storage.kept.keys()], ["c-ho"])
})

test("its event settles a message whose ack is lost", async () => {
  const { session, socket, shown, storage } = await sessionOf()
  await compose(session, "hi")
  socket.say(ownMessage(1, "c-hi", { message: "hi" }))
  await settle()
  assert.deepEqual(shown(), ["hi sent"])
  assert.equal(storage.kept.size, 0)
  socket.say(ackOf(1, "c-hi"))
  assert.deepEqual(shown(), ["hi sent"])
})

test("one's own event behind a gap leaves its bubble where it is", async () => {
  const { session, socket, shown } = await sessionOf()
  socket.say({ type: "caught_up", conversation_id: conversation, head: 0 })
  await compose(session, "hi")
  socket.say(ownMessage(2, "c-hi", { message: "hi" }))
  await settle()
  assert.deepEqual(shown(), ["hi sent"])
  socket.say(messageOf(1))
  socket.say(ownMessage(2, "c-hi", { message: "hi" }))
  assert.deepEqual(shown(), ["text 1", "hi sent"])
})

test("a line lost before the ack sends again, and shows one bubble", async () => {
  const { session, socket, greet, clock, shown } = await sessionOf()
  await compose(session, "hi")
  socket.end(1006)
  assert.deepEqual(shown(), ["hi waiting"])
  await clock.pass(500)
  const second = await greet()
  assert.deepEqual(second.of("send"), socket.of("send"))
  second.say(ownMessage(1, "c-hi", { message: "hi" }))
  second.say(ackOf(1, "c-hi", { duplicate: true }))
  assert.deepEqual(shown(), ["hi sent"])
})

test("a page that comes back from the browser's cache sends at once what had no answer", async () => {
  const { session, line, socket, greet } = await sessionOf()
  await compose(session, "hi")
  line.stop()
  line.start()
  const second = await greet()
  assert.deepEqual(second.of("send"), socket.of("send"))
})

test("a refusal shows its fault, and can be tried again or discarded", async () => {
  const { session, socket, shown, rows } = await sessionOf()
  await compose(session, "hi")
  const error = { type: "error", code: "closed", detail: "It is closed.", client_id: "c-hi", retryable: false }
  socket.say(error)
  assert.deepEqual(shown(), ["hi failed"])
  assert.equal(rows.at(-1).rows[0].item.fault, "It is closed.")
  await session.retry("c-hi")
  assert.deepEqual(shown(), ["hi sending"])
  socket.say(error)
  session.discard("c-hi")
  assert.deepEqual(shown(), [])
})

test("what was written before a reload is shown and sent", async () => {
  const storage = new FakeStorage()
  await storage.put(pendingOf("a"))
  await storage.put(pendingOf("hers", { user_id: other }))
  const { socket, shown } = await sessionOf({ storage })
  assert.deepEqual(shown(), ["text of a sending"])
  assert.deepEqual(
    socket.of("send").map((frame) => frame.client_id),
    ["a"],
  )
})

test("a storage that breaks does not keep a person from writing", async () => {
  const storage = new FakeStorage()
  storage.broken = true
  const { session, socket, shown } = await sessionOf({ storage })
  await compose(session, "hi")
  assert.equal(socket.of("send").length, 1)
  assert.deepEqual(shown(), ["hi sending"])
})

test("hello opens the conversation, watches people and says again what was read", async () => {
  const { session, socket, greet, clock } = await sessionOf({ known: [{ id: 42, head: 1, unread: 0, other: 9 }] })
  assert.deepEqual(socket.of("watch"), [{ type: "watch", user_ids: [other, 9] }])
  assert.deepEqual(socket.of("open"), [{ type: "open", conversation_id: conversation, after: 0, epoch: "e1" }])
  session.seen(3)
  session.seen(3)
  assert.deepEqual(socket.of("read"), [{ type: "read", conversation_id: conversation, seq: 3 }])
  socket.end(1012)
  await clock.pass(500)
  const second = await greet()
  assert.equal(second.of("watch").length, 1)
  assert.equal(second.of("open").length, 1)
  assert.deepEqual(second.of("read"), socket.of("read"))
})

test("a list loaded anew does not say again who is watched", async () => {
  const known = [{ id: 42, head: 1, unread: 0, other: 9 }]
  const { socket, greet, clock, api } = await sessionOf({ known })
  socket.end(1006)
  await clock.pass(500)
  const second = await greet()
  const entry = (id, person) => ({ id, head: 1, unread: 0, other: { id: person } })
  await api.answer("/conversations?filter=all", { conversations: [entry(43, 10), entry(42, 9)] })
  assert.deepEqual(
    second.of("watch").map((frame) => frame.user_ids),
    [
      [other, 9],
      [other, 9, 10],
    ],
  )
})

test("at most a hundred people are watched, the one of the page among them", async () => {
  const known = Array.from({ length: 150 }, (_, i) => ({ id: 100 + i, head: 1, unread: 0, other: 1_000 + i }))
  const { socket } = await sessionOf({ known })
  const [{ user_ids: people }] = socket.of("watch")
  assert.equal(people.length, 100)
  assert.equal(people[0], other)
})

test("somebody else's message is told as delivered, one's own is not", async () => {
  const { socket, clock } = await sessionOf()
  socket.say(messageOf(1))
  socket.say(ownMessage(2, "elsewhere"))
  await clock.pass(400)
  assert.deepEqual(socket.of("delivered"), [{ type: "delivered", conversation_id: conversation, seq: 1 }])
})

test("a page without a conversation reads and writes none", async () => {
  const { session, socket, rows } = await sessionOf({ opened: null })
  session.typing(true)
  session.seen(4)
  await session.go("older")
  session.redraw()
  socket.say(messageOf(1))
  assert.deepEqual(socket.of("open"), [])
  assert.deepEqual(socket.of("typing"), [])
  assert.deepEqual(rows, [])
})

test("older messages that do not come are told to be stuck", async () => {
  const { session, api } = await sessionOf({ opened: { hasOlder: true } })
  const told = heard(session, "stuck")
  const older = session.go("older")
  await api.fail(`/conversations/${conversation}/messages?before=1`)
  await older
  assert.deepEqual(told, ["older"])
})

test("typing, presence and cursors are passed on", async () => {
  const { session, socket } = await sessionOf()
  const typing = heard(session, "typing")
  const presence = heard(session, "presence")
  const cursors = heard(session, "cursor")
  socket.say({ type: "typing", conversation_id: conversation, user_id: other, user: "Meera", is_typing: true })
  socket.say({ type: "presence", user_id: other, online: true, last_seen: null })
  socket.say({ type: "read", conversation_id: conversation, user_id: other, seq: 1, timestamp: "" })
  assert.deepEqual([typing.length, presence.length, cursors.length], [1, 1, 1])
  session.typing(true)
  assert.deepEqual(socket.of("typing"), [{ type: "typing", conversation_id: conversation, typing: true }])
})

test("a notice of what was seen already rings no bell, any other does", async () => {
  const { session, socket } = await sessionOf()
  const rung = heard(session, "rung")
  const notice = (seq, unread, of = conversation) =>
    socket.say({ type: "notification", notification: { id: 1, type: "new_message", conversation_id: of, seq }, unread })
  notice(3, 2)
  session.seen(5)
  notice(5, 3) // the page has said that it was read: its count comes next
  socket.say({ type: "notification", unread: 1 })
  notice(6, 2)
  notice(1, 3, conversation + 1)
  socket.say({ type: "notification", notification: { id: 2, type: "sold" }, unread: 4 })
  assert.deepEqual(rung, [
    { unread: 2, fresh: true },
    { unread: 1, fresh: false },
    { unread: 2, fresh: true },
    { unread: 3, fresh: true },
    { unread: 4, fresh: true },
  ])
})

test("a page that was kept asks at once for what it may have missed, and a page of now does not", async () => {
  const { api } = await sessionOf()
  assert.deepEqual(api.paths, [])
  const kept = await sessionOf({ old: true })
  // The listing of the conversation, and the list, although as much is unread as then.
  assert.deepEqual(kept.api.paths, [`/conversations/${conversation}`, "/conversations?filter=all"])
})
