import { deepEqual, equal } from "node:assert/strict"
import { test } from "node:test"
import { getJSON, sendJSON } from "../../internal/http/web/static/js/lib/api.js"

test("a change goes on when the page is left, a question does not", async (t) => {
  /** @type {[string, RequestInit][]} */
  const asked = []
  t.mock.method(globalThis, "fetch", async (/** @type {string} */ url, /** @type {RequestInit} */ options) => {
    asked.push([url, options])
    return new Response("{}", { status: 200 })
  })
  await sendJSON("PUT", "/wishlist/7", undefined, fetch)
  await getJSON("/me", fetch)
  deepEqual(
    asked.map(([url]) => url),
    ["/api/v1/wishlist/7", "/api/v1/me"],
  )
  equal(asked[0][1].keepalive, true)
  equal(asked[1][1].keepalive, false)
})
