// Contracts 3, 6, 13 and 18, whatever happens: several tabs of one person write, lose their
// lines with what is on them, are closed, reloaded and suspended. Each message is committed
// once, those of a tab in the order of writing, and all tabs show the same.

import assert from "node:assert/strict"
import { test } from "node:test"
import { FakeBrowser } from "./browser.js"
import { chance } from "./chance.js"
import { conversation, settle } from "./fakes.js"

const conversations = [conversation, conversation + 1]

async function play(seed, { locks }) {
  const dice = chance(seed)
  const pick = (n) => Math.floor(dice() * n)
  const browser = new FakeBrowser()
  const { server } = browser
  /** @type {{ text: string, tab: object, conversation: number }[]} what was written and stored */
  const written = []

  const open = async () => {
    const tab = await browser.open(conversations[pick(2)], { locks })
    tab.clock.chance = dice()
  }
  const write = async (tab) => {
    const one = { text: `m${written.length}`, tab, conversation: conversations[pick(2)] }
    written.push(one)
    await tab.write(one.text, one.conversation)
  }
  const check = () => {
    if (locks) assert.deepEqual(browser.outOfTurn, [], `seed ${seed}: sent out of turn`)
    for (const tab of browser.tabs) {
      const seqs = tab.rows.map(({ seq }) => seq).filter((seq) => seq > 0)
      assert.deepEqual(
        seqs,
        [...seqs].sort((a, b) => a - b),
        `seed ${seed}: the order`,
      )
      const keys = tab.rows.map(({ key }) => key)
      assert.equal(new Set(keys).size, keys.length, `seed ${seed}: a bubble twice`)
    }
  }

  await open()
  for (let step = 0; step < 150; step++) {
    if (browser.tabs.length === 0) await open()
    const tab = browser.tabs[pick(browser.tabs.length)]
    const what = pick(20)
    if (what < 5 && !tab.isFrozen) await write(tab)
    else if (what < 11) await tab.carry()
    else if (what < 13) await tab.connect()
    else if (what === 13 && !tab.isFrozen) await tab.clock.pass(pick(8_000))
    else if (what === 14)
      tab.cut() // nobody notices
    else if (what === 15 && !tab.isFrozen) await tab.drop()
    else if (what === 16 && dice() < 0.5) await tab.end()
    else if (what === 17 && browser.tabs.length < 4) await open()
    else if (what === 18 && dice() < 0.3) tab.isFrozen ? await tab.thaw() : tab.freeze()
    else if (what === 19 && dice() < 0.3)
      server.refuse = () => (dice() < 0.3 ? { code: "unavailable", detail: "Not now.", retryable: true } : undefined)
    await settle()
    check()
  }

  // Everything is well again, and soon all is sent.
  server.refuse = () => undefined
  if (browser.tabs.length === 0) await open()
  for (const tab of browser.tabs) if (tab.isFrozen) await tab.thaw()
  for (let round = 0; round < 40 && (round < 3 || browser.storage.kept.size > 0); round++) {
    for (const tab of browser.tabs) await tab.connect()
    await browser.run(5_000)
    check()
  }

  assert.equal(browser.storage.kept.size, 0, `seed ${seed}: what is not sent`)
  for (const id of conversations) {
    const said = server.said(id)
    const here = written.filter((one) => one.conversation === id)
    assert.deepEqual([...said].sort(), here.map(({ text }) => text).sort(), `seed ${seed}: each is said once`)
    for (const tab of new Set(here.map((one) => one.tab))) {
      const own = here.filter((one) => one.tab === tab).map(({ text }) => text)
      assert.deepEqual(
        said.filter((text) => own.includes(text)),
        own,
        `seed ${seed}: a tab's order`,
      )
    }
    for (const tab of browser.tabs)
      if (tab.conversation === id)
        assert.deepEqual(
          tab.rows.map(({ text }) => text),
          said,
          `seed ${seed}: what is shown`,
        )
  }
  assert.equal(browser.locks.size, 0, `seed ${seed}: turns that nobody gave back`)
  return { messages: written.length, duplicates: server.duplicates }
}

for (const locks of [true, false]) {
  test(`sixty lives of several tabs ${locks ? "that take turns" : "of a browser without locks"}`, async () => {
    let [messages, duplicates] = [0, 0]
    for (let seed = 1; seed <= 60; seed++) {
      const one = await play(seed, { locks })
      messages += one.messages
      duplicates += one.duplicates
    }
    // A test in which nothing happens proves nothing.
    assert.ok(messages > 1_000 && duplicates > 30, `${messages} messages, ${duplicates} sent again`)
  })
}
