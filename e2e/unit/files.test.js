// A message waits for its files, whatever happens to pages, lines and tabs: it goes out once, with
// all of them, in its order; or it says why not.

import assert from "node:assert/strict"
import { test } from "node:test"
import { FakeBrowser } from "./browser.js"
import { chance } from "./chance.js"
import { conversation, heard, me, settle } from "./fakes.js"
import { problem } from "./uploading.js"

/** A tab with a line, and what stands at its composer. */
async function open(browser = new FakeBrowser(), options = {}) {
  const tab = await browser.open(conversation, options)
  tab.chosen = heard(tab.session, "chosen")
  await tab.connect()
  await browser.run()
  tab.session.tellChosen()
  const strip = () => (tab.chosen.at(-1) ?? []).map(({ name, job }) => `${name} ${job.state}`)
  return { browser, tab, strip, uploads: browser.uploads, server: browser.server }
}

/** What was said, with the files that came with it. */
const said = (server) => server.log(conversation).map(({ message, attachments }) => [message, ...(attachments ?? []).map(({ name }) => name)].join(" + ")) // prettier-ignore

/** Nothing is left of anything. */
function clean({ storage, locks }) {
  assert.deepEqual([storage.kept.size, storage.files.size, storage.bytes.size, locks.size], [0, 0, 0, 0])
}

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

test("one tab sends a file, and another goes on when it is closed", async () => {
  const { browser, tab, uploads, server } = await open()
  uploads.before = ({ offset }) => (offset > 0 ? new Promise(() => {}) : undefined)
  await tab.choose("a.pdf")
  const other = await open(browser)
  await tab.write("hi", conversation, ["a.pdf"])
  await browser.run()
  assert.deepEqual(other.tab.shown, ["hi sending"], "it shows in both")
  assert.deepEqual(other.strip(), [])
  assert.deepEqual(uploads.asked, ["POST", "PATCH 0", "PATCH 524288"], "and one sends it")
  uploads.before = () => undefined
  await tab.end()
  await browser.run()
  assert.deepEqual([said(server), uploads.received], [["hi + a.pdf"], 700_000])
  assert.deepEqual(other.tab.shown, ["hi sent"])
  clean(browser)
})

test("a file that is taken away in one tab is taken away in all", async () => {
  const { browser, tab, uploads } = await open()
  uploads.before = ({ offset }) => (offset > 0 ? new Promise(() => {}) : undefined)
  await tab.choose("a.pdf")
  const other = await open(browser)
  assert.deepEqual(other.strip(), ["a.pdf waiting"])
  other.tab.session.unattach("a.pdf")
  await browser.run()
  assert.deepEqual(tab.chosen.at(-1), [])
  clean(browser)
})

test("what was chosen a day ago and not sent is taken away, and what waits to be sent is not", async () => {
  const { browser, tab, uploads, server } = await open()
  await tab.choose("draft.pdf", "kept.pdf")
  await tab.drop()
  await tab.write("hi", conversation, ["kept.pdf"])
  await tab.end()
  for (const one of browser.storage.files.values()) one.order -= 25 * 3_600_000
  for (const upload of uploads.all.values()) uploads.all.delete(upload.id)
  const next = await open(browser)
  await browser.run()
  assert.deepEqual(next.strip(), [])
  assert.deepEqual(said(server), ["hi + kept.pdf"], "it has expired at the server, and is sent again")
  clean(browser)
})

test("of somebody else's files nothing is seen", async () => {
  const browser = new FakeBrowser()
  browser.storage.putFile({ id: "theirs", user_id: me + 1, conversation_id: conversation, order: 1, state: "waiting" })
  const { tab, uploads } = await open(browser)
  await tab.choose("mine")
  assert.deepEqual(
    tab.chosen.at(-1).map(({ name }) => name),
    ["mine"],
  )
  assert.equal(uploads.all.size, 1)
  assert.deepEqual([...browser.storage.files.keys()].sort(), ["mine", "theirs"])
})

test("a storage that fails keeps nobody from sending files, but leaving the page loses them", async () => {
  const { browser, tab, uploads, server } = await open()
  for (const what of ["add", "put", "keep", "remove", "all", "get"]) tab.files[what] = () => Promise.reject(new Error("full")) // prettier-ignore
  tab.isFull = true
  uploads.before = ({ offset }) => (offset > 0 ? problem(503, "Not now.") : undefined)
  await tab.choose("a.pdf")
  assert.equal(tab.uploads.unsafe, true)
  await tab.write("hi", conversation, ["a.pdf"])
  uploads.before = () => undefined
  await browser.run(2_000)
  assert.deepEqual(said(server), ["hi + a.pdf"])
  assert.equal(tab.uploads.unsafe, false)
})

test("a file that is not stored yet stays when the list is read, and its message is stored behind it", async () => {
  const { browser, tab, strip, uploads, server } = await open()
  const { add } = tab.files
  let store
  tab.files.add = (job) => new Promise((resolve) => (store = () => resolve(add(job))))
  uploads.before = ({ method }) => (method === "PATCH" ? new Promise(() => {}) : undefined)
  await tab.choose("a.pdf")
  void tab.write("hi", conversation, ["a.pdf"])
  await settle()
  assert.deepEqual([...browser.storage.kept.keys()], [], "another tab would miss the file of what it finds")
  store()
  await settle()
  assert.deepEqual([[...browser.storage.kept.keys()], [...browser.storage.files.keys()]], [["hi"], ["a.pdf"]])

  tab.files.add = () => Promise.reject(new Error("full"))
  await tab.choose("b.pdf")
  await tab.session.told({})
  assert.deepEqual(strip(), ["b.pdf sending"])
  assert.deepEqual(said(server), [])
})

test("a file that was taken away does not come back by a list that was read before", async () => {
  const { browser, tab, strip, uploads } = await open()
  await tab.choose("a.pdf")
  const before = browser.storage.filesOf(me)
  let answer
  tab.files.all = () => new Promise((resolve) => (answer = () => resolve(before)))
  void tab.session.told({})
  await settle()
  tab.session.unattach("a.pdf")
  answer()
  await browser.run()
  assert.deepEqual(tab.uploads.in(conversation), [])
  assert.deepEqual([strip(), uploads.all.size], [[], 0])
})

test("a tab that waits for the files of another one sends its own meanwhile", async () => {
  const { browser, tab, uploads } = await open()
  uploads.before = ({ upload }) => (upload?.name === "c.pdf" ? undefined : new Promise(() => {}))
  await tab.choose("a.pdf", "b.pdf")
  const other = await open(browser)
  uploads.before = ({ method, upload }) =>
    method === "POST" || upload.name === "c.pdf" ? undefined : new Promise(() => {})
  await other.tab.choose("c.pdf")
  await browser.run()
  assert.deepEqual(other.strip(), ["a.pdf waiting", "b.pdf waiting", "c.pdf ready"])
})

test("a page that is frozen lets go of its files, and takes them up again", async () => {
  const { browser, tab, strip, uploads } = await open()
  uploads.before = ({ offset }) => (offset > 0 ? new Promise(() => {}) : undefined)
  await tab.choose("a.pdf")
  tab.uploads.stop()
  await settle()
  assert.deepEqual([strip(), browser.locks.size], [["a.pdf waiting"], 0])
  uploads.before = () => undefined
  tab.uploads.wake()
  await browser.run()
  assert.deepEqual(strip(), ["a.pdf ready"])
})

/** Tabs choose files, send them, lose their lines, are closed and reloaded. */
async function live(seed, locks) {
  const dice = chance(seed)
  const pick = (n) => Math.floor(dice() * n)
  const browser = new FakeBrowser()
  const { server, uploads } = browser
  let files = 0
  const written = []
  uploads.before = ({ upload, body, method }) => {
    if (dice() > 0.25) return undefined
    if (method === "PATCH" && dice() < 0.5) uploads.receive(upload, body, pick(body.byteLength))
    if (dice() < 0.3) return problem(503, "Not now.")
    throw new TypeError("network error")
  }
  for (let step = 0; step < 80; step++) {
    if (browser.tabs.length === 0) await browser.open(conversation, { locks })
    const tab = browser.tabs[pick(browser.tabs.length)]
    tab.fileSize = 150_000
    const what = pick(12)
    if (what < 3) {
      const names = Array.from({ length: 1 + pick(2) }, () => `f${files++}`)
      if (pick(3) > 0) await tab.choose(...names)
      const text = `m${written.length}`
      written.push({ text, said: [text, ...names].join(" + "), lost: false })
      // The composer knows only what it was told.
      if (!browser.storage.files.has(names[0])) await tab.choose(...names)
      await tab.write(text, conversation, names)
    } else if (what < 6) await tab.carry()
    else if (what < 8) await tab.connect()
    else if (what === 8) await tab.clock.pass(pick(5_000))
    else if (what === 9) await tab.drop()
    else if (what === 10) await tab.end()
    else if (browser.tabs.length < 3) await browser.open(conversation, { locks })
    await settle()
  }
  uploads.before = () => undefined
  if (browser.tabs.length === 0) await browser.open(conversation)
  for (let round = 0; round < 40 && (round < 3 || browser.storage.kept.size > 0); round++) {
    for (const tab of browser.tabs) await tab.connect()
    await browser.run(5_000)
  }
  assert.deepEqual([...said(server)].sort(), written.map((one) => one.said).sort(), `seed ${seed}`)
  clean(browser)
  return written.length
}

for (const locks of [true, false])
  test(`ten lives of tabs with files ${locks ? "" : "of a browser without locks"}: each message is said once, with its files`, async () => {
    let messages = 0
    for (let seed = 1; seed <= 10; seed++) messages += await live(seed, locks)
    assert.ok(messages > 100, `${messages} messages`)
  })
