// Who is signed in in this browser. Every page that knows tells it: {type: "person", id}, without an id when
// nobody is. A page that waits for it gives a port, and is answered {type: "done"} when all is done.
import { keep, kept } from "./kept.js"
import { self } from "./scope.js"

/** @type {((id: number | undefined) => Promise<unknown>)[]} */
const listeners = []

/**
 * Who is signed in here: undefined for nobody, and where it cannot be known.
 * @returns {Promise<number | undefined>}
 */
export async function person() {
  const id = await kept("person").catch(() => undefined)
  return typeof id === "number" ? id : undefined
}

/**
 * Notes who is signed in. When that is somebody else than before, those who asked for it are told, and
 * waited for.
 * @param {number | undefined} id
 */
export async function setPerson(id) {
  const before = await person()
  await keep("person", id)
  if (id !== before) await Promise.allSettled(listeners.map((run) => run(id)))
}

/**
 * Has something done whenever somebody else is signed in here, or nobody.
 * @param {(id: number | undefined) => Promise<unknown>} run
 */
export function onPerson(run) {
  listeners.push(run)
}

self.addEventListener("message", (event) => {
  const { type, id } = event.data ?? {}
  if (type !== "person") return
  const done = setPerson(Number.isSafeInteger(id) && id > 0 ? id : undefined)
  event.waitUntil(done.then(() => event.ports[0]?.postMessage({ type: "done" })).catch(() => {}))
})
