import assert from "node:assert/strict"
import { test } from "node:test"

import { excerptOf, partsOf, placesIn } from "../../internal/http/web/static/js/lib/found.js"

const shown = (/** @type {{ text: string, fits: boolean }[]} */ parts) =>
  parts.map(({ text, fits }) => (fits ? `[${text}]` : text)).join("")

test("a text is cut by characters, not by units", () => {
  const at = (/** @type {number} */ start, /** @type {number} */ end) => ({ start, end })
  for (const [text, highlights, want] of /** @type {const} */ ([
    ["basket", [at(0, 3)], "[bas]ket"],
    ["a 🎉👍🏽 party", [at(2, 3), at(6, 8)], "a [🎉]👍🏽 [pa]rty"],
    ["扶手椅", [at(0, 3)], "[扶手椅]"],
    ["nothing", [], "nothing"],
    ["", [], ""],
    ["cut off", [at(4, 99)], "cut [off]"],
  ])) {
    assert.equal(shown(partsOf(text, [...highlights])), want)
  }
})

test("what was looked for stands near the beginning", () => {
  const text = "word ".repeat(40) + "needle"
  const got = shown(excerptOf(text, [{ start: 200, end: 206 }]))
  assert.match(got, /^… (word )+\[needle\]$/)
  assert.ok(got.length < 60, got)
  assert.equal(shown(excerptOf("我".repeat(100) + "椅", [{ start: 100, end: 101 }])), "… " + "我".repeat(40) + "[椅]")
  assert.equal(shown(excerptOf("short needle", [{ start: 6, end: 12 }])), "short [needle]")
})

test("a part may go over pieces", () => {
  assert.deepEqual(placesIn(["see 🎉", "https://x.org", " end"], [{ start: 4, end: 10 }]), [
    { piece: 0, start: 4, end: 6 },
    { piece: 1, start: 0, end: 5 },
  ])
  assert.deepEqual(placesIn(["ab", "cd"], [{ start: 2, end: 4 }]), [{ piece: 1, start: 0, end: 2 }])
  assert.deepEqual(placesIn(["ab"], [{ start: 5, end: 9 }]), [])
})
