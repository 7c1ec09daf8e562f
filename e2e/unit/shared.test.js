// What is kept of what another app shares, and for whom.

import assert from "node:assert/strict"
import { test } from "node:test"
import { inWords, isFor, most, readShared } from "../../internal/http/web/static/js/lib/shared.js"
import { me, other } from "./fakes.js"

const photo = (name = "a.jpg", size = 3, type = "image/jpeg") => new File([new Uint8Array(size)], name, { type })

/** A form with these fields. */
function form(/** @type {[string, string | File][]} */ ...fields) {
  const data = new FormData()
  for (const [name, value] of fields) data.append(name, value)
  return data
}

test("the words of a share are said once, its pictures stay, and other files do not", () => {
  const one = readShared(
    form(
      ["title", "Lamp"],
      ["text", "Lamp, see https://a.example/1"],
      ["url", "https://a.example/1"],
      ["files", photo()],
      ["files", photo("x.html", 3, "text/html")],
      ["files", photo("empty.jpg", 0)],
    ),
    me,
    7,
  )
  assert.equal(one.text, "Lamp\nLamp, see https://a.example/1")
  assert.deepEqual(
    one.files.map(({ name }) => name),
    ["a.jpg"],
  )
  assert.deepEqual([one.user, one.at], [me, 7])
  assert.equal(readShared(form(), undefined, 7).user, 0)
})

test("a share has bounds", () => {
  const many = Array.from(
    { length: most.files + 3 },
    (_, n) => /** @type {[string, File]} */ (["files", photo(`${n}`)]),
  )
  const one = readShared(form(...many, ["text", "🚲".repeat(most.chars + 1)]), me, 0)
  assert.equal(one.files.length, most.files)
  assert.equal([...one.text].length, most.chars)
  const large = Object.defineProperty(photo("large.jpg"), "size", { value: most.bytes })
  const two = { getAll: (/** @type {string} */ name) => (name === "files" ? [photo(), large, photo()] : []) }
  assert.deepEqual(readShared(two, me, 0).files.length, 1)
})

test("a share is for who was signed in, for a day; or for who signs in within an hour", () => {
  const hour = 3_600_000
  const one = { user: me, at: 0, text: "x", files: [] }
  assert.ok(isFor(one, me, 23 * hour))
  assert.ok(!isFor(one, me, 24 * hour))
  assert.ok(!isFor(one, other, 0))
  assert.ok(isFor({ ...one, user: 0 }, other, hour - 1))
  assert.ok(!isFor({ ...one, user: 0 }, other, hour))
  assert.ok(!isFor({ ...one, text: "" }, me, 0), "nothing was shared")
  assert.ok(!isFor(undefined, me, 0))
})

test("what waits is said in words", () => {
  const one = { user: me, at: 0, text: "", files: [photo()] }
  assert.equal(inWords(one), "1 photo")
  assert.equal(inWords({ ...one, text: "x", files: [photo(), photo()] }), "2 photos and a text")
  assert.equal(inWords({ ...one, text: "x", files: [] }), "a text")
})
