// The server is held against the same file.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { partsOf } from "../../internal/http/web/static/js/lib/links.js"

const file = new URL("../../internal/http/web/testdata/links.json", import.meta.url)
for (const { text, parts } of JSON.parse(readFileSync(file, "utf8")))
  test(`the links of ${JSON.stringify(text)}`, () => assert.deepEqual(partsOf(text), parts))
