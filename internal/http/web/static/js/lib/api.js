/**
 * Asks the JSON API. An answer that is no success throws an Error that says why.
 * @param {string} path behind /api/v1
 * @param {typeof fetch} [ask]
 * @returns {Promise<any>}
 */
export function getJSON(path, ask = fetch) {
  return call("GET", path, undefined, ask)
}

/**
 * Changes something through the JSON API. A refusal throws an Error with its sentence.
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
  const answer = await ask("/api/v1" + path, { method, headers, body, credentials: "same-origin" })
  if (answer.ok) return answer.status === 204 ? undefined : answer.json()
  const { detail } = await answer.json().catch(() => ({}))
  throw new Error(detail ?? `${path} answered ${answer.status}`)
}
