// What the service worker does with a request, and what it keeps: decisions alone.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  excess,
  importsOf,
  isDown,
  keyOf,
  marked,
  namesOf,
  partsOf,
  sumOf,
  wayOf,
  whoseIs,
} from "../../internal/http/web/static/js/lib/kept.js"

const sum = "0123456789abcdef"
const page = { method: "GET", mode: "navigate", ours: true, ranged: false, from: "" }
const part = { ...page, mode: "no-cors", from: "/chat/conversation/7/" }

for (const [name, asked, want] of /** @type {const} */ ([
  ["a page", { ...page, path: "/shop/" }, "page"],
  ["the page of a conversation", { ...page, path: "/chat/conversation/7/" }, "page"],
  ["a form", { ...page, method: "POST", path: "/chat/conversation/7/" }, "form"],
  ["what a script posts", { ...part, method: "POST", path: "/chat/conversation/7/" }, "leave"],
  ["another site", { ...page, path: "/shop/", ours: false }, "leave"],
  ["a file that is saved", { ...page, path: "/attachments/abc" }, "leave"],
  ["a listing's photo on its own", { ...page, path: "/media/photos/a.jpg" }, "leave"],
  ["the API, opened as a page", { ...page, path: "/api/v1/" }, "leave"],
  ["the API", { ...part, mode: "cors", path: "/api/v1/conversations" }, "leave"],
  ["a socket", { ...part, path: "/ws/" }, "leave"],
  ["the worker itself", { ...part, path: "/sw.js" }, "leave"],
  ["a file of the site", { ...part, path: `/static/${sum}/css/base.css`, from: "/shop/" }, "static"],
  ["a file of no version", { ...part, path: "/static/any/css/base.css" }, "leave"],
  ["a thumbnail in a chat", { ...part, path: "/attachments/abc/thumb" }, "picture"],
  ["a thumbnail elsewhere", { ...part, path: "/attachments/abc/thumb", from: "/shop/" }, "leave"],
  ["a thumbnail of a listing in a chat", { ...part, path: "/media/photos/a-s.jpg" }, "picture"],
  ["a piece of a picture", { ...part, path: "/media/photos/a-s.jpg", ranged: true }, "leave"],
  ["a whole attachment", { ...part, path: "/attachments/abc" }, "leave"],
  ["what another app shares", { ...page, method: "POST", path: "/share/" }, "share"],
  ["what a script posts there", { ...part, method: "POST", path: "/share/" }, "leave"],
  ["the page of sharing", { ...page, path: "/share/" }, "page"],
  ["logging out", { ...page, method: "POST", path: "/accounts/logout/" }, "log out"],
  ["logging in", { ...page, method: "POST", path: "/accounts/login/" }, "form"],
]))
  test(`${name}: ${want}`, () => assert.equal(wayOf(asked), want))

test("two kinds of pages are kept", () => {
  for (const path of ["/chat/", "/chat/conversation/7/"]) assert.equal(keyOf(path), path)
  for (const path of ["/", "/shop/", "/accounts/login/", "/chat/search/", "/chat/conversation/0/", "/chat/delete/7/"])
    assert.equal(keyOf(path), "", path)
})

test("whose a page is, or that nobody is signed in, or that nobody knows", () => {
  assert.equal(whoseIs("12"), 12)
  assert.equal(whoseIs("nobody"), "nobody")
  for (const said of [null, "", "0", "x", "12 "]) assert.equal(whoseIs(said), undefined)
})

test("a server that is away is not one that says no", () => {
  assert.deepEqual([200, 303, 404, 429, 500, 502, 503, 504].filter(isDown), [502, 503, 504])
})

const html = `<!doctype html><html lang="en"><head><title>(2) Meera &amp; &#34;Anu&#34; &lt;b&gt; · SwapNest</title>
<link rel="stylesheet" href="/static/${sum}/css/joined/site.css"><link rel="modulepreload" href="/static/${sum}/js/joined/chunk-A.js">
<script type="module" src="/static/${sum}/js/joined/chat.js"></script></head><body class="chat">
<p class="pinned-title"><bdi>Chair &amp; table</bdi></p><img src="/media/photos/a-s.jpg" alt=""><img src="/static/${sum}/art/books.svg">
<img src="/attachments/x/thumb" alt=""><img src="/attachments/x/thumb" alt=""><a href="/attachments/x">x</a><message-composer></message-composer></body></html>`

test("a page is kept with its files, those that it loads late, and its pictures", () => {
  const { sum: found, files, late, pictures } = partsOf(html)
  assert.equal(found, sum)
  const names = ["css/joined/site.css", "js/joined/chunk-A.js", "js/joined/chat.js", "art/books.svg"]
  assert.deepEqual(
    files,
    names.map((name) => `/static/${sum}/${name}`),
  )
  assert.ok(late.includes(`/static/${sum}/js/joined/uploads.js`))
  assert.deepEqual(pictures, ["/media/photos/a-s.jpg", "/attachments/x/thumb"])
  assert.deepEqual(partsOf(html.replace("<message-composer>", "")).late, [], "where one cannot write")
  assert.equal(partsOf("<p>Not ours</p>").sum, "")
})

test("of many pictures the last ones are kept, which are in sight", () => {
  const many = Array.from({ length: 90 }, (_, n) => `<img src="/attachments/${n}/thumb">`).join("")
  const { pictures } = partsOf(many)
  assert.equal(pictures.length, 40)
  assert.equal(pictures.at(-1), "/attachments/89/thumb")
})

test("what a script imports is found in it", () => {
  const script = `import{a as b}from"./chunk-A.js";import"./chunk-B.js";const x=()=>import("./late.js"),y="./not.js"`
  assert.deepEqual(importsOf(script, `/static/${sum}/js/joined/chat.js`), [
    `/static/${sum}/js/joined/chunk-A.js`,
    `/static/${sum}/js/joined/chunk-B.js`,
  ])
})

test("the names of a page are as people see them", () => {
  assert.deepEqual(namesOf(html), { name: 'Meera & "Anu" <b>', about: "Chair & table" })
  assert.deepEqual(namesOf(""), { name: "", about: "" })
})

test("a kept page says so to its script", () => {
  assert.match(marked(html, "2026-11-28T10:00:00Z"), /<body data-kept="2026-11-28T10:00:00Z" class="chat">/)
})

test("a file has a version only where files are", () => {
  assert.equal(sumOf(`/static/${sum}/a.js`), sum)
  for (const path of ["/static/any/a.js", `/x/static/${sum}/a.js`, "/"]) assert.equal(sumOf(path), "")
})

const entry = (/** @type {number} */ n, of = sum) => ({ path: `/chat/conversation/${n}/`, at: n, sum: of })

test("the oldest conversations go, the list stays", () => {
  const list = { path: "/chat/", at: 0, sum }
  const entries = [entry(5), list, entry(1), entry(9), entry(3)]
  assert.deepEqual(excess(entries, { conversations: 2, versions: 3 }), [entry(1).path, entry(3).path])
  assert.deepEqual(excess(entries), [])
})

test("pages of versions long gone go with their files", () => {
  const entries = [entry(1, "a"), entry(2, "b"), entry(3, "c"), entry(4, "c"), entry(5, "d")]
  assert.deepEqual(excess(entries, { conversations: 20, versions: 3 }), [entry(1).path])
})
