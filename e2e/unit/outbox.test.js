// Contracts 3, 5, 6 and 18: in order, one at a time, under one client id, over
// reloads, lost lines and other tabs.

import assert from "node:assert/strict"
import { test } from "node:test"
import { FakeStorage, ackOf, conversation, heard, me, pendingOf, settle } from "./fakes.js"
import { refusal, tab } from "./outboxes.js"

test("a message is stored, then sent", async () => {
  const { outbox, sent, storage, states } = tab()
  const added = outbox.add(conversation, "hi", "a")
  assert.deepEqual(states(), ["a sending"], "it shows at once")
  assert.equal(sent.length, 0, "and is not sent before it is stored")
  await added
  assert.deepEqual(sent, [{ type: "send", conversation_id: conversation, client_id: "a", message: "hi" }])
  assert.equal(storage.kept.get("a").user_id, me)
})

test("one message of a conversation is on the line at a time, in order", async () => {
  const { outbox, ids } = tab()
  await Promise.all(["a", "b", "c"].map((id) => outbox.add(conversation, id, id)))
  await settle()
  assert.deepEqual(ids(), ["a"])
  outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(ids(), ["a", "b"])
  outbox.settled(ackOf(1, "b"))
  await settle()
  assert.deepEqual(ids(), ["a", "b", "c"])
})

test("conversations do not wait for each other", async () => {
  const { outbox, ids } = tab()
  await outbox.add(41, "x", "a")
  await outbox.add(41, "y", "b")
  await outbox.add(42, "z", "c")
  assert.deepEqual(ids(), ["a", "c"])
})

test("what is confirmed is forgotten and told once", async () => {
  const { outbox, storage } = tab()
  const sent = heard(outbox, "sent")
  await outbox.add(conversation, "hi", "a")
  outbox.settled(ackOf(1, "a"))
  outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(
    sent.map((one) => one.client_id),
    ["a"],
  )
  assert.equal(storage.kept.size, 0)
  assert.equal(outbox.waiting, 0)
})

test("written without a line, everything is sent in order when there is one", async () => {
  const { outbox, ids, states } = tab({ up: false })
  await outbox.add(conversation, "1", "a")
  await outbox.add(conversation, "2", "b")
  assert.deepEqual(ids(), [])
  assert.deepEqual(states(), ["a waiting", "b waiting"])
  outbox.lineUp()
  await settle()
  outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(ids(), ["a", "b"])
})

test("what was on a lost line is sent again under the same client id", async () => {
  const { outbox, sent, states, clock } = tab()
  await outbox.add(conversation, "hi", "a")
  outbox.lineDown(1006)
  assert.deepEqual(states(), ["a waiting"])
  await clock.pass(60_000)
  assert.equal(sent.length, 1, "not while the line is down")
  outbox.lineUp()
  await settle()
  assert.equal(sent.length, 2)
  assert.deepEqual(sent[1], sent[0])
})

test("an answer that does not come is asked for again", async () => {
  const { outbox, ids, clock } = tab()
  await outbox.add(conversation, "hi", "a")
  await outbox.add(conversation, "ho", "b")
  await clock.pass(19_999)
  assert.deepEqual(ids(), ["a"])
  await clock.pass(1)
  assert.deepEqual(ids(), ["a", "a"])
})

test("a line that does not take a frame gets it when it is up again", async () => {
  const { outbox, ids, states, line, clock } = tab()
  line.open = false
  await outbox.add(conversation, "hi", "a")
  assert.deepEqual(states(), ["a waiting"])
  assert.equal(clock.timers, 0)
  line.open = true
  outbox.lineUp()
  await settle()
  assert.deepEqual(ids(), ["a"])
})

test("a line that goes and comes while the storage answers sends once", async () => {
  const { outbox, ids } = tab({ up: false })
  await outbox.add(conversation, "hi", "a")
  outbox.lineUp()
  outbox.lineDown()
  outbox.lineUp()
  await settle()
  assert.deepEqual(ids(), ["a"])
})

test("a refusal for good fails the message, keeps its fault and lets the next one go", async () => {
  const { outbox, ids, states, storage } = tab()
  const failed = heard(outbox, "failed")
  await outbox.add(conversation, "1", "a")
  await outbox.add(conversation, "2", "b")
  outbox.refused(refusal("a", { code: "too_long", detail: "Too long.", retryable: false }))
  await settle()
  assert.deepEqual(states(), ["a failed", "b sending"])
  assert.equal(outbox.of(conversation)[0].fault, "Too long.")
  assert.equal(failed.length, 1)
  assert.deepEqual(ids(), ["a", "b"])
  assert.equal(storage.kept.get("a").state, "failed", "it has failed after a reload too")
  assert.equal(storage.kept.get("a").fault, "Too long.")
  assert.equal(outbox.waiting, 1)
})

test("a failed message is tried again under its client id, when asked", async () => {
  const { outbox, ids, states } = tab()
  await outbox.add(conversation, "1", "a")
  outbox.refused(refusal("a", { retryable: false }))
  outbox.lineDown()
  outbox.lineUp()
  await settle()
  assert.deepEqual(ids(), ["a"], "not by itself")
  await outbox.retry("a")
  assert.deepEqual(ids(), ["a", "a"])
  assert.deepEqual(states(), ["a sending"])
  assert.equal(outbox.of(conversation)[0].fault, undefined)
  await outbox.retry("a")
  assert.deepEqual(ids(), ["a", "a"], "what is on its way is not sent twice")
})

test("rate_limited waits as long as the server says, and tells", async () => {
  const { outbox, ids, states, clock } = tab()
  const slow = heard(outbox, "slow")
  await outbox.add(conversation, "1", "a")
  await outbox.add(conversation, "2", "b")
  outbox.refused(refusal("a", { code: "rate_limited", retry_after_ms: 1_500 }))
  assert.deepEqual(slow, [1_500])
  assert.deepEqual(states(), ["a waiting", "b sending"])
  await clock.pass(1_499)
  assert.deepEqual(ids(), ["a"], "what follows waits too")
  await clock.pass(1)
  assert.deepEqual(ids(), ["a", "a"])
})

test("unavailable backs off further each time, and never fails", async () => {
  const { outbox, ids, clock } = tab()
  const slow = heard(outbox, "slow")
  clock.chance = 0.999
  await outbox.add(conversation, "1", "a")
  const waits = []
  for (let i = 0; i < 9; i++) {
    outbox.refused(refusal("a"))
    const from = clock.now()
    const count = ids().length
    while (ids().length === count) await clock.pass(50)
    waits.push(clock.now() - from)
  }
  assert.ok(
    waits.every((wait, i) => i === 0 || wait >= waits[i - 1]),
    `${waits}`,
  )
  assert.ok(waits[0] >= 500 && waits[0] <= 1_550, `${waits}`)
  assert.ok(waits.at(-1) >= 25_000 && waits.at(-1) <= 30_550, `${waits}`)
  assert.deepEqual(new Set(ids()), new Set(["a"]))
  assert.deepEqual(slow, [])
})

test("unavailable leaves some time even where chance gives none", async () => {
  const { outbox, ids, clock } = tab()
  clock.chance = 0
  await outbox.add(conversation, "1", "a")
  outbox.refused(refusal("a"))
  await clock.pass(499)
  assert.deepEqual(ids(), ["a"])
  await clock.pass(1)
  assert.deepEqual(ids(), ["a", "a"])
})

test("a pause outlasts a lost line", async () => {
  const { outbox, ids, clock } = tab()
  await outbox.add(conversation, "1", "a")
  outbox.refused(refusal("a", { code: "rate_limited", retry_after_ms: 5_000 }))
  outbox.lineDown()
  outbox.lineUp()
  await clock.pass(4_999)
  assert.deepEqual(ids(), ["a"])
  await clock.pass(1)
  assert.deepEqual(ids(), ["a", "a"])
})

test("an error that names no message of this tab is not about it", async () => {
  const { outbox, states } = tab()
  await outbox.add(conversation, "1", "a")
  outbox.refused(refusal(undefined, { code: "unknown_type", retryable: false }))
  outbox.refused(refusal("elsewhere", { retryable: false }))
  assert.deepEqual(states(), ["a sending"])
})

for (const code of [1003, 1007, 1009]) {
  test(`a frame for which the line was closed with ${code} is not sent again by itself`, async () => {
    const { outbox, ids, states } = tab()
    await outbox.add(conversation, "1", "a")
    await outbox.add(conversation, "2", "b")
    outbox.lineDown(code)
    assert.deepEqual(states(), ["a failed", "b waiting"])
    assert.match(outbox.of(conversation)[0].fault, /could not read/)
    outbox.lineUp()
    await settle()
    assert.deepEqual(ids(), ["a", "b"])
  })
}

for (const code of [1000, 1006, 1012, 1013, 4100, 4101, 4429]) {
  test(`a line closed with ${code} fails nothing`, async () => {
    const { outbox, states } = tab()
    await outbox.add(conversation, "1", "a")
    outbox.lineDown(code)
    assert.deepEqual(states(), ["a waiting"])
  })
}

test("what was written before a reload is sent after it, in its order", async () => {
  const storage = new FakeStorage()
  const before = tab({ storage, up: false })
  await before.outbox.add(conversation, "1", "b")
  await before.outbox.add(conversation, "2", "a")
  const after = tab({ storage })
  await after.outbox.load()
  await settle()
  assert.deepEqual(after.states(), ["b sending", "a sending"])
  await after.outbox.add(conversation, "3", "c")
  after.outbox.settled(ackOf(1, "b"))
  await settle()
  after.outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(after.ids(), ["b", "a", "c"])
})

test("a message that was on its way when the page closed waits again", async () => {
  const storage = new FakeStorage()
  await storage.put(pendingOf("a", { state: "sending" }))
  await storage.put(pendingOf("b", { state: "failed", fault: "Too long.", order: 2 }))
  const { outbox, states } = tab({ storage, up: false })
  await outbox.load()
  assert.deepEqual(states(), ["a waiting", "b failed"])
})

test("the messages of another user are neither shown nor sent", async () => {
  const storage = new FakeStorage()
  await storage.put(pendingOf("hers", { user_id: 3 }))
  const { outbox, ids, states } = tab({ storage })
  await outbox.load()
  await settle()
  assert.deepEqual(states(), [])
  assert.deepEqual(ids(), [])
  assert.equal(storage.kept.has("hers"), true, "they stay for her")
})

test("a discarded message is gone, and the next one goes", async () => {
  const { outbox, ids, states, storage } = tab()
  await outbox.add(conversation, "1", "a")
  await outbox.add(conversation, "2", "b")
  outbox.remove("a")
  await settle()
  assert.deepEqual(states(), ["b sending"])
  assert.deepEqual(ids(), ["a", "b"])
  assert.deepEqual([...storage.kept.keys()], ["b"])
})

test("a broken storage stops nobody from sending", async () => {
  const storage = new FakeStorage()
  storage.broken = true
  const { outbox, ids, states } = tab({ storage })
  await outbox.load()
  await outbox.add(conversation, "1", "a")
  await outbox.add(conversation, "2", "b")
  await outbox.load()
  assert.deepEqual(states(), ["a sending", "b sending"])
  outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(ids(), ["a", "b"])
})

test("a message that could not be stored is not taken for deleted", async () => {
  const storage = new FakeStorage()
  const { outbox, states } = tab({ storage, up: false })
  storage.broken = true
  await outbox.add(conversation, "1", "a")
  storage.broken = false
  await outbox.load()
  assert.deepEqual(states(), ["a waiting"])
})

test("a message deleted while the stored ones are read stays deleted", async () => {
  const storage = new FakeStorage()
  await storage.put(pendingOf("a", { state: "failed", fault: "No." }))
  const { outbox, states } = tab({ storage })
  await outbox.load()
  assert.deepEqual(states(), ["a failed"])
  const list = await storage.all(me)
  let answer
  storage.all = () => new Promise((resolve) => (answer = resolve))
  const loading = outbox.load()
  await settle()
  outbox.remove("a")
  answer(list)
  await loading
  assert.deepEqual(states(), [])
})

/** A storage that puts only when it is told. */
function slowStorage() {
  const storage = new FakeStorage()
  const { put } = storage
  const puts = []
  storage.put = (one) => new Promise((resolve) => puts.push(() => resolve(put(one))))
  const next = async () => {
    puts.shift()()
    await settle()
  }
  return { storage, next }
}

test("a message that is being stored waits for that, and what is written behind it waits too", async () => {
  const { storage, next } = slowStorage()
  const { outbox, ids } = tab({ storage })
  const both = [outbox.add(conversation, "1", "a"), outbox.add(conversation, "2", "b")]
  await settle()
  assert.deepEqual(ids(), [])
  await next()
  assert.deepEqual(ids(), ["a"])
  outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(ids(), ["a"], "the second is not stored yet")
  await next()
  await Promise.all(both)
  assert.deepEqual(ids(), ["a", "b"])
})

test("a message that is deleted while it is stored is not left behind", async () => {
  const { storage, next } = slowStorage()
  const { outbox } = tab({ storage, up: false })
  void outbox.add(conversation, "1", "a")
  await settle()
  outbox.remove("a")
  await next()
  assert.equal(storage.kept.size, 0)
})

test("a conversation that is closed is told to have ended", async () => {
  const { outbox, states } = tab()
  const ended = heard(outbox, "ended")
  await outbox.add(conversation, "hi", "a")
  outbox.refused(refusal("a", { code: "closed", detail: "It is closed.", retryable: false }))
  assert.deepEqual(states(), ["a failed"])
  assert.deepEqual(ended, [{ conversation, detail: "It is closed." }])
})
