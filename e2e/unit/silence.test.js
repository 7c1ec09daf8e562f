// Contract 17: a line that is silent may be dead: it is asked, and given up when it does not
// answer.

import assert from "node:assert/strict"
import { test } from "node:test"
import { hello, settle } from "./fakes.js"
import { lineOf, up } from "./lines.js"
import { compose, sessionOf } from "./sessions.js"

test("a ping asks after the silence that the server named", async () => {
  const { line, sockets, clock, greet } = lineOf()
  line.start()
  greet({ heartbeat_ms: 12_000 })
  await clock.pass(11_999)
  assert.equal(sockets[0].of("ping").length, 0)
  await clock.pass(1)
  assert.equal(sockets[0].of("ping").length, 1)
})

test("silence counts from the last frame, not from the last look", async () => {
  const { socket, clock } = up()
  await clock.pass(10_000)
  socket.say({ type: "pong" })
  await clock.pass(29_999)
  assert.equal(socket.of("ping").length, 0)
  await clock.pass(1)
  assert.equal(socket.of("ping").length, 1)
})

test("a line that speaks is not asked", async () => {
  const { line, socket, clock } = up()
  for (let i = 0; i < 30; i++) {
    await clock.pass(10_000)
    socket.say({ type: "pong" })
  }
  assert.equal(socket.of("ping").length, 0)
  assert.equal(line.connected, true)
})

test("a line that answers pings stays up", async () => {
  const { line, socket, sockets, clock } = up()
  for (let i = 0; i < 300; i++) {
    const before = socket.of("ping").length
    await clock.pass(1_000)
    if (socket.of("ping").length > before) socket.say({ type: "pong" })
  }
  assert.equal(socket.of("ping").length, 10)
  assert.equal(sockets.length, 1)
  assert.equal(line.connected, true)
})

test("75 s of silence are the end", async () => {
  const { line, socket, lost, clock } = up()
  await clock.pass(74_999)
  assert.equal(line.connected, true)
  await clock.pass(1)
  assert.deepEqual(lost, [1006])
  assert.equal(socket.closed, true)
  assert.equal(line.state.state, "reconnecting")
})

test("a word in the 75 s starts them again", async () => {
  const { line, socket, clock } = up()
  await clock.pass(70_000)
  socket.say({ type: "pong" })
  await clock.pass(74_999)
  assert.equal(line.connected, true)
  await clock.pass(1)
  assert.equal(line.connected, false)
})

test("a tab whose timers come late is not taken for dead before it has asked", async () => {
  const { line, socket, clock } = up()
  clock.sleep(600_000)
  await clock.pass(0)
  assert.equal(line.connected, true)
  assert.equal(socket.of("ping").length, 1)
  socket.say({ type: "pong" })
  await clock.pass(29_000)
  assert.equal(line.connected, true)
})

test("a tab that slept and gets no answer gives up 10 s later", async () => {
  const { line, clock } = up()
  clock.sleep(600_000)
  await clock.pass(9_000)
  assert.equal(line.connected, true)
  await clock.pass(2_000)
  assert.equal(line.connected, false)
})

test("a page that wakes asks at once, and an answer within 5 s keeps the line", async () => {
  const { line, socket, sockets, clock } = up()
  clock.sleep(20_000)
  line.probe()
  assert.equal(socket.of("ping").length, 1)
  await clock.pass(4_000)
  socket.say({ type: "pong" })
  await clock.pass(20_000)
  assert.equal(line.connected, true)
  assert.equal(sockets.length, 1)
})

test("a page that wakes to a dead line leaves it after 5 s", async () => {
  const { line, socket, lost, clock } = up()
  line.probe()
  await clock.pass(4_999)
  assert.equal(line.connected, true)
  await clock.pass(1)
  assert.deepEqual(lost, [1006])
  assert.equal(socket.closed, true)
})

test("a page that wakes between two tries tries at once", async () => {
  const { line, sockets, clock, socket } = up()
  clock.chance = 0.9
  socket.end(1006)
  line.probe()
  assert.equal(sockets.length, 2)
  line.probe()
  line.tryNow()
  assert.equal(sockets.length, 2, "one try is on its way")
  await clock.pass(1_000)
  assert.equal(sockets.length, 2, "and the one that waited is called off")
})

test("a try that gets nowhere does not keep anybody from trying again", async () => {
  const { line, sockets, clock, socket } = up()
  socket.end(1006)
  line.tryNow()
  assert.equal(sockets.length, 2)
  await clock.pass(4_999)
  line.tryNow()
  assert.equal(sockets.length, 2, "it may still come")
  await clock.pass(1)
  line.tryNow()
  assert.equal(sockets.length, 3)
  assert.equal(sockets[1].closed, true)
  sockets[1].accept()
  sockets[1].say(hello)
  assert.equal(line.connected, false, "the one that was left is not heard")
})

test("a line that owes an ack is asked after 10 s, and left after 10 s more", async () => {
  const { session, line, socket, sockets, clock, shown, greet } = await sessionOf()
  await compose(session, "hi")
  await settle()
  await clock.pass(9_999)
  assert.equal(socket.of("ping").length, 0)
  await clock.pass(1)
  assert.equal(socket.of("ping").length, 1)
  await clock.pass(9_999)
  assert.equal(line.connected, true)
  await clock.pass(1)
  assert.equal(line.connected, false)
  assert.deepEqual(shown(), ["hi waiting"])
  line.tryNow()
  assert.equal(sockets.length, 2)
  const next = await greet()
  assert.deepEqual(
    next.of("send").map((frame) => frame.client_id),
    ["c-hi"],
  )
})

test("a line that answers stays, and the message is sent on it again", async () => {
  const { session, line, socket, clock } = await sessionOf()
  await compose(session, "hi")
  await settle()
  await clock.pass(10_000)
  socket.say({ type: "pong" })
  await clock.pass(10_000)
  await settle()
  assert.equal(line.connected, true)
  assert.equal(socket.of("send").length, 2)
})
