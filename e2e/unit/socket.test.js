// Contract 17 and the browser's half of 18 and 19: one line, kept up, given up only
// for what cannot get better.

import assert from "node:assert/strict"
import { test } from "node:test"
import { backoff } from "../../internal/http/web/static/js/lib/backoff.js"
import { Line } from "../../internal/http/web/static/js/lib/socket.js"
import { FakeClock, FakeSocket, heard, hello } from "./fakes.js"

function lineOf({ clock = new FakeClock() } = {}) {
  const sockets = []
  const log = []
  const network = { refuses: false }
  const open = (url) => {
    if (network.refuses) throw new Error("SecurityError")
    sockets.push(new FakeSocket(url))
    return sockets.at(-1)
  }
  const line = new Line({ url: "ws://shop.test/ws/", open, clock, log: (words) => log.push(words) })
  /** A server that takes the newest socket. */
  const greet = (more = {}) => {
    sockets.at(-1).accept()
    sockets.at(-1).say({ ...hello, ...more })
    return sockets.at(-1)
  }
  return { line, sockets, log, network, clock, greet, states: heard(line, "state"), lost: heard(line, "lost") }
}

/** A line that is up. */
function up(options) {
  const all = lineOf(options)
  all.line.start()
  return { ...all, socket: all.greet() }
}

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
    const { socket, sockets, states, clock } = up()
    socket.say({ type: "bye", reason: "restarting", retry_after_ms: 3_250 })
    socket.end(code)
    assert.equal(states.at(-1).retryAt - clock.now(), 3_250)
    await clock.pass(3_249)
    assert.equal(sockets.length, 1)
    await clock.pass(1)
    assert.equal(sockets.length, 2)
    sockets[1].end(1006)
    assert.ok(states.at(-1).retryAt - clock.now() <= 1_000, "it holds for one try")
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
