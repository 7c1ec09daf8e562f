// Contract 17 and the browser's half of 18 and 19: one line, kept up, given up only
// for what cannot get better.

import assert from "node:assert/strict"
import { test } from "node:test"
import { backoff } from "../../internal/http/web/static/js/lib/backoff.js"
import { heard } from "./fakes.js"
import { lineOf, up } from "./lines.js"

test("backoff is anything from nothing to a ceiling that doubles from 0.5 s to 30 s", () => {
  const ceilings = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
  ceilings.forEach((ceiling, attempt) => {
    assert.equal(
      backoff(attempt, () => 0),
      0,
    )
    assert.equal(
      backoff(attempt, () => 0.5),
      ceiling / 2,
    )
    assert.equal(
      backoff(attempt, () => 1 - Number.EPSILON),
      ceiling,
    )
  })
  assert.equal(
    backoff(100_000, () => 0.5),
    15_000,
  )
  for (let i = 0; i < 1_000; i++) {
    const wait = backoff(i % 20)
    assert.ok(Number.isInteger(wait) && wait >= 0 && wait <= 30_000)
  }
})

test("the line is up with hello, not with the socket", () => {
  const { line, sockets, greet, states } = lineOf()
  line.start()
  assert.equal(sockets[0].url, "ws://shop.test/ws/")
  sockets[0].accept()
  assert.equal(line.connected, false)
  assert.equal(line.send({ type: "ping" }), false)
  greet()
  assert.equal(line.connected, true)
  assert.deepEqual(
    states.map(({ state }) => state),
    ["connecting", "connected"],
  )
})

test("the line is up when the listeners of hello are told", () => {
  const { line, greet } = lineOf()
  line.addEventListener("frame", () => line.send({ type: "watch", user_ids: [] }))
  line.start()
  assert.equal(greet().of("watch").length, 1)
})

test("starting twice opens one socket", () => {
  const { line, sockets } = lineOf()
  line.start()
  line.start()
  assert.equal(sockets.length, 1)
})

test("the console says what people look for, once each", () => {
  const { log, socket } = up()
  assert.deepEqual(log, ["WebSocket connection established"])
  socket.end(1006)
  assert.deepEqual(log, ["WebSocket connection established", "WebSocket connection closed"])
})

test("a socket that never opened was not closed", async () => {
  const { line, sockets, log } = lineOf()
  line.start()
  sockets[0].end(1006)
  assert.deepEqual(log, [])
})

test("frames are told as they come, and what is no frame is not", () => {
  const { line, socket } = up()
  const frames = heard(line, "frame")
  socket.say({ type: "pong" })
  for (const junk of ["", "{", "null", "7", '"hi"', "[]", '{"type":7}', "{}"]) socket.say(junk)
  assert.deepEqual(frames, [{ type: "pong" }])
  assert.equal(line.connected, true)
})

test("frames are sent as JSON, and a socket that throws has not taken them", () => {
  const { line, socket } = up()
  assert.equal(line.send({ type: "read", conversation_id: 41, seq: 2 }), true)
  assert.deepEqual(socket.sent, [{ type: "read", conversation_id: 41, seq: 2 }])
  socket.closed = true
  assert.equal(line.send({ type: "ping" }), false)
})

for (const code of [1000, 1001, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 4100, 4101, 4429]) {
  test(`after ${code} the line comes back`, async () => {
    const { line, socket, sockets, states, lost, clock, greet } = up()
    socket.end(code)
    assert.deepEqual(lost, [code])
    const state = states.at(-1)
    assert.equal(state.state, "reconnecting")
    assert.equal(state.lostAt, clock.now())
    assert.ok(state.retryAt >= clock.now() && state.retryAt <= clock.now() + 500)
    await clock.pass(500)
    assert.equal(sockets.length, 2)
    greet()
    assert.equal(line.connected, true)
  })
}

for (const [code, state, reason] of [
  [4400, "error", "refused"],
  [4401, "disconnected", "signed out"],
  [4404, "error", "refused"],
]) {
  test(`${code} ends the line for good`, async () => {
    const { line, socket, sockets, states, lost, clock } = up()
    socket.end(code)
    assert.equal(states.at(-1).state, state)
    assert.equal(states.at(-1).reason, reason)
    assert.deepEqual(lost, [code])
    assert.equal(clock.timers, 0)
    line.start()
    line.tryNow()
    line.probe()
    line.stop()
    await clock.pass(600_000)
    assert.equal(sockets.length, 1)
    assert.equal(states.at(-1).state, state)
  })
}

test("tries grow apart, with full jitter, and never more than 30 s", async () => {
  const { line, sockets, states, clock } = lineOf()
  line.start()
  const waits = []
  for (let i = 0; i < 9; i++) {
    sockets.at(-1).end(1006)
    waits.push(states.at(-1).retryAt - clock.now())
    await clock.pass(waits.at(-1))
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
  assert.equal(sockets.length, 10)
})

test("a line that held a while starts again with short waits, one that fell at once does not", async () => {
  const { socket, sockets, states, clock, greet } = up()
  socket.end(1006)
  await clock.pass(250)
  greet()
  await clock.pass(4_999)
  sockets.at(-1).end(1006)
  assert.equal(states.at(-1).retryAt - clock.now(), 500)
  await clock.pass(500)
  greet()
  await clock.pass(5_000)
  sockets.at(-1).end(1006)
  assert.equal(states.at(-1).retryAt - clock.now(), 250)
})

test("a line that is down tells since when, over all its tries", async () => {
  const { socket, sockets, states, clock, greet } = up()
  const lostAt = clock.now()
  socket.end(1006)
  await clock.pass(250)
  sockets.at(-1).end(1006)
  await clock.pass(500)
  assert.equal(states.at(-1).lostAt, lostAt)
  assert.equal(states.at(-1).retryAt, undefined)
  greet()
  assert.equal(states.at(-1).lostAt, undefined)
})

for (const code of [1012, 4429]) {
  test(`bye says how long to stay away before ${code}`, async () => {
    const { socket, sockets, states, clock, greet } = up()
    socket.say({ type: "bye", reason: "restarting", retry_after_ms: 3_250 })
    socket.end(code)
    assert.equal(states.at(-1).retryAt - clock.now(), 3_250)
    assert.equal(states.at(-1).asked, 3_250)
    await clock.pass(3_249)
    assert.equal(sockets.length, 1)
    await clock.pass(1)
    assert.equal(sockets.length, 2)
    sockets[1].end(1006)
    assert.ok(states.at(-1).retryAt - clock.now() <= 1_000, "it holds for one try")
    assert.equal(states.at(-1).asked, 3_250, "people are patient until the server is back")
    await clock.pass(1_000)
    greet().end(1006)
    assert.equal(states.at(-1).asked, undefined)
  })
}

test("a server that lets one come at once is taken at its word", async () => {
  const { socket, sockets, clock } = up()
  socket.say({ type: "bye", reason: "restarting", retry_after_ms: 0 })
  socket.end(1012)
  await clock.pass(0)
  assert.equal(sockets.length, 2)
})

test("a socket that says no hello within 15 s is given up", async () => {
  const { line, sockets, clock } = lineOf()
  line.start()
  sockets[0].accept()
  await clock.pass(14_999)
  assert.equal(sockets[0].closed, false)
  await clock.pass(1)
  assert.equal(sockets[0].closed, true)
  assert.equal(line.state.state, "reconnecting")
})

test("a browser that refuses to open a socket is tried again", async () => {
  const { line, network, sockets, clock, greet } = lineOf()
  network.refuses = true
  line.start()
  assert.equal(line.state.state, "reconnecting")
  network.refuses = false
  await clock.pass(500)
  assert.equal(sockets.length, 1)
  greet()
  assert.equal(line.connected, true)
})

test("a socket that was given up is not heard any more", async () => {
  const { line, sockets, lost, log, clock, greet } = lineOf()
  line.start()
  await clock.pass(16_000)
  greet()
  const frames = heard(line, "frame")
  sockets[0].accept()
  sockets[0].say({ type: "pong" })
  sockets[0].end(4401)
  assert.deepEqual(frames, [])
  assert.deepEqual(lost, [1006])
  assert.deepEqual(log, ["WebSocket connection established"])
  assert.equal(line.connected, true)
})

test("trying now does nothing to a line that is up", () => {
  const { line, sockets } = up()
  line.tryNow()
  assert.equal(sockets.length, 1)
})

test("a stopped line is closed, tells so, and can be started again", async () => {
  const { line, socket, sockets, lost, log, clock, greet } = up()
  line.stop()
  assert.equal(socket.closed, true)
  assert.deepEqual(line.state, { state: "disconnected", reason: "stopped" })
  assert.deepEqual(lost, [1000], "what was on it has no answer")
  assert.deepEqual(log, ["WebSocket connection established", "WebSocket connection closed"])
  assert.equal(clock.timers, 0)
  line.stop()
  assert.deepEqual(lost, [1000])
  line.start()
  assert.equal(line.state.state, "connecting")
  assert.equal(sockets.length, 2)
  greet()
  assert.equal(line.connected, true)
})

test("a line that is stopped between two tries stays stopped", async () => {
  const { line, socket, sockets, clock } = up()
  socket.end(1006)
  line.stop()
  await clock.pass(60_000)
  assert.equal(sockets.length, 1)
})

test("without a network the line is lost at once, and waits for it", async () => {
  const { line, socket, states, sockets } = up()
  line.offline()
  assert.equal(socket.closed, true)
  assert.equal(states.at(-1).state, "reconnecting")
  line.offline()
  line.probe()
  assert.equal(sockets.length, 2, "the network is back")
})
