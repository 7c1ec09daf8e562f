// What is said of messages without words, held against the same cases as the server.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { factsOf, iconOf } from "../../internal/http/web/static/js/lib/file-facts.js"
import { become } from "../../internal/http/web/static/js/lib/item.js"
import { requoted } from "../../internal/http/web/static/js/lib/quote.js"
import { summaryOf } from "../../internal/http/web/static/js/lib/summary.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"

const cases = JSON.parse(
  readFileSync(new URL("../../internal/http/web/testdata/attachments.json", import.meta.url), "utf8"),
)

test("a message without words is summed up as the server does it", () => {
  for (const { message, attachments, summary } of cases.summaries)
    assert.equal(summaryOf(message, attachments), summary, JSON.stringify(attachments))
  assert.equal(summaryOf(""), "")
})

test("a file has the icon and the facts that the server gives it", () => {
  for (const file of cases.files) {
    assert.equal(iconOf(file), `i-${file.icon}`, `${file.name}, ${file.type}`)
    assert.equal(factsOf(file), file.facts, `${file.name}, ${file.type}, ${file.size} bytes`)
  }
})

const photo = { id: "a", kind: "image", name: "a.jpg", type: "image/jpeg", size: 9, url: "/attachments/a" }
const message = {
  type: "message",
  conversation_id: 41,
  message_id: 7,
  seq: 1,
  client_id: "c.1",
  sender_id: 2,
  sender_name: "Meera",
  message: "",
  timestamp: "2026-11-22T10:00:00Z",
  is_read: false,
  attachments: [photo, photo],
}

test("an answer quotes what was carried, until that is deleted", () => {
  const quote = { message_id: 7, seq: 1, sender_id: 2, sender_name: "Meera", message: "old" }
  assert.equal(requoted(quote, /** @type {any} */ (message))?.message, "2 photos")
  assert.equal(requoted(quote, /** @type {any} */ ({ ...message, message: "Look" }))?.message, "Look")
  const gone = requoted(quote, /** @type {any} */ ({ ...message, attachments: undefined, deleted: true }))
  assert.deepEqual([gone?.message, gone?.deleted], ["", true])
})

test("a frame's attachments come into its row, an edit keeps them, and a deletion takes them away", () => {
  const timeline = new Timeline({
    me: 1,
    items: [],
    last: 0,
    at: "",
    hasOlder: false,
    atEnd: true,
    newAfter: -1,
    read: 0,
    delivered: 0,
  })
  timeline.apply(/** @type {any} */ (message))
  const [{ item }] = timeline.rows(() => "today")
  assert.deepEqual(item.attachments, [photo, photo])
  become(item, /** @type {any} */ ({ ...message, message: "Look", edited_at: "2026-11-22T10:01:00Z" }))
  assert.deepEqual([item.text, item.attachments.length], ["Look", 2])
  become(item, /** @type {any} */ ({ ...message, attachments: undefined, deleted: true }))
  assert.deepEqual([item.deleted, item.attachments], [true, []])
})
