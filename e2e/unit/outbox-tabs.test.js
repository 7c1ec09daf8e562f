// Two tabs of one person share one outbox: each message goes once, under one client id.

import assert from "node:assert/strict"
import { test } from "node:test"
import { FakeStorage, ackOf, conversation, heard, pendingOf, settle } from "./fakes.js"
import { tab } from "./outboxes.js"

test("what another tab has sent is not sent here", async () => {
  const storage = new FakeStorage()
  const here = tab({ storage, up: false })
  await here.outbox.add(conversation, "1", "a")
  await here.outbox.add(conversation, "2", "b")
  await storage.remove("a")
  here.outbox.lineUp()
  await settle()
  assert.deepEqual(here.ids(), ["b"])
  assert.deepEqual(here.states(), ["b sending"])
})

test("what another tab has written or deleted is taken up on its word", async () => {
  const storage = new FakeStorage()
  const here = tab({ storage, up: false })
  const there = tab({ storage, up: false })
  await there.outbox.add(conversation, "1", "a")
  await there.outbox.add(conversation, "2", "b")
  await here.outbox.load()
  assert.deepEqual(here.states(), ["a waiting", "b waiting"])
  there.outbox.remove("a")
  await settle()
  const changes = heard(here.outbox, "change")
  await here.outbox.load()
  assert.deepEqual(here.states(), ["b waiting"])
  assert.deepEqual(changes, [conversation])
})

test("another tab's word does not touch what is on the line here", async () => {
  const storage = new FakeStorage()
  const { outbox, states, ids } = tab({ storage })
  await outbox.add(conversation, "1", "a")
  await storage.remove("a")
  await outbox.load()
  assert.deepEqual(states(), ["a sending"])
  outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(states(), [])
  assert.deepEqual(ids(), ["a"])
})

test("two tabs that send one outbox send the same client id", async () => {
  const storage = new FakeStorage()
  const here = tab({ storage, up: false })
  await here.outbox.add(conversation, "1", "a")
  const there = tab({ storage, up: false })
  await there.outbox.load()
  here.outbox.lineUp()
  there.outbox.lineUp()
  await settle()
  assert.deepEqual(here.sent, there.sent)
  here.outbox.settled(ackOf(1, "a"))
  there.outbox.settled(ackOf(1, "a"))
  await settle()
  assert.equal(storage.kept.size, 0)
})

test("failed by another tab is failed here, and tried again there is tried here", async () => {
  const storage = new FakeStorage()
  const here = tab({ storage, up: false })
  await here.outbox.add(conversation, "1", "a")
  await storage.put(pendingOf("a", { state: "failed", fault: "Too long." }))
  await here.outbox.load()
  assert.deepEqual(here.states(), ["a failed"])
  await storage.put(pendingOf("a", { state: "sending" }))
  await here.outbox.load()
  assert.deepEqual(here.states(), ["a waiting"])
})
