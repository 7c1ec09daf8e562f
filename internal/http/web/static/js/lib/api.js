/** Longer than an answer takes on the worst line that still is one. */
const answersWithin = 30_000

/** The server has said no; the message is its sentence. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

/**
 * Asks the JSON API. An answer that is no success throws a Refused that says why,
 * and none at all an Error for people to read.
 * @param {string} path behind /api/v1
 * @param {typeof fetch} [ask]
 * @returns {Promise<any>}
 */
export function getJSON(path, ask = fetch) {
  return call("GET", path, undefined, ask)
}

/**
 * Changes something through the JSON API. A refusal throws a Refused with its sentence.
 * Without an answer it is not known whether anything was changed: that throws another Error.
 * @param {string} method
 * @param {string} path behind /api/v1
 * @param {object} [body]
 * @param {typeof fetch} [ask]
 * @returns {Promise<any>}
 */
export function sendJSON(method, path, body, ask = fetch) {
  return call(method, path, body && JSON.stringify(body), ask)
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string | undefined} body
 * @param {typeof fetch} ask
 */
async function call(method, path, body, ask) {
  const headers = { Accept: "application/json", ...(body !== undefined && { "Content-Type": "application/json" }) }
  const signal = AbortSignal.timeout(answersWithin)
  let answer
  try {
    // A change that was pressed is made, although the page is left meanwhile.
    const keepalive = method !== "GET"
    answer = await ask("/api/v1" + path, { method, headers, body, credentials: "same-origin", keepalive, signal })
    // It may break off in the middle.
    if (answer.ok) return answer.status === 204 ? undefined : await answer.json()
  } catch {
    throw new Error("There is no connection to SwapNest. Try again in a moment.")
  }
  const { detail } = await answer.json().catch(() => ({}))
  throw new Refused(detail ?? "SwapNest could not do this. Try again in a moment.", answer.status)
}
