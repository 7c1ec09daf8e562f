// Files and the messages that wait for them, over several tabs, people and pages.

import assert from "node:assert/strict"
import { test } from "node:test"
import { FakeBrowser } from "./browser.js"
import { chance } from "./chance.js"
import { conversation, me, settle } from "./fakes.js"
import { clean, open, said } from "./filing.js"
import { problem } from "./uploading.js"

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
