/** Longer than an answer takes on the worst line that still is one. */
const answersWithin = 30_000

/** The server has said no; the message is its sentence. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {string} [field] the input at fault, where one is
   */
  constructor(message, status, field = "") {
    super(message)
    this.status = status
    this.field = field
  }
}

/**
 * Whether the same question gets no other answer a moment later.
 * @param {unknown} error
 */
export function isFinal(error) {
  return error instanceof Refused && error.status < 500 && error.status !== 429
}

/**
 * Stands for the answer about what is not there.
 * @param {unknown} error any other is thrown
 * @returns {any} with nothing in it
 */
export function unlessGone(error) {
  if (error instanceof Refused && error.status === 404) return {}
  throw error
}

/**
 * Asks the JSON API. An answer that is no success throws a Refused that says why,
 * and none at all an Error for people to read.
 * @param {string} path behind /api/v1
 * @param {typeof fetch} [ask]
 * @returns {Promise<any>}
 */
export function getJSON(path, ask = fetch) {
  return call("GET", "/api/v1" + path, {}, ask)
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
  const headers = body && { "Content-Type": "application/json" }
  return call(method, "/api/v1" + path, { body: body && JSON.stringify(body), headers }, ask)
}

/**
 * Posts what a form has to a page that answers scripts, with errors as of sendJSON.
 * @param {string} path
 * @param {URLSearchParams} body
 * @param {typeof fetch} [ask]
 * @returns {Promise<any>}
 */
export function sendForm(path, body, ask = fetch) {
  return call("POST", path, { body }, ask)
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: string | URLSearchParams, headers?: Record<string, string> }} sent
 * @param {typeof fetch} ask
 */
async function call(method, path, sent, ask) {
  const headers = { Accept: "application/json", ...sent.headers }
  const signal = AbortSignal.timeout(answersWithin)
  let answer
  try {
    // A change that was pressed is made, although the page is left meanwhile.
    const keepalive = method !== "GET"
    answer = await ask(path, { method, headers, body: sent.body, credentials: "same-origin", keepalive, signal })
    // It may break off in the middle.
    if (answer.ok) return answer.status === 204 ? undefined : await answer.json()
  } catch {
    throw new Error("There is no connection to SwapNest. Try again in a moment.")
  }
  const { detail, error, field } = await answer.json().catch(() => ({}))
  throw new Refused(detail ?? error ?? "SwapNest could not do this. Try again in a moment.", answer.status, field)
}
