import { deepEqual, equal, rejects } from "node:assert/strict"
import { test } from "node:test"
import { getJSON, sendForm, sendJSON } from "../../internal/http/web/static/js/lib/api.js"

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

test("a form is posted as one, and a refusal says why and where, of a page and of the API", async () => {
  /** @type {[string, RequestInit][]} */
  const asked = []
  /** @type {(answer: object) => typeof fetch} */
  const refusing = (answer) => async (url, options) => {
    asked.push([String(url), options ?? {}])
    return new Response(JSON.stringify(answer), { status: 422 })
  }
  const body = new URLSearchParams({ pause: "1h" })
  const byPage = sendForm("/notifications/preferences/", body, refusing({ success: false, error: "It is over." }))
  await rejects(byPage, { message: "It is over.", status: 422, field: "" })
  const [[url, { method, body: sent, headers }]] = asked
  deepEqual([url, method, sent], ["/notifications/preferences/", "POST", body])
  deepEqual(headers, { Accept: "application/json" }) // what it is, the browser says
  const byAPI = sendJSON("PATCH", "/me", {}, refusing({ detail: "No such zone.", field: "preferences.time_zone" }))
  await rejects(byAPI, { message: "No such zone.", status: 422, field: "preferences.time_zone" })
})
