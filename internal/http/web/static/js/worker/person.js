// Who is signed in in this browser. The pages that come through the worker say so by their header, and every page
// that knows tells it: {type: "person", id}, without an id when nobody is. A page that waits for it gives a port,
// and is answered {type: "done"} when all is done, {type: "not kept"} where that is not known from now on.
import { keep, kept } from "../lib/memory.js"
import { self } from "./scope.js"

/** @typedef {number | undefined} Person undefined for nobody */

/** @type {Promise<Person> | undefined} */
let known
/** whether it could not be read, or not be kept, last */
let failed = false
/** @type {{ id: Person, done: Promise<void> } | undefined} what was said last since the worker runs */
let last
/** @type {((id: Person) => Promise<unknown>)[]} */
const listeners = []

/**
 * Who is signed in here: undefined for nobody, and where it cannot be known.
 * @returns {Promise<Person>}
 */
export function person() {
  known ??= look()
  return known
}

/** Whether it could not be read or kept: it is as if nobody were here, but perhaps somebody is. */
export function uncertain() {
  return failed
}

/**
 * A database that failed once, as on a phone that wakes, is asked again.
 * @returns {Promise<Person>}
 */
function look() {
  const asked = kept("person").catch(() => {
    // Meanwhile it may have been said.
    if (known === asked) [known, failed] = [undefined, true]
  })
  failed = false
  return asked
}

/**
 * Notes who is signed in. When that is somebody else than before, those who asked for it are told once, whoever
 * says it how often; a worker that was stopped on the way tells them as it runs again.
 * @param {Person} id
 * @returns {Promise<void>} when all of them have finished
 */
export function setPerson(id) {
  if (!last || last.id !== id) {
    const said = { id, done: Promise.resolve() }
    last = said
    said.done = change(id).then((ended) => {
      // What did not work is tried when it is said again.
      if (!ended && last === said) last = undefined
    })
  }
  return last.done
}

/**
 * @param {Person} id
 * @returns {Promise<boolean>} whether it is kept, and all have done what it takes
 */
async function change(id) {
  const noting = note(id, person())
  // Where nothing can be kept nobody is here: not who was before, and not somebody whom a worker that starts
  // anew would not know.
  const noted = noting.then(({ is }) => (is ? id : undefined))
  known = noted
  failed = false
  const { is, work } = await noting
  if (known === noted) failed = !is && id !== undefined
  const ended = await Promise.allSettled(work)
  if (!is || ended.some(({ status }) => status === "rejected")) return false
  if (work.length === 0) return true
  return keep("told", id).then(
    () => true,
    () => false,
  )
}

/**
 * Keeps who is here, and has the listeners begin before anybody else knows it.
 * @param {Person} id
 * @param {Promise<Person>} before whose noting comes first
 * @returns {Promise<{ is: boolean, work: Promise<unknown>[] }>} whether it is kept, and what has begun
 */
async function note(id, before) {
  await before
  const same = id !== undefined && (await kept("told").catch(() => undefined)) === id
  if (!same) await keep("told", undefined).catch(() => {})
  const is = await keep("person", id).then(
    () => true,
    () => false,
  )
  return { is, work: same && is ? [] : listeners.map((run) => run(id)) }
}

/**
 * Has something done whenever somebody else is signed in here, or nobody. It may be told again of the same one.
 * @param {(id: Person) => Promise<unknown>} run
 */
export function onPerson(run) {
  listeners.push(run)
}

self.addEventListener("message", (event) => {
  const { type, id } = event.data ?? {}
  if (type !== "person") return
  event.waitUntil(said(Number.isSafeInteger(id) && id > 0 ? id : undefined, event.ports[0]))
})

/**
 * @param {Person} id
 * @param {MessagePort | undefined} port
 */
async function said(id, port) {
  await setPerson(id)
  port?.postMessage({ type: (await person()) === id ? "done" : "not kept" })
}
