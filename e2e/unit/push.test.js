import assert from "node:assert/strict"
import { test } from "node:test"
import { choose, decide, readPush, remember, settled } from "../../internal/http/web/static/js/lib/push.js"

const me = 7
const at = Date.parse("2026-11-28T22:00:10Z")
const origin = "https://swap.example"

const sent = (more = {}) =>
  JSON.stringify({
    type: "notice",
    notice: 12,
    tag: "conversation-3",
    title: "Asha wrote about Cycle",
    body: "Is it still there?",
    url: "/chat/conversation/3/",
    at: "2026-11-28T22:00:00Z",
    unread: 2,
    user: me,
    ...more,
  })

const clear = (more = {}) =>
  readPush(JSON.stringify({ type: "clear", notice: 12, tag: "conversation-3", unread: 1, user: me, ...more }))

const now = (more = {}) => ({ me, shown: [], pages: [], done: new Map(), at, ...more })

/** A notification as it is on the screen after a push. */
const onScreen = (text, more = {}) => {
  const { show } = decide(readPush(text), now(more))
  return { tag: show.tag, data: show.data }
}

test("a push shows what it says, under the tag of its conversation", () => {
  assert.deepEqual(decide(readPush(sent()), now()), {
    close: [],
    unread: 2,
    show: {
      title: "Asha wrote about Cycle",
      body: "Is it still there?",
      tag: "conversation-3",
      renotify: true,
      timestamp: at - 10_000,
      data: { notice: 12, url: "/chat/conversation/3/", user: me, at: at - 10_000, rang: at },
    },
  })
  // Without previews there is no body.
  const { show } = decide(readPush(sent({ body: undefined, title: "New message on SwapNest" })), now())
  assert.equal(show.title, "New message on SwapNest")
  assert.equal("body" in show, false)
})

test("what cannot be read shows a plain sentence, since a push has to show something", () => {
  const unreadable = [
    undefined,
    "",
    "{",
    "null",
    "7",
    '"notice"',
    sent({ type: "later" }),
    sent({ title: "" }),
    sent({ title: 7 }),
    sent({ at: "soon" }),
    sent({ at: undefined }),
    sent({ tag: undefined }),
    sent({ notice: -1 }),
    sent({ notice: 1.5 }),
    sent({ user: 0 }),
    sent({ user: "7" }),
    sent({ url: "https://evil.example/" }),
    sent({ url: "//evil.example/" }),
    sent({ url: "/\\evil.example/" }),
    sent({ url: "data:text/html,x" }),
    sent({ url: undefined }),
  ]
  for (const text of unreadable) {
    assert.equal(readPush(text), undefined, text)
    const deed = decide(readPush(text), now())
    assert.equal(deed.show?.title, "Something new on SwapNest", text)
    assert.equal(deed.show?.data.url, "/notifications/")
  }
  assert.equal(decide(undefined, now({ me: undefined })).show, undefined, "nobody is here")
})

test("what is for somebody else is not shown, and where nobody is signed in no more is wanted", () => {
  for (const push of [readPush(sent({ user: 8 })), clear({ user: 8 })])
    assert.deepEqual(decide(push, now({ shown: [onScreen(sent())] })), { close: [] })
  for (const push of [readPush(sent()), clear(), undefined])
    assert.deepEqual(decide(push, now({ me: undefined })), { close: [], stray: true })
})

test("a burst is heard once, and what is sent again is not heard again", () => {
  const first = onScreen(sent())
  const again = (/** @type {object} */ more, /** @type {number} */ after) =>
    decide(readPush(sent(more)), now({ shown: [first], at: at + after })).show
  assert.equal(again({}, 60_000).renotify, false, "the same once more")
  assert.equal(again({ at: "2026-11-28T22:00:04Z" }, 4_999).renotify, false, "in the burst")
  assert.equal(again({ at: "2026-11-28T22:00:04Z" }, 5_000).renotify, true, "behind it")
  assert.equal(again({ notice: 13 }, 60_000).renotify, true, "a new notice")
  // The burst counts from what was heard, not from what was silent.
  const silent = again({ at: "2026-11-28T22:00:04Z" }, 4_000)
  assert.equal(silent.data.rang, at)
  // An older one that comes late takes nothing back.
  assert.equal(again({ at: "2026-11-28T21:59:00Z" }, 60_000), undefined)
  assert.equal(again({ notice: 11, at: "2026-11-28T22:01:00Z" }, 60_000), undefined)
  // Another conversation is another one.
  assert.equal(again({ tag: "conversation-4" }, 1).renotify, true)
})

test("nothing is shown of a conversation that is on the screen", () => {
  const look = (/** @type {string} */ path, visible = true) =>
    decide(readPush(sent()), now({ pages: [{ url: origin + path, visible }] }))
  assert.deepEqual(look("/chat/conversation/3/?filter=unread#new"), { close: [] })
  assert.ok(look("/chat/conversation/3/", false).show, "in a tab behind")
  assert.ok(look("/chat/conversation/33/").show, "another conversation")
  assert.ok(look("/chat/").show, "the list")
})

test("reading it elsewhere closes what was shown up to there, and shows nothing", () => {
  const shown = [onScreen(sent()), onScreen(sent({ tag: "listing-9-sold", notice: 2 }))]
  assert.deepEqual(decide(clear(), now({ shown })), {
    close: ["conversation-3"],
    unread: 1,
    done: ["conversation-3", { notice: 12, at: Infinity }],
  })
  // What came behind it stays.
  assert.deepEqual(decide(clear({ notice: 11 }), now({ shown })).close, [])
})

test("what was read or pushed away does not come back when it is sent late or again", () => {
  const after = (/** @type {object} */ seen, /** @type {object} */ more) => {
    const done = new Map([["conversation-3", seen]])
    return decide(readPush(sent(more)), now({ done })).show !== undefined
  }
  const cleared = decide(clear(), now()).done[1]
  assert.equal(after(cleared, {}), false)
  assert.equal(after(cleared, { at: "2026-11-28T23:00:00Z" }), false)
  assert.equal(after(cleared, { notice: 13 }), true)
  const away = { notice: 12, at: at - 10_000 }
  assert.equal(after(away, {}), false)
  assert.equal(after(away, { at: "2026-11-28T22:00:01Z" }), true, "a further message")
})

test("of what one is done with the newest hundred are remembered, each as far as it went", () => {
  let all = new Map()
  for (let n = 1; n <= 150; n++) all = remember(all, `conversation-${n}`, { notice: n, at })
  assert.equal(all.size, 100)
  assert.deepEqual([all.has("conversation-50"), all.has("conversation-51")], [false, true])
  all = remember(all, "conversation-51", { notice: 3, at: Infinity })
  assert.deepEqual(all.get("conversation-51"), { notice: 51, at })
  all = remember(all, "conversation-200", { notice: 200, at })
  assert.equal(all.has("conversation-51"), true, "it was named last but one")
})

test("what is unread no more is taken away, and what is older than the list is left", () => {
  const shown = [
    onScreen(sent()),
    onScreen(sent({ tag: "conversation-4", notice: 13, at: "2026-11-28T21:00:00Z" })),
    onScreen("?"),
  ]
  const tags = (/** @type {any[]} */ unread, all = true) => settled(shown, unread, all).map(({ tag }) => tag)
  const created_at = "2026-11-28T22:00:00Z"
  assert.deepEqual(tags([]), ["conversation-3", "conversation-4"])
  assert.deepEqual(tags([{ id: 12, created_at }]), ["conversation-4"])
  assert.deepEqual(tags([{ id: 99, created_at: "2026-11-28T21:30:00Z" }], false), ["conversation-3"])
})

test("a click goes to the page that shows it, then to one that holds nothing, then to a new one", () => {
  const to = "/chat/conversation/3/"
  const pick = (/** @type {string[]} */ ...paths) =>
    choose(
      paths.map((path) => origin + path),
      to,
      origin,
    )
  assert.deepEqual(pick("/shop/", "/chat/conversation/3/?filter=unread"), { focus: 1 })
  assert.deepEqual(pick("/create/", "/chat/conversation/33/", "/chat/"), { lead: 1, to: origin + to })
  assert.deepEqual(pick("/shop/?q=sofa"), { lead: 0, to: origin + to })
  for (const path of ["/create/", "/accounts/profile/edit/", "/chats/", "/share/", "/product/sofa-1/edit/"])
    assert.deepEqual(pick(path), { open: origin + to }, path)
  assert.deepEqual(pick(), { open: origin + to })
  for (const url of ["https://evil.example/", "//evil.example/", undefined, 7])
    assert.deepEqual(choose([], /** @type {any} */ (url), origin), { open: origin + "/notifications/" })
})
