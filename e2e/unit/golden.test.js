// The frames that the Go tests write are what these modules read, and the other way
// round: a field that one side renames fails here.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"

import { Session } from "../../internal/http/web/static/js/lib/session.js"
import { TabStorage } from "../../internal/http/web/static/js/lib/tab-storage.js"
import { FakeClock, settle } from "./fakes.js"

const folder = new URL("../../internal/live/wire/testdata/", import.meta.url)

function frames(/** @type {string} */ side) {
  const dir = new URL(`${side}/`, folder)
  return new Map(
    readdirSync(dir)
      .filter((name) => name.endsWith(".json"))
      .map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, dir), "utf8"))]),
  )
}

const server = frames("server")
const client = frames("client")
const { conversation_id: talk, sender_id: me, seq } = server.get("message")
const other = me + 1

/** A tab in which the conversation of the golden message is open just before it. */
function begin() {
  const line = new EventTarget()
  const sent = []
  Object.assign(line, { send: (frame) => sent.push(frame) > 0, start() {} })
  const session = new Session({
    me,
    line: /** @type {any} */ (line),
    storage: new TabStorage(),
    known: [],
    unread: 0,
    filter: "all",
    get: async () => ({ conversations: [], participants: [] }),
    clock: new FakeClock(),
    opened: {
      id: talk,
      other,
      epoch: server.get("hello_all").epoch,
      head: seq - 1,
      headAt: "2026-11-22T10:00:00.000Z",
      seen: seq - 1,
      otherRead: 0,
      otherDelivered: 0,
      hasOlder: false,
      atEnd: true,
      items: [],
    },
  })
  let rows = []
  session.addEventListener("rows", ({ detail }) => (rows = detail.rows))
  const say = (frame) => line.dispatchEvent(new CustomEvent("frame", { detail: frame }))
  return { session, sent, say, items: () => rows.map(({ item }) => item) }
}

for (const [name, frame] of server) {
  test(`the server's ${name} is taken without a fault`, async () => {
    const { say } = begin()
    say(server.get("hello_all"))
    say(frame)
    await settle()
  })
}

test("the golden message becomes a bubble", () => {
  const { say, items } = begin()
  say(server.get("message"))
  const { message, client_id: clientId, message_id: id, timestamp } = server.get("message")
  const [item] = items()
  assert.deepEqual([item.text, item.clientId, item.id, item.at, item.mine], [message, clientId, id, timestamp, true])
})

test("the golden ack settles a message that was written here", async () => {
  const { session, say, items } = begin()
  const ack = server.get("ack")
  say(server.get("hello_all"))
  await session.compose({ conversation: talk, text: "text", clientId: ack.client_id })
  say({ ...ack, conversation_id: talk })
  assert.equal(items().length, 1)
  assert.equal(items()[0].state, "sent")
})

/** The shape of a frame: its fields and their types. */
const shape = (frame) => Object.fromEntries(Object.entries(frame).map(([key, value]) => [key, typeof value]))

test("what is sent has the fields and types of the golden frames", async () => {
  const { session, sent, say } = begin()
  say(server.get("hello_all"))
  await session.compose({ conversation: talk, text: "text", clientId: "c.1" })
  session.typing(true)
  session.seen(seq)
  const byType = new Map(sent.map((frame) => [frame.type, frame]))
  for (const [golden, type] of [
    ["send", "send"],
    ["open_at", "open"],
    ["typing", "typing"],
    ["read", "read"],
    ["watch", "watch"],
  ])
    assert.deepEqual(shape(byType.get(type)), shape(client.get(golden)), `the frame ${type}`)
})
