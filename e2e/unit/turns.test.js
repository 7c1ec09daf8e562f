// Contracts 6 and 18: of all tabs of one person, one at a time sends what waits in a
// conversation, and another goes on when it is closed, frozen, or without a line.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Outbox } from "../../internal/http/web/static/js/lib/outbox.js"
import { Turns } from "../../internal/http/web/static/js/lib/turns.js"
import { FakeBrowser } from "./browser.js"
import { FakeClock, FakeStorage, ackOf, conversation, me, settle } from "./fakes.js"
import { FakeLocks } from "./locks.js"
import { tab as outboxOf } from "./outboxes.js"

const lockOf = (id = conversation) => `swapnest.outbox.${me}.${id}`

/** Tabs whose lines are up, and each of which sends only what it has the turn for. */
async function tabs(count, options) {
  const browser = new FakeBrowser()
  for (let i = 0; i < count; i++) {
    const tab = await browser.open(conversation, options)
    await tab.connect()
  }
  await browser.run()
  return { browser, server: browser.server, all: browser.tabs }
}

/** All that can happen has, and each message was sent by the tab whose turn it was. */
async function run(browser, ms) {
  await browser.run(ms)
  assert.deepEqual(browser.outOfTurn, [])
}

test("one tab alone sends at once, and has no turn when all is sent", async () => {
  const { browser, server, all } = await tabs(1)
  await all[0].write("a")
  assert.deepEqual(all[0].sent, ["a"])
  assert.equal(browser.locks.holder(lockOf()), all[0])
  await run(browser)
  assert.deepEqual(server.said(conversation), ["a"])
  assert.deepEqual(all[0].shown, ["a sent"])
  assert.equal(browser.locks.size, 0)
  assert.equal(browser.storage.kept.size, 0)
})

test("a turn is asked for while a message is stored, and is not used before", async () => {
  const { browser, all } = await tabs(1)
  const { put } = browser.storage
  let stored
  browser.storage.put = (one) => new Promise((resolve) => (stored = () => resolve(put(one))))
  const written = all[0].write("a")
  await settle()
  assert.equal(browser.locks.holder(lockOf()), all[0])
  assert.deepEqual(all[0].sent, [])
  stored()
  await written
  await settle()
  assert.deepEqual(all[0].sent, ["a"])
})

test("what two tabs have written without a line goes out once each, in the order of writing", async () => {
  const browser = new FakeBrowser()
  const [a, b] = [await browser.open(conversation), await browser.open(conversation)]
  for (const [i, tab] of [a, b, a, b].entries()) {
    for (const { clock } of [a, b]) await clock.pass(1_000)
    await tab.write(`m${i}`)
  }
  await b.connect()
  await a.connect()
  assert.deepEqual([...a.sent, ...b.sent], ["m0"], "one tab sends")
  await run(browser)
  assert.deepEqual(browser.server.said(conversation), ["m0", "m1", "m2", "m3"])
  assert.equal(browser.server.duplicates, 0)
  for (const tab of [a, b]) assert.deepEqual(tab.shown, ["m0 sent", "m1 sent", "m2 sent", "m3 sent"])
  assert.equal(browser.locks.size, 0)
})

test("a message written in a tab that has not the turn is sent by the one that has", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  await a.write("a1")
  await b.write("b1")
  assert.deepEqual(b.sent, [])
  await run(browser)
  assert.deepEqual(a.sent, ["a1", "b1"])
  assert.deepEqual(server.said(conversation), ["a1", "b1"])
  for (const tab of all) assert.deepEqual(tab.shown, ["a1 sent", "b1 sent"])
})

test("a message written in a tab without a line is sent by another at once, and shows as sent in both", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  await a.drop()
  await a.write("hi")
  assert.deepEqual(a.shown, ["hi waiting"])
  await run(browser)
  assert.deepEqual(b.sent, ["hi"])
  assert.deepEqual(server.said(conversation), ["hi"])
  assert.deepEqual([a.shown, b.shown], [["hi sent"], ["hi sent"]])
})

test("the tab that sends is closed with its message under way, and the other finishes", async () => {
  for (const reached of [false, true]) {
    const { browser, server, all } = await tabs(2)
    const [a, b] = all
    for (const text of ["1", "2", "3"]) await a.write(text)
    if (reached) await a.carry()
    await a.end()
    await run(browser)
    assert.deepEqual(b.sent, ["1", "2", "3"])
    assert.deepEqual(server.said(conversation), ["1", "2", "3"])
    assert.equal(server.duplicates, Number(reached))
    assert.deepEqual(b.shown, ["1 sent", "2 sent", "3 sent"])
  }
})

test("who gets the turn first looks at what other tabs have left", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  browser.tell = () => {} // the word of the first tab is lost, or late
  await a.drop()
  await a.write("a1")
  await b.write("b1")
  await run(browser)
  assert.deepEqual(b.sent, ["a1", "b1"])
  assert.deepEqual(server.said(conversation), ["a1", "b1"])
})

test("a tab that loses its line lets the turn go at once", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  await a.write("hi")
  await a.drop()
  assert.deepEqual(b.sent, ["hi"])
  await run(browser)
  assert.deepEqual(server.said(conversation), ["hi"])
})

test("a frozen page lets its line and its turn go", async () => {
  const { browser, all } = await tabs(2)
  const [a, b] = all
  await a.write("hi")
  a.line.stop()
  await settle()
  assert.equal(browser.locks.holder(lockOf()), b)
  assert.deepEqual(b.sent, ["hi"])
})

test("a turn is taken from a tab that is suspended without a word", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  await a.write("1")
  await a.write("2")
  a.freeze()
  await b.clock.pass(4_999)
  assert.deepEqual(b.sent, [])
  await b.clock.pass(1)
  await run(browser)
  assert.deepEqual(server.said(conversation), ["1", "2"])
  assert.deepEqual(b.shown, ["1 sent", "2 sent"])
  // It wakes, and does not send out of turn what it had.
  await a.thaw()
  await run(browser)
  assert.deepEqual(a.sent, ["1"])
  assert.deepEqual(a.shown, ["1 sent", "2 sent"])
  assert.equal(browser.locks.size, 0)
})

test("who had its turn taken goes on when the taker is closed", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  await a.write("hi")
  a.toServer = [] // it never arrives
  a.freeze()
  await b.clock.pass(5_000)
  assert.deepEqual(b.sent, ["hi"])
  await b.end()
  await a.thaw()
  assert.deepEqual(a.sent, ["hi", "hi"])
  await run(browser)
  assert.deepEqual(server.said(conversation), ["hi"])
})

test("a page that could not hear what others have left finds it when its line is up", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  await a.drop()
  await b.drop()
  browser.tell = () => {}
  await a.write("hi")
  await b.clock.pass(1_000)
  await b.connect()
  await run(browser)
  assert.deepEqual(b.sent, ["hi"])
  assert.deepEqual(server.said(conversation), ["hi"])
})

test("a turn that is given up before it begins is not kept", async () => {
  const locks = new FakeLocks()
  const moved = []
  const look = async () => {}
  const turns = new Turns({
    locks: locks.of("here"),
    userId: me,
    clock: new FakeClock(),
    look,
    moved: (id) => moved.push(id),
  })
  turns.ask(conversation)
  turns.leave(conversation)
  await settle()
  assert.equal(locks.size, 0)
  turns.ask(conversation)
  await Promise.resolve() // granted, and looking
  turns.leave(conversation)
  await settle()
  assert.equal(locks.size, 0)
  assert.equal(turns.has(conversation), false)
  assert.deepEqual(moved, [])
})

test("a turn is taken from a tab on a dead line that nobody has noticed", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  a.cut()
  await a.write("hi")
  await b.clock.pass(5_000)
  await run(browser)
  assert.deepEqual(a.sent, ["hi"])
  assert.deepEqual(b.sent, ["hi"])
  assert.deepEqual(server.said(conversation), ["hi"])
  assert.deepEqual([a.shown, b.shown], [["hi sent"], ["hi sent"]])
})

test("while something moves nobody takes the turn", async () => {
  const { browser, all } = await tabs(2)
  const [a, b] = all
  for (let i = 0; i < 10; i++) await a.write(`${i}`)
  for (let i = 0; i < 10; i++) {
    await b.clock.pass(4_000)
    await a.carry() // one message goes, and what comes back lets the next one go
    while (a.toServer.length === 0 && (await a.carry()));
    while (await b.carry());
  }
  assert.deepEqual(b.sent, [])
  assert.equal(browser.server.said(conversation).length, 10)
})

test("a server that cannot commit is not asked more often because tabs take the turn from each other", async () => {
  const { browser, server, all } = await tabs(3)
  server.refuse = () => ({ code: "unavailable", detail: "Not now.", retryable: true })
  await all[0].write("hi")
  for (let second = 0; second < 600; second++) await run(browser, 1_000)
  const asked = all.flatMap((tab) => tab.sent).length
  assert.ok(asked < 90, `${asked} times in ten minutes`)
  server.refuse = () => undefined
  for (let second = 0; second < 61; second++) await run(browser, 1_000)
  assert.deepEqual(server.said(conversation), ["hi"])
})

test("conversations of two tabs do not wait for each other", async () => {
  const { browser, all } = await tabs(2)
  const [a, b] = all
  browser.server.refuse = (frame) =>
    frame.conversation_id === conversation
      ? { code: "rate_limited", detail: "Slower.", retryable: true, retry_after_ms: 60_000 }
      : undefined
  await a.write("too fast")
  await run(browser)
  await b.write("elsewhere", 42)
  assert.deepEqual(b.sent, ["elsewhere"])
})

test("without locks each tab sends, and one message results", async () => {
  const { browser, server, all } = await tabs(0)
  const [a, b] = [
    await browser.open(conversation, { locks: false }),
    await browser.open(conversation, { locks: false }),
  ]
  await a.write("1")
  await a.write("2")
  for (const tab of all) await tab.connect()
  assert.deepEqual([a.sent, b.sent], [["1"], ["1"]])
  await browser.run()
  assert.deepEqual(server.said(conversation), ["1", "2"])
  assert.ok(server.duplicates > 0)
  assert.deepEqual(
    [a.shown, b.shown],
    [
      ["1 sent", "2 sent"],
      ["1 sent", "2 sent"],
    ],
  )
})

test("a browser that refuses its locks is one without", async () => {
  const locks = { request: () => Promise.reject(new DOMException("no", "SecurityError")) }
  const sent = []
  const storage = new FakeStorage()
  const send = (frame) => sent.push(frame.client_id) > 0
  const outbox = new Outbox({ storage, userId: me, send, clock: new FakeClock(), locks })
  outbox.lineUp()
  await outbox.add(conversation, "1", "a")
  await outbox.add(conversation, "2", "b")
  await settle()
  outbox.settled(ackOf(1, "a"))
  await settle()
  assert.deepEqual(sent, ["a", "b"])
})

test("what is kept on the page alone is sent without a turn", async () => {
  const storage = new FakeStorage()
  storage.shared = false
  const locks = new FakeLocks()
  // Somebody else has it, and keeps it.
  void locks.of("elsewhere").request(lockOf(), {}, () => new Promise(() => {}))
  const { outbox, ids } = outboxOf({ storage, locks: locks.of("here") })
  await outbox.add(conversation, "hi", "a")
  assert.deepEqual(ids(), ["a"])
})

test("a page whose disk is full sends by itself, in order, and leaves none of it to others without the rest", async () => {
  const { browser, server, all } = await tabs(2)
  const [a, b] = all
  await a.drop()
  a.isFull = true
  await a.write("1")
  a.isFull = false
  await a.write("2")
  await browser.run()
  assert.deepEqual(server.said(conversation), ["1", "2"], "the first was stored with the second")
  a.isFull = true
  await a.write("3")
  await a.write("4")
  await browser.run()
  assert.deepEqual(b.sent, ["1", "2"])
  for (let second = 0; second < 2 && !(await a.connect()); second++) await a.clock.pass(1_000)
  await browser.run()
  assert.deepEqual(server.said(conversation), ["1", "2", "3", "4"])
  assert.deepEqual(a.sent, ["3", "4"])
})
