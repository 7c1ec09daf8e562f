// A tab with a line that files are chosen in, for tests of messages that wait for them.

import assert from "node:assert/strict"
import { FakeBrowser } from "./browser.js"
import { conversation, heard } from "./fakes.js"

/** A tab with a line, and what stands at its composer. */
export async function open(browser = new FakeBrowser(), options = {}) {
  const tab = await browser.open(conversation, options)
  tab.chosen = heard(tab.session, "chosen")
  await tab.connect()
  await browser.run()
  tab.session.tellChosen()
  const strip = () => (tab.chosen.at(-1) ?? []).map(({ name, job }) => `${name} ${job.state}`)
  return { browser, tab, strip, uploads: browser.uploads, server: browser.server }
}

/** What was said, with the files that came with it. */
export const said = (server) => server.log(conversation).map(({ message, attachments }) => [message, ...(attachments ?? []).map(({ name }) => name)].join(" + ")) // prettier-ignore

/** Nothing is left of anything. */
export function clean({ storage, locks }) {
  assert.deepEqual([storage.kept.size, storage.files.size, storage.bytes.size, locks.size], [0, 0, 0, 0])
}
