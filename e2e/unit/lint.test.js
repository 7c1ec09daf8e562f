// The rule that no text is ever parsed as HTML is worth as much as the check
// that enforces it, so the check is tested too.

import assert from "node:assert/strict"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { ESLint } from "eslint"

const root = fileURLToPath(new URL("../..", import.meta.url))
const eslint = new ESLint({ cwd: root })

async function faults(source, filePath = "internal/http/web/static/js/elements/example.js") {
  const [result] = await eslint.lintText(source, { filePath })
  return result.messages.map((message) => message.ruleId)
}

const banned = [
  "document.body.innerHTML = name",
  'document.body["innerHTML"] = name',
  "document.body.outerHTML = name",
  'document.body.insertAdjacentHTML("beforeend", name)',
  "document.write(name)",
  "new DOMParser()",
  "eval(name)",
  'setTimeout("ring()", 10)',
  'new Function("return 1")()',
]
const rules = ["no-restricted-syntax", "no-eval", "no-implied-eval", "no-new-func"]

for (const statement of banned) {
  test(`lint refuses ${statement}`, async () => {
    const found = await faults(`const name = location.hash\nexport default name\n${statement}\n`)
    assert.ok(
      found.some((rule) => rules.includes(rule)),
      `found only ${found}`,
    )
  })
}

test("lint lets text be put in as text", async () => {
  assert.deepEqual(await faults("document.body.textContent = location.hash\n"), [])
})

test("lint keeps the DOM out of lib/", async () => {
  const source = "export const title = () => document.title\n"
  assert.deepEqual(await faults(source, "internal/http/web/static/js/lib/example.js"), ["no-restricted-globals"])
})
