// Who is signed in in this browser. Every page that knows tells it: {type: "person", id}, without an id when
// nobody is. A page that waits for it gives a port, and is answered {type: "done"} when all is done.
import { keep, kept } from "./kept.js"
import { self } from "./scope.js"

/** @type {Promise<number | undefined> | undefined} */
let known
/** @type {((id: number | undefined) => Promise<unknown>)[]} */
const listeners = []

/**
 * Who is signed in here: undefined for nobody, and where it cannot be known.
 * @returns {Promise<number | undefined>}
 */
export function person() {
  known ??= kept("person").catch(() => undefined)
  return known
}

/**
 * Notes who is signed in. When that is somebody else than before, those who asked for it are told, and
 * waited for.
 * @param {number | undefined} id
 */
export async function setPerson(id) {
  const before = await person()
  // Where nothing can be kept nobody is here: not who was before, and not somebody whom a worker that starts
  // anew would not know.
  known = keep("person", id).then(
    () => id,
    () => undefined,
  )
  await known
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
  event.waitUntil(said(Number.isSafeInteger(id) && id > 0 ? id : undefined, event.ports[0]))
})

/**
 * @param {number | undefined} id
 * @param {MessagePort | undefined} port
 */
async function said(id, port) {
  await setPerson(id)
  if ((await person()) === id) port?.postMessage({ type: "done" })
}
