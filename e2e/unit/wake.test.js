// Contract 17: a line follows the life of its page.

import assert from "node:assert/strict"
import { test } from "node:test"
import { wake } from "../../internal/http/web/static/js/view/wake.js"

/** A page, and what its line is told. */
function pageOf(visibilityState = "visible") {
  const told = []
  const line = Object.fromEntries(["probe", "offline", "stop", "start"].map((name) => [name, () => told.push(name)]))
  const [page, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState })]
  const removed = new AbortController()
  const before = { addEventListener: globalThis.addEventListener, document: globalThis.document }
  Object.assign(globalThis, { addEventListener: page.addEventListener.bind(page), document })
  wake(line, removed.signal)
  const happens = (target, type, more = {}) => {
    target.dispatchEvent(Object.assign(new Event(type), more))
    return told.splice(0)
  }
  return { page, document, happens, removed, restore: () => Object.assign(globalThis, before) }
}

for (const { on, type, more, visibility, want } of [
  { on: "document", type: "visibilitychange", want: ["probe"] },
  { on: "document", type: "visibilitychange", visibility: "hidden", want: [] },
  { on: "page", type: "online", want: ["probe"] },
  { on: "page", type: "online", visibility: "hidden", want: ["probe"] },
  { on: "page", type: "offline", want: ["offline"] },
  { on: "document", type: "freeze", want: ["stop"] },
  { on: "document", type: "resume", want: ["start"] },
  { on: "page", type: "pagehide", want: ["stop"] },
  { on: "page", type: "pageshow", more: { persisted: true }, want: ["start"] },
  { on: "page", type: "pageshow", more: { persisted: false }, want: [] },
]) {
  const what = `${type}${more ? (more.persisted ? " from the cache" : " of a new page") : ""}`
  test(`${what} of a page that is ${visibility ?? "seen"} tells its line ${want[0] ?? "nothing"}`, () => {
    const all = pageOf(visibility)
    assert.deepEqual(all.happens(all[on], type, more), want)
    all.removed.abort()
    assert.deepEqual(all.happens(all[on], type, more), [], "an element that is gone tells nothing")
    all.restore()
  })
}
