/**
 * Asks the JSON API. An answer that is no success throws an Error with its status.
 * @param {string} path behind /api/v1
 * @param {typeof fetch} [ask]
 * @returns {Promise<any>}
 */
export async function getJSON(path, ask = fetch) {
  const answer = await ask("/api/v1" + path, { headers: { Accept: "application/json" }, credentials: "same-origin" })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
  return answer.json()
}
