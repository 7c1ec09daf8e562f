import assert from "node:assert/strict"
import { test } from "node:test"

import { Finder } from "../../internal/http/web/static/js/lib/finder.js"

/** An API that holds answers back until a test gives them. */
function api() {
  /** @type {{ path: string, answer: (page: any) => void, fail: (error: Error) => void }[]} */
  const asked = []
  const get = (/** @type {string} */ path) => new Promise((answer, fail) => void asked.push({ path, answer, fail }))
  return { asked, get }
}

const hits = (/** @type {number[]} */ ...ids) => ids.map((id) => ({ message: { message_id: id }, highlights: [] }))

test("one goes from hit to hit, and on to the next page", async () => {
  const { asked, get } = api()
  const finder = new Finder("7", get, () => {})
  const found = finder.find(" lamp ")
  assert.equal(asked[0].path, "/search?q=lamp&conversation_id=7")
  asked[0].answer({ hits: hits(9, 5), next: "c" })
  await found
  assert.equal(finder.said, "2+ messages")
  await finder.step(1)
  assert.deepEqual([finder.at, finder.said], [0, "1 of 2+"])
  await finder.step(-1)
  assert.equal(finder.at, 0)
  await finder.step(1)
  const further = finder.step(1)
  assert.equal(asked[1].path, "/search?q=lamp&conversation_id=7&cursor=c")
  asked[1].answer({ hits: hits(2), next: "" })
  await further
  assert.deepEqual([finder.at, finder.said], [2, "3 of 3"])
  await finder.step(1)
  assert.equal(finder.at, 2)
})

test("an answer that comes too late is dropped", async () => {
  const { asked, get } = api()
  const finder = new Finder("7", get, () => {})
  const first = finder.find("l")
  const second = finder.find("la")
  asked[1].answer({ hits: hits(2), next: "" })
  asked[0].answer({ hits: hits(1), next: "" })
  await Promise.all([first, second])
  assert.equal(finder.hits[0].message.message_id, 2)
  assert.equal(finder.said, "1 message")
  const third = finder.find("lam")
  await finder.find("")
  asked[2].fail(new Error("no"))
  await third
  assert.deepEqual([finder.hits.length, finder.said, asked.length], [0, "", 3])
})

test("where the newest messages have nothing, one looks further back", async () => {
  const { asked, get } = api()
  const finder = new Finder("7", get, () => {})
  const found = finder.find("a lamp of brass")
  asked[0].answer({ hits: [], next: "c" })
  await found
  assert.match(finder.said, /^Nothing in the newest messages\./)
  assert.equal(finder.canGoBack, true)
  const further = finder.step(1)
  assert.match(asked[1].path, /&cursor=c$/)
  asked[1].answer({ hits: hits(2), next: "" })
  await further
  assert.deepEqual([finder.at, finder.said, finder.canGoBack], [0, "1 of 1", true])
  const nothing = finder.find("x")
  asked[2].answer({ hits: [], next: "" })
  await nothing
  assert.equal(finder.canGoBack, false)
})

test("nothing found and no answer are told", async () => {
  const { asked, get } = api()
  const finder = new Finder("7", get, () => {})
  const nothing = finder.find("x")
  asked[0].answer({ hits: [], next: "" })
  await nothing
  assert.match(finder.said, /^Nothing found\. Try/)
  await finder.step(1)
  assert.equal(finder.at, -1)
  const broken = finder.find("y")
  asked[1].fail(new Error("There is no connection."))
  await broken
  assert.equal(finder.said, "There is no connection.")
})

test("what no line has answered is asked for again, and what fits other words is gone", async () => {
  const { asked, get } = api()
  const finder = new Finder("7", get, () => {})
  const first = finder.find("lamp")
  asked[0].answer({ hits: hits(9), next: "c" })
  await first
  await finder.again()
  assert.equal(asked.length, 1)
  finder.go(0)
  const further = finder.step(1)
  asked[1].fail(new Error("There is no connection."))
  await further
  assert.deepEqual([finder.hits.length, asked.length], [1, 2])
  const broken = finder.find("chair")
  asked[2].fail(new Error("There is no connection."))
  await broken
  assert.deepEqual([finder.hits.length, finder.at], [0, -1])
  const again = finder.again()
  assert.equal(asked[3].path, "/search?q=chair&conversation_id=7")
  asked[3].answer({ hits: hits(4), next: "" })
  await again
  assert.deepEqual([finder.hits.length, finder.said], [1, "1 message"])
  await finder.again()
  assert.equal(asked.length, 4)
})
