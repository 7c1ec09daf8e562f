// Whatever order pages, events, jumps and lost lines come in: the window has no gap and
// nothing twice, stays bounded, and reading on to the end shows everything that was said.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Thread } from "../../internal/http/web/static/js/lib/thread.js"
import { Timeline } from "../../internal/http/web/static/js/lib/timeline.js"
import { chance } from "./chance.js"
import { FakeClock, conversation, me, messageOf, other, ownMessage, settle } from "./fakes.js"

/** A server with a log, whose answers and frames come when the test lets them. */
class Server {
  /** @type {any[]} */
  log = []
  /** @type {(() => void)[]} */
  answers = []
  /** @type {any[]} */
  frames = []

  commit(mine) {
    const seq = this.log.length + 1
    const message = mine ? ownMessage(seq, `own-${seq}`) : messageOf(seq)
    this.log.push(message)
    this.frames.push(message)
  }

  page(path) {
    const query = new URLSearchParams(path.split("?")[1])
    const limit = Number(query.get("limit") ?? 50)
    const head = this.log.length
    let [from, to] = [Math.max(0, head - limit), head]
    if (query.has("before")) [from, to] = [Math.max(0, query.get("before") - 1 - limit), query.get("before") - 1]
    if (query.has("after"))
      [from, to] = [Number(query.get("after")), Math.min(head, Number(query.get("after")) + limit)]
    const more = query.has("after") ? to < head : from > 0
    return { messages: this.log.slice(from, to), head, epoch: "e1", has_more: more }
  }

  /** The page is read now, and answered later or not at all. */
  get = (path) =>
    new Promise((resolve, reject) => {
      if (!path.includes("/messages")) return resolve({ participants: [] })
      const page = this.page(path)
      this.answers.push((broken) => (broken ? reject(new Error("gone")) : resolve(page)))
    })

  /** What a resume replays. */
  open(after) {
    for (const message of this.log.slice(after)) this.frames.push(message)
    this.frames.push({ type: "caught_up", conversation_id: conversation, head: this.log.length })
  }
}

async function play(seed) {
  const dice = chance(seed)
  const pick = (n) => Math.floor(dice() * n)
  const server = new Server()
  const before = 1 + pick(900)
  for (let i = 0; i < before; i++) server.commit(dice() < 0.3)
  server.frames = []
  const start = server.page(dice() < 0.5 ? "/messages" : `/messages?before=${1 + pick(server.log.length)}`)
  const items = start.messages.map((m) => {
    const mine = m.sender_id === me
    const key = mine ? `c:${m.client_id}` : `m:${m.message_id}`
    return {
      key,
      seq: m.seq,
      id: m.message_id,
      clientId: m.client_id,
      mine,
      text: m.message,
      at: m.timestamp,
      state: "",
    }
  })
  const last = server.log.length
  const timeline = new Timeline({
    me,
    items,
    last,
    at: "",
    hasOlder: start.has_more,
    atEnd: items.at(-1)?.seq === last,
    newAfter: -1,
    read: 0,
    delivered: 0,
  })
  const clock = new FakeClock()
  const send = (frame) => (server.open(frame.after), true)
  const thread = new Thread({ id: conversation, other, timeline, epoch: "e1", send, get: server.get, clock })
  const told = []
  thread.addEventListener("message", ({ detail }) => told.push(detail.seq))

  const check = () => {
    const seqs = timeline.rows((at) => at.slice(0, 10)).map(({ item }) => item.seq)
    for (let i = 1; i < seqs.length; i++) {
      // What is acknowledged stands behind the end of the window, in order.
      if (seqs[i] <= timeline.newest) assert.equal(seqs[i], seqs[i - 1] + 1, `seed ${seed}: a gap in ${seqs}`)
      else assert.ok(seqs[i] > seqs[i - 1], `seed ${seed}: ${seqs}`)
    }
    assert.ok(seqs.length <= 900, `seed ${seed}: ${seqs.length} rows`)
    if (timeline.atEnd) assert.equal(timeline.newest, Math.max(timeline.newest, timeline.last), `seed ${seed}`)
  }
  const frame = () => server.frames.length > 0 && thread.frame(server.frames.shift())

  for (let step = 0; step < 300; step++) {
    const what = pick(12)
    if (what < 3) server.commit(dice() < 0.3)
    else if (what < 6) frame()
    else if (what === 6) void thread.older()
    else if (what === 7) void thread.newer()
    else if (what === 8) void thread.latest()
    else if (what === 9 && server.answers.length > 0)
      server.answers.splice(pick(server.answers.length), 1)[0](dice() < 0.2)
    else if (what === 10 && dice() < 0.3) {
      // The line is lost with all that was on it, and resumes.
      server.frames = []
      thread.frame({ type: "hello", epoch: "e1" })
    } else if (what === 11 && dice() < 0.05) {
      server.frames = []
      thread.frame({ type: "reset", conversation_id: conversation, reason: "gap" })
    }
    await settle()
    check()
  }

  // Everything that was under way comes, and the reader goes to the end.
  for (let round = 0; round < 200; round++) {
    for (const answer of server.answers.splice(0)) answer(false)
    await clock.pass(1_000)
    if (server.frames.length === 0 && timeline.last < server.log.length) thread.frame({ type: "hello", epoch: "e1" })
    while (server.frames.length > 0) frame()
    if (timeline.atEnd && timeline.last === server.log.length && server.answers.length === 0) break
    if (!timeline.atEnd) void thread.newer()
    await settle()
    check()
  }
  assert.equal(timeline.last, server.log.length, `seed ${seed}: the position`)
  assert.equal(timeline.atEnd, true, `seed ${seed}: the end`)
  assert.equal(timeline.newest, server.log.length, `seed ${seed}: the newest`)
  assert.deepEqual(told, [...new Set(told)], `seed ${seed}: each is told once`)
}

test("twenty conversations played at random", async () => {
  for (let seed = 1; seed <= 20; seed++) await play(seed)
})
