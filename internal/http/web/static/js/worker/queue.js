/**
 * A queue: what is put into it runs one after the other, also behind what has failed.
 * @returns {<T>(run: () => Promise<T>) => Promise<T>}
 */
export function makeQueue() {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve()
  return (run) => {
    const turn = last.then(run)
    last = turn.catch(() => {})
    return turn
  }
}
