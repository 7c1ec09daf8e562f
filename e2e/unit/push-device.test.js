import assert from "node:assert/strict"
import { test } from "node:test"
import { PushDevice } from "../../internal/http/web/static/js/lib/push-device.js"
import { wordsFor } from "../../internal/http/web/static/js/lib/push-words.js"
import { FakeClock } from "./fakes.js"

const day = 24 * 60 * 60_000

/** A browser with its subscription, and a server with its list; people come and go. */
function world() {
  const clock = new FakeClock()
  let serial = 0
  const state = {
    lacks: undefined,
    permission: "default",
    answer: "granted",
    settles: true,
    /** its push service never answers */
    hangs: false,
    stores: true,
    /** @type {any} */
    subscription: undefined,
    key: "key-1",
    /** @type {string[]} endpoints that the server sends to, of the session that is signed in */
    devices: [],
    /** @type {string[]} what was asked of the server */
    asked: [],
    /** @type {Error | undefined} */
    fault: undefined,
    /** @type {Error | undefined} only of what changes the list */
    sendFault: undefined,
    told: new Map(),
    /** @type {any} the preferences that were changed */
    preferred: undefined,
  }
  const browser = {
    lacks: () => state.lacks,
    permission: () => state.permission,
    ask: async () => (state.permission = state.permission === "default" ? state.answer : state.permission),
    settle: async () => state.settles,
    subscription: async () => state.subscription,
    subscribe: async (key) => {
      if (state.hangs) return new Promise(() => {})
      const endpoint = `https://push.example/${++serial}`
      const unsubscribe = async () => (state.subscription = undefined)
      return (state.subscription = { endpoint, key, toJSON: () => ({ endpoint }), unsubscribe })
    },
  }
  const get = async (path) => {
    state.asked.push(`GET ${path}`)
    if (state.fault) throw state.fault
    return { public_key: state.key, devices: state.devices.map(() => ({ current: true })) }
  }
  const send = async (method, path, body) => {
    const { endpoint } = body
    state.asked.push(endpoint ? `${method} ${path} ${endpoint.split("/").at(-1)}` : `${method} ${path}`)
    const fault = state.fault ?? (path === "/me" ? undefined : state.sendFault)
    if (fault) throw fault
    if (path === "/me") return void (state.preferred = body.preferences)
    state.devices = state.devices.filter((one) => one !== endpoint)
    if (path === "/push/devices") state.devices.push(endpoint)
  }
  const kept = {
    read: (me) => state.told.get(me),
    write: (me, told) => {
      if (told) state.told.set(me, told)
      else state.told.delete(me)
      return state.stores
    },
  }
  const device = (me = 7) => new PushDevice({ me, browser, get, send, kept, clock })
  const asked = () => state.asked.splice(0)
  return { state, clock, device, asked, last: () => `https://push.example/${serial}` }
}

test("it is off until somebody turns it on, which tells the server", async () => {
  const { state, device, asked, last } = world()
  await device().keepUp()
  assert.equal(await device().state(), "off")
  assert.deepEqual(asked(), [])
  assert.equal(await device().turnOn(), "on")
  assert.deepEqual(asked(), ["GET /push", "PATCH /me", "POST /push/devices 1"])
  assert.deepEqual([state.devices, state.preferred], [[last()], { push: true }])
  assert.equal(await device().state(), "on")
  await device().turnOff()
  assert.deepEqual(asked(), ["POST /push/devices/forget 1"])
  assert.equal(await device().state(), "off")
  assert.equal(state.subscription, undefined)
  assert.deepEqual(state.devices, [])
})

test("what the browser or the site lacks, and a no, are told apart", async () => {
  const { state, device } = world()
  for (const lacks of ["home-screen", "browser"]) {
    state.lacks = lacks
    assert.equal(await device().state(), lacks)
  }
  state.lacks = undefined
  state.answer = "default"
  assert.equal(await device().turnOn(), "off")
  state.answer = "denied"
  assert.equal(await device().turnOn(), "blocked")
  assert.equal(await device().state(), "blocked")
  state.permission = "granted"
  assert.equal(await device().offered(), true)
  state.key = ""
  assert.deepEqual([await device().offered(), await device().turnOn()], [false, "none"])
  state.fault = new Error("no line")
  assert.equal(await device().offered(), true, "nobody knows")
})

test("what does not work leaves nothing behind, and says why", async () => {
  const { state, device } = world()
  state.settles = false
  await assert.rejects(device().turnOn(), /private window/)
  state.settles = true
  state.fault = new Error("There is no connection to SwapNest. Try again in a moment.")
  await assert.rejects(device().turnOn(), /no connection/)
  assert.equal(await device().state(), "off")
  state.fault = undefined
  // The server gives its key, and is gone then.
  state.fault = undefined
  state.sendFault = new Error("no answer")
  await assert.rejects(device().turnOn(), /no answer/)
  assert.deepEqual([state.subscription, await device().state()], [undefined, "off"])
  state.sendFault = undefined
  await device().turnOn()
  assert.equal(await device().state(), "on")
  state.fault = new Error("no line")
  await device().turnOff()
  assert.equal(state.subscription, undefined, "the push service tells the server")
  assert.equal(await device().state(), "off")
  state.fault = undefined
  state.stores = false
  await assert.rejects(device().turnOn(), /keeps nothing/)
  assert.equal(state.subscription, undefined)
})

test("the server is asked once a day, and told only of what it does not know", async () => {
  const { state, clock, device, asked } = world()
  await device().turnOn()
  asked()
  for (let i = 0; i < 10; i++) await device().keepUp()
  assert.deepEqual(asked(), [])
  await clock.pass(day)
  await device().keepUp()
  await device().keepUp()
  assert.deepEqual(asked(), ["GET /push"])
  // The browser has another address than the one that was told.
  state.subscription = {
    ...state.subscription,
    endpoint: "https://push.example/moved",
    toJSON: () => ({ endpoint: "https://push.example/moved" }),
  }
  await device().keepUp()
  assert.deepEqual(asked(), ["GET /push", "POST /push/devices moved", "POST /push/devices/forget 1"])
  assert.equal(await device().state(), "on")
})

test("another key of the server's subscribes anew, without a question", async () => {
  const { state, clock, device, asked, last } = world()
  await device().turnOn()
  state.key = "key-2"
  await clock.pass(day)
  asked()
  await device().keepUp()
  assert.deepEqual(asked(), ["GET /push", "POST /push/devices 2", "POST /push/devices/forget 1"])
  assert.equal(state.subscription.key, "key-2")
  assert.deepEqual(state.devices, [last()])
})

test("after a session that ran out one has it again; somebody else has it only when they press", async () => {
  const { state, device, asked } = world()
  await device().turnOn()
  // The session has run out: the server has let go of the device, and pages have seen that nobody is signed in.
  state.devices = []
  state.told.set(7, { endpoint: "", at: 0 })
  asked()
  assert.equal(await device().state(), "off")
  await device(8).keepUp()
  assert.equal(state.subscription, undefined, "it was not theirs")
  assert.equal(await device(8).state(), "off")
  assert.deepEqual(asked(), [])
  await device(7).keepUp()
  assert.deepEqual(asked(), ["GET /push", "POST /push/devices 2"])
  assert.equal(await device(7).state(), "on")
  await device(8).turnOn()
  assert.equal(await device(8).state(), "on")
})

test("what was taken off the list elsewhere stays off", async () => {
  const { state, device, asked } = world()
  await device().turnOn()
  state.devices = []
  await device().keepUp({ now: true })
  assert.equal(await device().state(), "off")
  assert.equal(state.subscription, undefined)
  asked()
  await device().keepUp({ now: true })
  assert.deepEqual(asked(), [])
})

test("a permission that was taken back is not asked for again", async () => {
  const { state, device, asked } = world()
  await device().turnOn()
  state.permission = "denied"
  asked()
  await device().keepUp({ now: true })
  assert.equal(await device().state(), "blocked")
  assert.deepEqual(asked(), [])
})

test("after logging out one is told no more, and has to turn it on again", async () => {
  const { state, device, asked } = world()
  await device().turnOn()
  asked()
  await device().leave()
  assert.deepEqual([state.subscription, state.told.size, asked()], [undefined, 0, []])
  await device().keepUp()
  assert.equal(await device().state(), "off")
})

test("each state has its words, and a button where one can do something", () => {
  for (const state of ["on", "off", "held"]) assert.ok(wordsFor(state).button)
  for (const state of ["blocked", "browser", "home-screen", "none"])
    assert.equal(wordsFor(state, "No.").button, undefined)
  assert.deepEqual(wordsFor("off", "No line."), { text: "It did not work. No line.", button: "Try again" })
})

test("a browser that never answers is given up after 20 s, and may be asked again", async () => {
  const { state, clock, device } = world()
  state.hangs = true
  const on = device().turnOn()
  const fault = assert.rejects(on, /does not answer/)
  await clock.pass(20_000)
  await fault
  assert.equal(state.told.size, 0)
  assert.equal(await device().state(), "off")
  state.hangs = false
  assert.equal(await device().turnOn(), "on")
  assert.equal(clock.timers, 0)
})
