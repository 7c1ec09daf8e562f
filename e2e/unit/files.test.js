// A message waits for its files, whatever happens to pages, lines and tabs: it goes out once, with
// all of them, in its order; or it says why not.

import assert from "node:assert/strict"
import { test } from "node:test"
import { conversation, me, settle } from "./fakes.js"
import { clean, open, said } from "./filing.js"

test("a message shows at once, and goes out when its files are there; what is written later waits behind it", async () => {
  const { browser, tab, strip, uploads, server } = await open()
  let go
  uploads.before = ({ method }) => (method === "PATCH" ? new Promise((resolve) => (go = resolve)) : undefined)
  await tab.write("first")
  await tab.choose("a.pdf")
  assert.deepEqual(strip(), ["a.pdf sending"], "it is on its way before the message is sent")
  await tab.write("see this", conversation, ["a.pdf"])
  await tab.write("and this")
  assert.deepEqual(tab.shown, ["first sending", "see this sending", "and this sending"])
  assert.deepEqual(strip(), [], "what a message has taken is not at the composer any more")
  await browser.run()
  assert.deepEqual(said(server), ["first"])
  assert.equal(
    browser.locks.holder(`swapnest.outbox.${me}.${conversation}`),
    undefined,
    "nobody has the turn for nothing",
  )
  const { attachments } = tab.rows[1]
  assert.deepEqual(
    { ...attachments[0], job: attachments[0].job.state },
    { ...attachments[0], id: "a.pdf", kind: "file", name: "a.pdf", size: 700_000, url: "blob:here", job: "sending" },
  )
  uploads.before = () => undefined
  go()
  await browser.run()
  assert.deepEqual(said(server), ["first", "see this + a.pdf", "and this"])
  assert.deepEqual(tab.rows[1].attachments, [{ id: "u1x", name: "a.pdf" }], "as the server has it")
  assert.deepEqual(strip(), [])
  clean(browser)
})

test("how far a file is reaches the bubble and the composer", async () => {
  const { browser, tab, uploads } = await open()
  uploads.before = ({ offset }) => (offset > 0 ? new Promise(() => {}) : undefined)
  await tab.choose("a.pdf", "b.pdf")
  assert.deepEqual(
    tab.chosen.at(-1).map(({ job }) => job.sent),
    [524_288, 524_288],
  )
  await tab.write("", conversation, ["b.pdf", "a.pdf"])
  await browser.run()
  assert.deepEqual(
    tab.rows[0].attachments.map(({ name, job }) => [name, job.sent]),
    [
      ["b.pdf", 524_288],
      ["a.pdf", 524_288],
    ],
  )
})

test("two files are on their way at a time, in the order in which they were chosen", async () => {
  const { tab, strip, uploads } = await open()
  const going = []
  uploads.before = ({ method, upload }) =>
    method === "PATCH" ? new Promise((resolve) => going.push({ name: upload.name, resolve })) : undefined
  await tab.choose("a", "b", "c")
  assert.deepEqual(strip(), ["a sending", "b sending", "c waiting"])
  tab.session.unattach("b")
  await settle()
  assert.deepEqual(strip(), ["a sending", "c sending"])
  assert.deepEqual(
    going.map(({ name }) => name),
    ["a", "b", "c"],
  )
  assert.deepEqual([...uploads.all.values()].map(({ name }) => name), ["a", "c"]) // prettier-ignore
  uploads.before = () => undefined
  for (const { resolve } of going) resolve()
  await settle()
  assert.deepEqual(strip(), ["a ready", "c ready"])
})

test("a page that is reloaded goes on where it was, and the message goes out once, with its files", async () => {
  const { browser, tab, uploads, server } = await open()
  uploads.before = ({ offset }) => (offset > 0 ? new Promise(() => {}) : undefined)
  await tab.choose("a.pdf", "draft.pdf")
  await tab.write("hi", conversation, ["a.pdf"])
  await tab.end()
  uploads.before = () => undefined
  uploads.asked = []
  const next = await open(browser)
  await browser.run()
  assert.deepEqual(uploads.asked, ["HEAD", "HEAD", "PATCH 524288", "PATCH 524288"])
  assert.equal(uploads.received, 2 * 700_000)
  assert.deepEqual(said(server), ["hi + a.pdf"])
  assert.deepEqual(next.strip(), ["draft.pdf ready"], "what is in no message is at the composer again")
  assert.deepEqual([...browser.storage.files.keys()], ["draft.pdf"])
})

test("a file whose bytes could not be read at once is read when it is sent", async () => {
  const { browser, tab, uploads, server } = await open()
  uploads.before = () => new Promise(() => {})
  await tab.choose("a.pdf")
  await tab.write("hi", conversation, ["a.pdf"])
  await tab.end()
  uploads.before = () => undefined
  const { bytes } = browser.storage
  let busy = true
  bytes.get = (id) => {
    if (!busy) return Map.prototype.get.call(bytes, id)
    busy = false
    throw new Error("the database does not answer")
  }
  const next = await open(browser)
  await browser.run()
  assert.deepEqual([next.tab.shown, said(server)], [["hi sent"], ["hi + a.pdf"]])
})

test("a crash between the upload and the message, or before its answer, leaves neither a second message nor a spinner", async () => {
  for (const answered of [false, true]) {
    const { browser, tab, server } = await open()
    await tab.choose("a.pdf")
    await tab.write("hi", conversation, ["a.pdf"])
    await browser.run()
    clean(browser)

    await tab.choose("b.pdf")
    await tab.write("again", conversation, ["b.pdf"])
    for (let n = 0; n < 5; n++) await settle()
    assert.equal(tab.sent.at(-1), "again", "it is on the line")
    // The server takes it, or nothing of it.
    if (answered) server.take(tab, tab.toServer.shift())
    await tab.end()
    const next = await open(browser)
    await browser.run(10_000)
    assert.deepEqual(said(server), ["hi + a.pdf", "again + b.pdf"])
    assert.deepEqual(next.tab.shown, ["hi sent", "again sent"])
    assert.deepEqual(next.strip(), [])
    clean(browser)
  }
})

test("without a line everything waits, and goes on where it was", async () => {
  const { browser, tab, uploads, server } = await open()
  uploads.before = ({ offset }) => {
    if (offset > 0) uploads.down = true
    if (uploads.down) throw new TypeError("network error")
  }
  await tab.choose("a.pdf")
  await tab.drop()
  await tab.write("hi", conversation, ["a.pdf"])
  await tab.clock.pass(3_600_000)
  assert.equal(uploads.asked.length, 3, "nothing is tried while there is no line")
  assert.deepEqual(
    tab.rows.map(({ state, attachments: [{ job }] }) => [state, job.state, job.sent]),
    [["waiting", "waiting", 524_288]],
  )
  uploads.down = false
  uploads.before = () => undefined
  for (let n = 0; n < 20 && !(await tab.connect()); n++) await tab.clock.pass(1_000)
  await browser.run()
  assert.deepEqual([said(server), uploads.received], [["hi + a.pdf"], 700_000])
})

test("a message fails with the reason when a file is refused, and what is written later goes out", async () => {
  const { browser, tab, uploads, server } = await open()
  uploads.refuse = ({ name }) => (name === "b.exe" ? "Programs cannot be sent." : undefined)
  await tab.choose("a.pdf", "b.exe")
  await tab.write("hi", conversation, ["a.pdf", "b.exe"])
  await tab.write("later")
  await browser.run()
  assert.deepEqual(tab.shown, ["later sent", "hi failed"])
  assert.equal(tab.rows[1].fault, "b.exe: Programs cannot be sent.")
  assert.deepEqual([tab.rows[1].attachments[1].job.state, said(server)], ["failed", ["later"]])
  // After a reload it says the same.
  await tab.end()
  const next = await open(browser)
  await browser.run()
  assert.equal(next.tab.rows[1].fault, "b.exe: Programs cannot be sent.")
  await next.tab.session.retry("hi")
  await browser.run()
  assert.equal(next.tab.rows[1].state, "failed", "it is refused again")
  uploads.refuse = () => undefined
  await next.tab.session.retry("hi")
  await browser.run()
  assert.deepEqual(said(server), ["later", "hi + a.pdf + b.exe"])
  clean(browser)
})

test("who deletes a message gives its files up", async () => {
  const { browser, tab, strip, uploads, server } = await open()
  uploads.before = ({ offset }) => (offset > 0 ? new Promise(() => {}) : undefined)
  await tab.choose("a.pdf")
  await tab.write("hi", conversation, ["a.pdf"])
  await tab.write("later")
  uploads.before = () => undefined
  tab.session.discard("hi")
  await browser.run()
  assert.deepEqual([said(server), tab.shown, strip(), uploads.all.size], [["later"], ["later sent"], [], 0])
  clean(browser)
})

test("a file that the server has no longer is sent again, once, and then it is said", async () => {
  const { browser, tab, uploads, server } = await open()
  const lose = () => [...uploads.all.values()].forEach((upload) => (upload.taken = true))
  await tab.choose("a.pdf")
  lose()
  await tab.write("hi", conversation, ["a.pdf"])
  await browser.run()
  assert.deepEqual(said(server), ["hi + a.pdf"])
  assert.equal(uploads.received, 2 * 700_000)

  uploads.take = () => false
  await tab.choose("b.pdf")
  await tab.write("again", conversation, ["b.pdf"])
  await browser.run()
  assert.deepEqual(tab.shown, ["hi sent", "again failed"])
  assert.equal(tab.rows[1].fault, "One of the files is not there any more. Add it again.")
  assert.equal(uploads.received, 4 * 700_000)
})

test("a file whose bytes were lost with a crash fails its message, and does not keep it waiting", async () => {
  const { browser, tab, uploads, server } = await open()
  uploads.before = () => new Promise(() => {})
  await tab.choose("a.pdf")
  await tab.write("hi", conversation, ["a.pdf"])
  await tab.end()
  browser.storage.bytes.clear()
  uploads.before = () => undefined
  const next = await open(browser)
  await browser.run()
  assert.deepEqual([next.tab.shown, said(server)], [["hi failed"], []])
  assert.match(next.tab.rows[0].fault, /not on this device any more/)

  browser.storage.files.clear()
  await next.tab.end()
  await browser.storage.put({ ...browser.storage.kept.get("hi"), state: "waiting" })
  const last = await open(browser)
  await browser.run()
  assert.deepEqual(last.tab.shown, ["hi failed"])
})
