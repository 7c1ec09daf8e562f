// Saved replies: how they are found and filled in.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { filled, findReplies, soughtBy } from "../../internal/http/web/static/js/lib/saved.js"

const cases = JSON.parse(readFileSync(new URL("../../internal/http/web/testdata/saved.json", import.meta.url), "utf8"))

test("placeholders are filled in as the server does", () => {
  assert.ok(cases.length >= 5)
  for (const { text, name, title, want } of cases) assert.equal(filled(text, { name, title }), want)
})

test("a stroke at the beginning of one line looks for a reply", () => {
  for (const [typed, want] of [
    ["/", ""],
    ["/where to", "where to"],
    ["/ where ", "where"],
    ["", undefined],
    ["a/b", undefined],
    [" /", undefined],
    ["/a\nb", undefined],
  ])
    assert.equal(soughtBy(typed), want, typed)
})

test("all words must occur, and a title that begins so comes first", () => {
  const all = [
    { id: 1, title: "The price stands", text: "It stays." },
    { id: 2, title: "Where to come", text: "The price is known." },
    { id: 3, title: "", text: "YES, it is still here: Café" },
    { id: 4, title: "Price, last", text: "" },
  ]
  const ids = (sought) => findReplies(all, sought).map(({ id }) => id)
  assert.deepEqual(ids(""), [1, 2, 3, 4])
  assert.deepEqual(ids("price"), [4, 1, 2])
  assert.deepEqual(ids("it price"), [1])
  assert.deepEqual(ids("yes"), [3])
  assert.deepEqual(ids("cafe\u0301"), [3])
  assert.deepEqual(ids("nothing"), [])
})
