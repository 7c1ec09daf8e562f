// What waits in the outbox, on a page that is no chat.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Outbox } from "../../internal/http/web/static/js/lib/outbox.js"
import { Waiting, textsOf, waitingOf } from "../../internal/http/web/static/js/lib/waiting.js"
import { FakeClock, FakeStorage, ackOf, conversation, heard, me, pendingOf, settle } from "./fakes.js"

/** A page that is no chat, over a storage of which others have left something. */
async function page(...left) {
  const storage = new FakeStorage()
  for (const one of left) await storage.put(one)
  const sent = []
  let loads = 0
  const load = async (texts) => {
    loads++
    return new Outbox({ storage: texts, userId: me, send: (frame) => sent.push(frame) > 0, clock: new FakeClock() })
  }
  const waiting = new Waiting({ storage, me, load })
  const counts = heard(waiting, "count")
  return { waiting, storage, sent, counts, loads: () => loads }
}

test("where nothing waits, or only what has failed, nothing is loaded and nothing said", async () => {
  const { waiting, counts, loads, sent } = await page(pendingOf("a", { state: "failed" }))
  await waiting.frame({ type: "hello" })
  await settle()
  assert.deepEqual([counts, loads(), sent], [[], 0, []])
})

test("without a line what waits is counted; with one it goes out in order, and is counted no more", async () => {
  const { waiting, storage, sent, counts } = await page(pendingOf("b", { order: 2 }), pendingOf("a", { order: 1 }))
  await waiting.look()
  await waiting.look()
  assert.deepEqual(counts, [{ count: 2, first: conversation, files: false }])
  assert.deepEqual(sent, [])
  await waiting.frame({ type: "hello" })
  await settle()
  assert.deepEqual(sent.map((frame) => frame.client_id), ["a"]) // prettier-ignore
  await waiting.frame(ackOf(1, "a"))
  await settle()
  assert.deepEqual(sent.map((frame) => frame.client_id), ["a", "b"]) // prettier-ignore
  waiting.lost()
  await waiting.frame({ type: "hello" })
  await settle()
  assert.deepEqual(sent.map((frame) => frame.client_id), ["a", "b", "b"]) // prettier-ignore
  await waiting.frame(ackOf(2, "b"))
  await settle()
  assert.equal(counts.at(-1).count, 0)
  assert.deepEqual(await storage.all(me), [])
})

test("a message with files waits for a chat page, and what follows it in its conversation waits with it", async () => {
  const file = pendingOf("b", { order: 2, files: ["f"] })
  const elsewhere = pendingOf("d", { order: 4, conversation_id: conversation + 1 })
  const all = [pendingOf("c", { order: 3 }), file, pendingOf("a", { order: 1 }), elsewhere]
  assert.deepEqual(textsOf(all).map((one) => one.client_id), ["a", "d"]) // prettier-ignore
  assert.deepEqual([...waitingOf(all)], [[conversation, 3], [conversation + 1, 1]]) // prettier-ignore
  const { waiting, sent, counts, storage } = await page(...all)
  await waiting.frame({ type: "hello" })
  await settle()
  await waiting.frame(ackOf(1, "a"))
  await waiting.frame({ ...ackOf(1, "d"), conversation_id: conversation + 1 })
  await settle()
  assert.deepEqual(sent.map((frame) => frame.client_id), ["a", "d"]) // prettier-ignore
  assert.deepEqual(counts.at(-1), { count: 2, first: conversation, files: true })
  assert.deepEqual((await storage.all(me)).map((one) => one.client_id).sort(), ["b", "c"]) // prettier-ignore
})
