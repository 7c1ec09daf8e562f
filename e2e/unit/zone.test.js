import assert from "node:assert/strict"
import { test } from "node:test"
import { hereZone } from "../../internal/http/web/static/js/lib/zone.js"

test("a zone has the name that it has today", () => {
  assert.equal(hereZone("Asia/Calcutta"), "Asia/Kolkata")
  assert.equal(hereZone("Europe/Zurich"), "Europe/Zurich")
  assert.equal(hereZone(/** @type {any} */ (null)), "")
  assert.ok(hereZone().length > 0)
})
