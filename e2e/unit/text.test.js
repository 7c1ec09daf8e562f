// What a browser and the server must say alike of a text.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { newClientId } from "../../internal/http/web/static/js/lib/client-id.js"
import { faceOf, initialOf } from "../../internal/http/web/static/js/lib/face.js"
import { cleanText, countCharacters, isJumbo } from "../../internal/http/web/static/js/lib/text.js"

// The server is held against the same file.
const file = new URL("../../internal/http/web/testdata/jumbo.json", import.meta.url)
for (const { text, jumbo } of JSON.parse(readFileSync(file, "utf8")))
  test(`${JSON.stringify(text)} is ${jumbo ? "" : "not "}shown large`, () => assert.equal(isJumbo(text), jumbo))

test("characters are counted as code points", () => {
  assert.equal(countCharacters(""), 0)
  assert.equal(countCharacters("abc"), 3)
  assert.equal(countCharacters("ठीक"), 3)
  assert.equal(countCharacters("🎉🎉"), 2)
  assert.equal(countCharacters("👨‍👩‍👧"), 5)
  assert.equal(countCharacters("\uD83C"), 1)
  const long = "🎉a".repeat(2_000)
  assert.equal(countCharacters(long), [...long].length)
})

test("line ends become one kind", () => {
  assert.equal(cleanText("a\r\nb\rc\nd"), "a\nb\nc\nd")
})

test("what shows nothing goes from both ends and stays between", () => {
  assert.equal(cleanText(" \t\r\n hi \u00a0 you \n"), "hi \u00a0 you")
  for (const blank of ["\u0085", "\u00a0", "\u2028", "\u3000", "\u200b", "\u2060", "\ufeff"]) {
    assert.equal(cleanText(`${blank}a${blank}b${blank}`), `a${blank}b`)
    assert.equal(cleanText(blank), "")
  }
})

test("a joiner at an end belongs to the text", () => {
  assert.equal(cleanText("क्\u200d"), "क्\u200d")
})

test("a client id has its form, with and without randomUUID", () => {
  const form = /^[A-Za-z0-9_.:-]{1,64}$/
  const insecure = { getRandomValues: (bytes) => bytes.fill(10) }
  assert.match(newClientId(), form)
  assert.notEqual(newClientId(), newClientId())
  assert.equal(newClientId(insecure), "0a".repeat(16))
  assert.match(newClientId(insecure), form)
})

test("an initial is the first character as people see it", () => {
  assert.equal(initialOf(" meera"), "M")
  assert.equal(initialOf("👨‍👩‍👧 Rao"), "👨‍👩‍👧")
  assert.equal(initialOf(""), "?")
})

test("a face has one of six colours", () => {
  assert.equal(faceOf(0), faceOf(6))
  assert.equal(new Set([0, 1, 2, 3, 4, 5].map(faceOf)).size, 6)
})
