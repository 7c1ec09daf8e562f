// Who is signed in, as the service worker is told by pages and by what it hears of the server.

import assert from "node:assert/strict"
import { test } from "node:test"
import { settle } from "./fakes.js"
import { fakeFactory } from "./memory.js"

let runs = 0

/** A worker that starts, with what it has kept before. */
async function start(/** @type {Map<string, any>} */ kept = new Map()) {
  const { state, factory } = fakeFactory(kept)
  /** @type {((event: any) => void)[]} */
  const hearing = []
  globalThis.indexedDB = factory
  globalThis.addEventListener = (_type, hear) => hearing.push(hear)
  const { onPerson, person, setPerson, uncertain } = await import(
    `../../internal/http/web/static/js/worker/person.js?run=${++runs}`
  )
  /** @type {string[]} what is answered, and heard by those who asked for it */
  const said = []
  const tell = (/** @type {any} */ id) => {
    const ports = [{ postMessage: ({ type }) => said.push(type) }]
    return new Promise((resolve) => {
      for (const hear of hearing) hear({ data: { type: "person", id }, ports, waitUntil: (work) => resolve(work) })
    })
  }
  return { state, said, tell, onPerson, person, setPerson, uncertain }
}

test("a page is answered once all have done what it takes, and they are told once by however many", async () => {
  const { said, tell, onPerson, person, setPerson } = await start()
  let finish = () => {}
  onPerson((id) => (said.push(`told ${id}`), new Promise((resolve) => (finish = () => resolve(said.push("finished"))))))
  const heard = setPerson(7)
  const told = tell(7)
  await settle()
  assert.equal(await person(), 7)
  assert.deepEqual(said, ["told 7"], "nobody is answered before")
  finish()
  await Promise.all([heard, told])
  assert.deepEqual(said, ["told 7", "finished", "done"])
  await tell(7)
  assert.deepEqual(said.slice(3), ["done"])
})

test("what is no id is nobody", async () => {
  const { tell, person, setPerson } = await start()
  for (const id of [undefined, null, 0, -1, 1.5, "7", {}]) {
    await setPerson(7)
    await tell(id)
    assert.equal(await person(), undefined, String(id))
  }
})

test("a worker that starts anew tells of nobody new, unless it was stopped on the way", async () => {
  const kept = new Map()
  const first = await start(kept)
  first.onPerson(async () => {})
  await first.setPerson(7)
  const second = await start(kept)
  second.onPerson(async (id) => second.said.push(`told ${id}`))
  assert.equal(await second.person(), 7)
  await second.setPerson(7)
  assert.deepEqual(second.said, [])
  // It is stopped while it forgets what 7 had.
  second.onPerson(() => new Promise(() => {}))
  void second.setPerson(8)
  await settle()
  for (const next of [8, 7]) {
    const third = await start(new Map(kept))
    third.onPerson(async (id) => third.said.push(`told ${id}`))
    assert.equal(await third.person(), 8)
    await third.setPerson(next)
    assert.deepEqual(third.said, [`told ${next}`])
  }
})

test("a memory that failed once is asked again, and until then it is not certain that nobody is here", async () => {
  const { state, person, uncertain } = await start(new Map([["person", 7]]))
  state.refuses = true
  assert.deepEqual([await person(), uncertain()], [undefined, true])
  state.refuses = false
  assert.deepEqual([await person(), uncertain()], [7, false])
})

test("what is said while a memory fails counts", async () => {
  const { state, person, setPerson, uncertain } = await start(new Map([["person", 7]]))
  state.refuses = true
  const first = person()
  state.refuses = false
  await setPerson(8)
  assert.deepEqual([await first, await person(), uncertain()], [undefined, 8, false])
})

test("who could not be kept may be here all the same", async () => {
  const { state, setPerson, person, uncertain } = await start()
  state.refuses = true
  await setPerson(7)
  assert.deepEqual([await person(), uncertain()], [undefined, true])
})

test("where one has signed out it is certain that nobody is here", async () => {
  const { setPerson, person, uncertain } = await start(new Map([["person", 7]]))
  await setPerson(undefined)
  assert.deepEqual([await person(), uncertain()], [undefined, false])
})

test("what has not worked is tried when it is said again", async () => {
  const { said, onPerson, setPerson } = await start()
  let works = false
  onPerson(async (id) => {
    said.push(`told ${id}`)
    if (!works) throw new Error("the cache is away")
  })
  await setPerson(7)
  works = true
  await setPerson(7)
  await setPerson(7)
  assert.deepEqual(said, ["told 7", "told 7"])
})

test("where nothing can be kept nobody is here, and others are forgotten all the same", async () => {
  const { state, said, tell, onPerson, person } = await start(new Map([["person", 7]]))
  onPerson(async (id) => said.push(`told ${id}`))
  state.refuses = true
  await tell(8)
  assert.deepEqual([await person(), said], [undefined, ["told 8", "not kept"]])
  await tell(undefined)
  assert.deepEqual(said.slice(2), ["told undefined", "done"])
})
