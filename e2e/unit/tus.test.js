// The client of tus 1.0, and what it does when the line breaks.

import assert from "node:assert/strict"
import { test } from "node:test"
import { carry } from "../../internal/http/web/static/js/lib/carry.js"
import { Tus, UploadFault } from "../../internal/http/web/static/js/lib/tus.js"
import { FakeClock, settle } from "./fakes.js"
import { FakeUploads, answer, bytesOf, problem } from "./uploading.js"

const size = 3_000_000

/** A file on its way to a server; promise is of its end. */
function begin(server = new FakeUploads(), { upload = "", name = "a.pdf", bytes = bytesOf(name, size), ...more } = {}) {
  const clock = new FakeClock()
  const news = { sent: [] }
  const controller = new AbortController()
  const rests = []
  const tell = ({ sent, ...rest }) => {
    if (sent !== undefined) news.sent.push(sent)
    Object.assign(news, rest)
  }
  const rest = (ms) => new Promise((go) => rests.push({ ms, go }))
  const means = { tus: new Tus({ clock, ask: server.ask }), clock, signal: controller.signal, tell, rest }
  const promise = carry({ name, type: "application/pdf", size: bytes.size, upload, ...more }, bytes, means)
  const outcome = promise.then(
    () => "there",
    (error) => error,
  )
  /** The next pause, once it begins. */
  const pause = async () => {
    await settle()
    return rests.shift()
  }
  return { server, clock, news, controller, outcome, pause }
}

const arrived = (server) =>
  [...server.all.values()].map(({ name, parts }) => ({ name, ok: parts.equals(bytesOf(name, size).all) }))

test("a file is announced, and sent in parts that grow while the line is quick", async () => {
  const { server, news, outcome } = begin(undefined, { name: "año 1.pdf", kind: "voice" })
  assert.equal(await outcome, "there")
  assert.deepEqual(server.asked, ["POST", "PATCH 0", "PATCH 524288", "PATCH 1572864"])
  const [upload] = server.all.values()
  assert.deepEqual(upload.metadata, { filename: "año 1.pdf", filetype: "application/pdf", kind: "voice" })
  assert.deepEqual(arrived(server), [{ name: "año 1.pdf", ok: true }])
  assert.deepEqual(news.sent, [524_288, 1_572_864, 3_000_000])
  assert.equal(news.upload, upload.id)
})

test("parts shrink on a slow line", async () => {
  const server = new FakeUploads()
  const sent = begin(server)
  server.before = async ({ method }) => method === "PATCH" && void sent.clock.sleep(3_000)
  assert.equal(await sent.outcome, "there")
  assert.deepEqual(server.asked.slice(1, 5), ["PATCH 0", "PATCH 524288", "PATCH 786432", "PATCH 917504"])
  assert.equal(server.asked.at(-1), `PATCH ${917_504 + 15 * 131_072}`, "and not below 128 KiB")
})

test("behind a line that broke it goes on where it was", async () => {
  const server = new FakeUploads()
  server.before = ({ method, offset, upload, body }) => {
    if (method !== "PATCH" || offset !== 524_288) return undefined
    server.before = () => undefined
    server.receive(upload, body, 100_000)
    throw new TypeError("network error")
  }
  const sent = begin(server)
  const pause = await sent.pause()
  assert.equal(sent.news.state, "waiting")
  assert.ok(pause.ms >= 500 && pause.ms <= 1_000, `waits ${pause.ms} ms`)
  pause.go()
  assert.equal(await sent.outcome, "there")
  assert.deepEqual(server.asked.slice(2, 5), ["PATCH 524288", "HEAD", "PATCH 624288"])
  assert.equal(server.received, size, "nothing is sent twice")
  assert.deepEqual(arrived(server), [{ name: "a.pdf", ok: true }])
})

test("what was begun before a reload goes on where it was", async () => {
  const server = new FakeUploads()
  const first = begin(server)
  server.before = ({ offset }) => {
    if (offset > 0) throw new TypeError("network error")
  }
  await first.pause()
  first.controller.abort()
  server.before = () => undefined
  const { outcome } = begin(server, { upload: first.news.upload })
  assert.equal(await outcome, "there")
  assert.deepEqual([server.all.size, server.received], [1, size])
})

test("an answer that is lost at the end is asked for", async (t) => {
  /** The last part arrives, and its answer does not. */
  const broken = async (server) => {
    server.before = async ({ method, offset, ...request }) => {
      if (method !== "PATCH" || offset < 1_572_864) return undefined
      server.before = () => undefined
      await server.ask(`/api/v1/uploads/${request.id}`, { method, headers: request.headers, body: request.body })
      throw new TypeError("network error")
    }
    const sent = begin(server)
    const pause = await sent.pause()
    server.asked = []
    pause.go()
    return sent
  }
  await t.test("it was safe", async () => {
    const server = new FakeUploads()
    assert.equal(await (await broken(server)).outcome, "there")
    assert.deepEqual(server.asked, ["HEAD", "GET"])
  })
  await t.test("it was refused", async () => {
    const server = new FakeUploads()
    server.refuse = () => "This file is a program."
    const error = await (await broken(server)).outcome
    assert.deepEqual(server.asked, ["HEAD", "GET"])
    assert.deepEqual([error.message, error.retryable], ["This file is a program.", false])
  })
  await t.test("it was not looked at: no bytes ask for that", async () => {
    const server = new FakeUploads()
    const look = server.receive.bind(server)
    server.receive = (upload, ...rest) => {
      look(upload, ...rest)
      if (upload.parts.length < size || upload.asked) return
      upload.asked = true
      throw new TypeError("network error")
    }
    const sent = begin(server)
    ;(await sent.pause()).go()
    assert.equal(await sent.outcome, "there")
    assert.deepEqual(server.asked.slice(-3), ["HEAD", "GET", `PATCH ${size}`])
  })
})

test("a scanner that does not answer is asked again", async () => {
  const server = new FakeUploads()
  let busy = 2
  server.refuse = () => {
    if (busy-- > 0) throw new TypeError("not now")
    return undefined
  }
  const sent = begin(server)
  for (let n = 0; n < 2; n++) (await sent.pause()).go()
  assert.equal(await sent.outcome, "there")
  assert.equal(server.received, size)
})

test("a refusal ends it with its sentence, and is not tried again", async () => {
  for (const [status, retryable] of [
    [413, false],
    [415, false],
    [401, false],
  ]) {
    const server = new FakeUploads()
    server.before = () => problem(status, "This is not possible.")
    const error = await begin(server).outcome
    assert.ok(error instanceof UploadFault)
    assert.deepEqual([error.message, error.status, error.retryable], ["This is not possible.", status, retryable])
    assert.equal(server.asked.length, 1)
  }
})

test("what may succeed later is tried again: as late as the server asks, and not for ever", async () => {
  const server = new FakeUploads()
  const answers = [problem(429, "Slowly.", { "Retry-After": "7" }), problem(423, "Locked."), problem(503, "Not now.")]
  server.before = () => answers.shift()
  const sent = begin(server)
  const waits = []
  for (let n = 0; n < 3; n++) {
    const pause = await sent.pause()
    waits.push(pause.ms)
    pause.go()
  }
  assert.equal(waits[0], 7_000)
  assert.equal(await sent.outcome, "there")

  server.before = () => problem(500, "A fault of ours.")
  const never = begin(server)
  for (let n = 0; n < 9; n++) (await never.pause()).go()
  const error = await never.outcome
  assert.deepEqual([error.message, error.retryable], ["A fault of ours.", true])
})

test("a quota that is used up until tomorrow is no spinner until tomorrow", async () => {
  const server = new FakeUploads()
  server.before = () => problem(429, "You have sent 500 MB today. Send it tomorrow.", { "Retry-After": "40000" })
  const error = await begin(server).outcome
  assert.deepEqual([error.message, error.retryable], ["You have sent 500 MB today. Send it tomorrow.", true])
})

test("an upload that has expired is begun anew, once", async () => {
  const server = new FakeUploads()
  assert.equal(await begin(server, { upload: "gone" }).outcome, "there")
  assert.deepEqual(server.asked.slice(0, 3), ["HEAD", "POST", "PATCH 0"])
  const forgetful = new FakeUploads()
  forgetful.before = ({ method }) => (method === "POST" ? undefined : problem(404, "There is no such upload."))
  assert.equal((await begin(forgetful).outcome).message, "There is no such upload.")
  assert.deepEqual(forgetful.asked, ["POST", "PATCH 0", "POST", "PATCH 0"])
})

test("who has other bytes than were thought is asked how many", async () => {
  const server = new FakeUploads()
  const id = (await server.ask("/api/v1/uploads", { method: "POST", headers: { "Upload-Length": String(size), "Upload-Metadata": "filename YQ==" } })).headers.get("Location").split("/").at(-1) // prettier-ignore
  let first = true
  server.before = ({ method, upload }) => {
    if (method !== "PATCH" || !first) return
    first = false
    // Another tab of a browser without locks.
    server.receive(upload, new TextEncoder().encode("a.pdf"))
  }
  const sent = begin(server, { upload: id })
  ;(await sent.pause()).go()
  assert.equal(await sent.outcome, "there")
  assert.ok(server.all.get(id).parts.equals(bytesOf("a.pdf", size).all))
})

test("a request on which nothing moves for a minute is given up and tried again", async () => {
  const server = new FakeUploads()
  server.before = () => {
    server.before = () => undefined
    return new Promise(() => {})
  }
  const hung = new FakeUploads()
  hung.ask = (url, options) =>
    Promise.race([server.ask(url, options), new Promise((_, no) => options.signal.addEventListener("abort", no))])
  const sent = begin(hung)
  await settle()
  await sent.clock.pass(59_999)
  assert.equal(sent.news.state, "sending")
  await sent.clock.pass(1)
  ;(await sent.pause()).go()
  assert.equal(await sent.outcome, "there")
  assert.equal(sent.clock.timers, 0)
})

test("a file that was changed or moved on the device says so", async () => {
  const bytes = { size, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotReadableError")) }) }
  const error = await begin(undefined, { bytes }).outcome
  assert.deepEqual([error.message, error.retryable], ["It could not be read from your device. Choose it again.", false])
})

test("an answer that is none is a fault, not a crash", async () => {
  const server = new FakeUploads()
  server.before = () => answer(201)
  assert.match((await begin(server).outcome).message, /did not say where/)
  server.before = () => new Response("<h1>Bad gateway</h1>", { status: 502 })
  const sent = begin(server)
  const pause = await sent.pause()
  sent.controller.abort()
  pause.go()
  assert.equal((await sent.outcome).name, "AbortError")
})
