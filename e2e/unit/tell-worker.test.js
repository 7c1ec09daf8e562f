// What a page tells the service worker, and of whom.

import assert from "node:assert/strict"
import { test } from "node:test"
import { settle } from "./fakes.js"

let runs = 0

/** A page with a worker that answers as it likes. */
async function page(/** @type {Record<string, string>} */ dataset = {}, answer = (/** @type {any} */ _port) => {}) {
  /** @type {any[]} */
  const heard = []
  const active = { postMessage: (word, [port]) => (heard.push(word), answer(port)) }
  const ports = []
  const globals = {
    document: { body: { dataset }, addEventListener() {} },
    navigator: { serviceWorker: { register: async () => ({ active }) } },
    MessageChannel: class {
      port1 = { onmessage: (_event) => {}, closed: 0, close: () => this.port1.closed++ }
      port2 = { postMessage: (data) => this.port1.onmessage({ data }) }
      constructor() {
        ports.push(this.port1)
      }
    },
  }
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, configurable: true })
  const base = "../../internal/http/web/static/js/view"
  // Each page registers its worker once.
  const { tellWorker } = await import(`${base}/worker.js?run=${++runs}`)
  return { heard, ports, tellWorker, base }
}

test("an answer counts for a second or as long as is said, and the way for it is closed then, too", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const prompt = await page({}, (port) => port.postMessage({ type: "done" }))
  assert.equal(await prompt.tellWorker({ type: "person", id: 7 }), true)
  assert.deepEqual([prompt.heard, prompt.ports[0].closed], [[{ type: "person", id: 7 }], 1])
  const silent = await page()
  const told = silent.tellWorker({ type: "look" })
  await settle()
  t.mock.timers.tick(999)
  assert.equal(silent.ports[0].closed, 0)
  t.mock.timers.tick(1)
  assert.equal(await told, false)
  assert.equal(silent.ports[0].closed, 1)
  const slow = await page({}, (port) => setTimeout(() => port.postMessage({ type: "done" }), 5_000))
  const patient = slow.tellWorker({ type: "person", id: 7 }, 20_000)
  await settle()
  t.mock.timers.tick(5_000)
  assert.equal(await patient, true)
})

test("a worker that cannot keep it says so, which nobody has to wait for", async () => {
  const { tellWorker } = await page({}, (port) => port.postMessage({ type: "not kept" }))
  assert.equal(await tellWorker({ type: "person", id: 7 }, 20_000), false)
})

test("a page says whose it is, and one that was kept says nothing, for the worker knows what is newer", async () => {
  const { heard, base } = await page()
  Object.assign(globalThis.document, { querySelector: () => null })
  const { mindPerson } = await import(`${base}/person.js`)
  for (const dataset of [{ person: "7" }, { person: "7", kept: "2026-11-28T22:00:00Z" }, {}]) {
    Object.assign(globalThis.document.body, { dataset })
    mindPerson()
    await settle()
  }
  assert.deepEqual(heard, [{ type: "person", id: 7 }])
})
