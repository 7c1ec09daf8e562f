// The golden frames of the server, read as the modules read them: what one side
// writes and the other relies on cannot drift apart unnoticed.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { Session } from "../../internal/http/web/static/js/lib/session.js"
import { Line } from "../../internal/http/web/static/js/lib/socket.js"
import { FakeAPI, FakeClock, FakeSocket, FakeStorage, heard, settle } from "./fakes.js"

const folder = new URL("../../internal/live/wire/testdata/server/", import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith(".json"))
const golden = new Map(files.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]))
const frameOf = (name) => JSON.parse(golden.get(name))

const number = "number"
const string = "string"
const boolean = "boolean"
const maybe = (shape) => ({ maybe: shape })
const nullable = (shape) => ({ nullable: shape })

const person = { id: number, username: string, name: string, online: boolean, last_seen: nullable(string) }
const participant = { ...person, role: string, read_seq: number, delivered_seq: number }
const message = {
  conversation_id: number,
  message_id: number,
  seq: number,
  client_id: string,
  sender_id: number,
  sender_username: string,
  sender_name: string,
  message: string,
  timestamp: string,
  is_read: boolean,
  edited_at: maybe(string),
  deleted: maybe(boolean),
  reactions: maybe([{ emoji: string, count: number, user_ids: [number] }]),
  reply_to: maybe({
    message_id: number,
    seq: number,
    sender_id: number,
    sender_name: string,
    message: string,
    deleted: maybe(boolean),
  }),
  attachments: maybe([
    {
      id: string,
      kind: string,
      name: string,
      type: string,
      size: number,
      url: string,
      thumb_url: maybe(string),
      width: maybe(number),
      height: maybe(number),
      animated: maybe(boolean),
      duration_ms: maybe(number),
      waveform: maybe([number]),
    },
  ]),
  hidden: maybe(boolean),
}
const revision = { ...message, message_seq: number, at: string }
const listing = {
  id: number,
  title: string,
  price: { amount: number, currency: string },
  category: string,
  status: string,
  photos: [{ url: string, thumb_url: string, width: number, height: number }],
  url: string,
}
const entry = {
  id: number,
  listing,
  other: person,
  role: string,
  head: number,
  unread: number,
  last_message: nullable(message),
  last_at: string,
  closed: boolean,
  archived: boolean,
  muted: boolean,
  cleared_seq: maybe(number),
  cleared: maybe(boolean),
  url: string,
}
const cursor = { conversation_id: number, user_id: number, seq: number, timestamp: string }

/** What the modules read of each frame, and its JSON types. */
const shapes = {
  hello: {
    epoch: string,
    you: person,
    heartbeat_ms: number,
    limits: { message_chars: number },
    unread: maybe(number),
    unread_notifications: maybe(number),
    head: maybe(number),
    conversation: maybe(entry),
    participants: maybe([participant]),
  },
  message,
  message_edited: revision,
  message_deleted: revision,
  reaction: revision,
  ack: {
    client_id: string,
    conversation_id: number,
    message_id: number,
    seq: number,
    timestamp: string,
    duplicate: boolean,
  },
  error: {
    code: string,
    detail: string,
    client_id: maybe(string),
    field: maybe(string),
    retryable: boolean,
    retry_after_ms: maybe(number),
  },
  typing: { conversation_id: number, user_id: number, user: string, is_typing: boolean },
  read: cursor,
  delivered: cursor,
  presence: { user_id: number, online: boolean, last_seen: nullable(string) },
  privacy: { user_id: number },
  conversation: { conversation: entry },
  hidden: {
    conversation_id: number,
    message_id: number,
    hidden: boolean,
    message: maybe(message),
  },
  listing: { listing_id: number, listing: nullable(listing) },
  notification: { notification: maybe({ conversation_id: maybe(number), seq: maybe(number) }), unread: number },
  caught_up: { conversation_id: number, head: number },
  reset: { conversation_id: number, reason: string },
  bye: { reason: string, retry_after_ms: number },
  pong: {},
}

/** Says where a value has not its shape. */
function faults(value, shape, path) {
  if (typeof shape === "string")
    return typeof value === shape ? [] : [`${path} is ${JSON.stringify(value)}, no ${shape}`]
  if ("maybe" in shape) return value === undefined ? [] : faults(value, shape.maybe, path)
  if ("nullable" in shape) return value === null ? [] : faults(value, shape.nullable, path)
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${path} is no list`]
    return value.flatMap((one, i) => faults(one, shape[0], `${path}[${i}]`))
  }
  if (typeof value !== "object" || value === null) return [`${path} is no object`]
  return Object.entries(shape).flatMap(([key, inner]) => faults(value[key], inner, `${path}.${key}`))
}

/** A line that is up, and what it hears. */
function lineOf() {
  const clock = new FakeClock()
  const sockets = []
  const open = (url) => {
    sockets.push(new FakeSocket(url))
    return sockets.at(-1)
  }
  const line = new Line({ url: "ws://shop.test/ws/", open, clock })
  return { line, sockets, clock, frames: heard(line, "frame") }
}

for (const [name, text] of golden) {
  test(`${name} comes through the line with everything that is read of it`, () => {
    const { line, sockets, frames } = lineOf()
    line.start()
    sockets[0].accept()
    sockets[0].say(text)
    assert.deepEqual(frames, [JSON.parse(text)])
    const [frame] = frames
    assert.ok(frame.type in shapes, `no module knows ${frame.type}`)
    assert.deepEqual(faults(frame, shapes[frame.type], frame.type), [])
    assert.equal(line.connected, frame.type === "hello")
  })
}

test("every frame that the modules read has a golden one", () => {
  const types = new Set([...golden.values()].map((text) => JSON.parse(text).type))
  assert.deepEqual([...types].sort(), Object.keys(shapes).sort())
})

test("times are in UTC, with milliseconds", () => {
  for (const [name, text] of golden)
    for (const [, time] of text.matchAll(/"(?:timestamp|last_seen|last_at|edited_at|at)": "([^"]*)"/g))
      assert.equal(new Date(time).toISOString(), time, name)
})

test("what one module reads of two frames is there in both", () => {
  assert.equal(typeof frameOf("hello_all.json").unread, "number")
  assert.equal(frameOf("ack_duplicate.json").duplicate, true)
  assert.equal(frameOf("ack.json").duplicate, false)
  assert.equal(frameOf("error_rate_limited.json").retryable, true)
  assert.ok(frameOf("error_rate_limited.json").retry_after_ms > 0)
  assert.equal(frameOf("error.json").retryable, false)
})

/** A tab of the golden person with the golden conversation open, before its last message. */
async function tab() {
  const { line, sockets, clock } = lineOf()
  const api = new FakeAPI()
  const { conversation_id: id, seq } = frameOf("message.json")
  const opened = {
    id,
    other: frameOf("read.json").user_id,
    epoch: frameOf("hello_all.json").epoch,
    head: seq - 1,
    headAt: "2026-11-22T10:41:00.000Z",
    seen: -1,
    otherRead: 0,
    otherDelivered: 0,
    hasOlder: false,
    atEnd: true,
    items: [],
  }
  const me = frameOf("hello_all.json").you.id
  const unread = frameOf("hello_all.json").unread
  const options = { me, line, storage: new FakeStorage(), known: [], unread, filter: "", opened, get: api.get, clock }
  const session = new Session(options)
  const rows = heard(session, "rows")
  await session.start()
  sockets[0].accept()
  const say = async (name) => {
    sockets[0].say(golden.get(name))
    await settle()
  }
  await say("hello_all.json")
  const item = () => rows.at(-1).rows.at(-1).item
  const write = () => session.compose({ conversation: id, text: "hi", clientId: frameOf("ack.json").client_id })
  return { session, socket: sockets[0], line, say, rows, item, write, api, clock }
}

test("golden: a message written here is acknowledged, comes, is delivered and read", async () => {
  const { say, item, write, rows } = await tab()
  await write()
  assert.equal(item().state, "sending")
  await say("ack.json")
  assert.equal(item().state, "sent")
  await say("message.json")
  assert.equal(rows.at(-1).rows.length, 1)
  assert.equal(item().text, frameOf("message.json").message)
  await say("ack_duplicate.json")
  assert.equal(rows.at(-1).rows.length, 1)
  await say("delivered.json")
  assert.equal(item().state, "delivered")
  await say("read.json")
  assert.equal(item().state, "read")
})

test("golden: a message is edited, and then deleted", async () => {
  const { session, item, say } = await tab()
  await say("message.json")
  session.revised(frameOf("message_edited.json"))
  assert.equal(item().text, frameOf("message_edited.json").message)
  assert.equal(item().edited, frameOf("message_edited.json").edited_at)
  session.revised(frameOf("message_deleted.json"))
  assert.deepEqual([item().text, item().deleted], ["", true])
})

test("golden: a refusal fails the message with the server's sentence", async () => {
  const { say, item, write } = await tab()
  await write()
  await say("error.json")
  assert.equal(item().state, "failed")
  assert.equal(item().fault, frameOf("error.json").detail)
})

test("golden: a rate limit waits as long as it says", async () => {
  const { session, socket, say, item, write, clock } = await tab()
  const slow = heard(session, "slow")
  await write()
  await say("error_rate_limited.json")
  const wait = frameOf("error_rate_limited.json").retry_after_ms
  assert.deepEqual(slow, [wait])
  assert.equal(item().state, "waiting")
  await clock.pass(wait)
  assert.equal(socket.of("send").length, 2)
})

test("golden: the end of a replay that missed something asks again, a reset loads the page", async () => {
  const { socket, say, clock, api } = await tab()
  assert.equal(socket.of("open").length, 1)
  await say("caught_up.json")
  await clock.pass(1_000)
  assert.equal(socket.of("open").length, 2)
  await say("reset.json")
  assert.ok(api.paths.includes(`/conversations/${frameOf("reset.json").conversation_id}/messages`))
})

test("golden: bye is obeyed", async () => {
  const { socket, line, say, clock } = await tab()
  await say("bye.json")
  socket.end(1012)
  assert.equal(line.state.retryAt - clock.now(), frameOf("bye.json").retry_after_ms)
})

test("golden: hints and list entries are told", async () => {
  const { session, say } = await tab()
  const told = ["typing", "presence", "entry", "rung"].map((type) => heard(session, type))
  for (const name of ["typing.json", "presence.json", "conversation.json", "notification.json", "pong.json"])
    await say(name)
  const [typing, presence, entries, rung] = told
  assert.deepEqual(typing, [frameOf("typing.json")])
  assert.deepEqual(presence, [frameOf("presence.json")])
  assert.deepEqual(entries, [frameOf("conversation.json").conversation])
  assert.deepEqual(rung, [{ unread: frameOf("notification.json").unread, fresh: true }])
})
