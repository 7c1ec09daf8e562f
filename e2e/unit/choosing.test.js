// What can go with a message, and what is said of the rest before anything is sent.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { choose } from "../../internal/http/web/static/js/lib/choosing.js"

const mega = 1 << 20
const limits = { imageBytes: 8 * mega, fileBytes: 25 * mega, files: 3 }
const file = (name, size = 100, type = "application/pdf") => ({ name, size, type })
const taken = (wanted, there = 0, most = limits) => {
  const { taken, said } = choose(wanted, there, most)
  return [taken.map(({ name }) => name).join(), said]
}

test("what fits is taken, up to the last byte", () => {
  assert.deepEqual(taken([file("a", 25 * mega), file("b.jpg", 8 * mega, "image/jpeg")]), ["a,b.jpg", ""])
  assert.deepEqual(taken([]), ["", ""])
})

test("what is too large is said with its size, and the others are taken", () => {
  assert.deepEqual(taken([file("holiday.mov", 80 * mega, "video/quicktime"), file("a")]), [
    "a",
    "holiday.mov has 80 MB; a file can have at most 25 MB.",
  ])
  assert.deepEqual(taken([file("a", 25 * mega + 1)]), ["", "a has 25.1 MB; a file can have at most 25 MB."])
  assert.deepEqual(taken([file("a.png", 8.04 * mega, "image/png")]), [
    "",
    "a.png has 8.1 MB; a picture can have at most 8 MB.",
  ])
  assert.match(taken([file("a", 999.4 * mega)])[1], /^a has 1000 MB/)
})

// The server's test reads this file, too.
const cases = JSON.parse(readFileSync(new URL("../../internal/http/web/testdata/limits.json", import.meta.url), "utf8"))

for (const { type, limit } of cases)
  test(`"${type}" has the limit of a ${limit}`, () => {
    const most = limit === "picture" ? limits.imageBytes : limits.fileBytes
    assert.deepEqual(taken([file("a", most, type)]), ["a", ""])
    const said = new RegExp(`; a ${limit} can have at most ${most / mega} MB`)
    assert.match(taken([file("a", most + 1, type)])[1], said)
  })

test("folders and empty files are none that can be sent", () => {
  assert.deepEqual(taken([{ ...file("photos", 4096, ""), folder: true }, file("empty.txt", 0)]), [
    "",
    "photos is a folder: choose the files in it. empty.txt is empty.",
  ])
})

test("a message has room for so many, those that are there included", () => {
  assert.deepEqual(taken([file("a"), file("b")], 2), ["a", "A message can have at most 3 files: b was left out."])
  assert.deepEqual(taken([file("a"), file("b")], 5), ["", "A message can have at most 3 files: 2 were left out."])
  assert.match(taken([file("a"), file("b")], 0, { ...limits, files: 1 })[1], /at most 1 file: b was left out/)
})
