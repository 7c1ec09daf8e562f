// What people show each other may become less: ticks go back, also after a time without a line.

import assert from "node:assert/strict"
import { test } from "node:test"
import { conversation, heard, me, other, ownMessage, settle } from "./fakes.js"
import { sessionOf } from "./sessions.js"

const detail = `/conversations/${conversation}`
const answer = (read) => ({
  conversation: { id: conversation, head: 1, unread: 0, other: { id: other } },
  participants: [
    { id: me, read_seq: 1, delivered_seq: 1 },
    { id: other, read_seq: read, delivered_seq: 1 },
  ],
})

/** A tab with one message of one's own, which was read. */
async function tab() {
  const all = await sessionOf({
    opened: { otherRead: 1, otherDelivered: 1 },
    known: [{ id: conversation, head: 0, unread: 0, other }],
  })
  all.socket.say({ type: "caught_up", conversation_id: conversation, head: 0 })
  all.socket.say(ownMessage(1, "c-1"))
  await settle()
  assert.deepEqual(all.shown(), [`${ownMessage(1, "c-1").message} read`])
  return all
}

/** The server tells all who ask how far the other person has read. */
async function answered({ api }, read) {
  assert.ok(api.paths.includes(detail))
  while (api.paths.includes(detail)) await api.answer(detail, answer(read))
}

const states = ({ shown }) => shown().map((row) => row.split(" ").at(-1))

for (const [name, user] of [
  ["the other person", other],
  ["the reader", me],
])
  test(`when ${name} changes what they show, ticks are asked for and go back, and forth`, async () => {
    const all = await tab()
    const told = heard(all.session, "privacy")
    for (const [read, want] of [
      [0, "delivered"],
      [1, "read"],
    ]) {
      all.socket.say({ type: "privacy", user_id: user })
      const watched = all.socket.of("watch").length
      await all.clock.pass(400)
      assert.equal(all.socket.of("watch").length, watched + 1, "watches anew")
      assert.equal(told.at(-1).user_id, user)
      await answered(all, read)
      assert.deepEqual(states(all), [want])
    }
  })

test("what somebody else shows is not asked for", async () => {
  const all = await tab()
  all.socket.say({ type: "privacy", user_id: 99 })
  await all.clock.pass(1000)
  assert.deepEqual(all.api.paths, [])
})

test("who began to hide while there was no line is heard of when it is back", async () => {
  const all = await tab()
  all.socket.end(1006)
  await all.clock.pass(60_000)
  const socket = await all.greet()
  socket.say({ type: "caught_up", conversation_id: conversation, head: 1 })
  await settle()
  await answered(all, 0)
  assert.deepEqual(states(all), ["delivered"])
})
