import { backoff } from "./backoff.js"
import { UploadFault } from "./tus.js"

/** Bytes that are sent in one request: about as many as the line takes in a second. */
const firstPart = 512 << 10
const leastPart = 128 << 10
const mostPart = 4 << 20
const quick = 500
const slow = 2_000
/** How often in a row the server may answer that it cannot, and how long it may ask to wait, in milliseconds. */
const mostRefusals = 10
const mostWait = 60_000

/**
 * What carries a file, and what is told meanwhile.
 * @typedef {object} Means
 * @property {import("./tus.js").Tus} tus
 * @property {import("./clock.js").Clock} clock
 * @property {AbortSignal} signal ends it; then the promise is rejected with its reason
 * @property {(news: { upload?: string, sent?: number, state?: "waiting" | "sending" }) => void} tell
 * @property {(ms: number) => Promise<void>} rest waits, and longer where there is no line
 */

/**
 * Brings a file to the server, however often the line breaks: each time it goes on behind what
 * has arrived. Returns once the server has looked at the file and has found it safe.
 * @param {import("./tus.js").Begun & { upload: string }} file upload: its id where it was begun before, else ""
 * @param {Blob} bytes
 * @param {Means} means
 * @throws {UploadFault} when it cannot arrive; retryable says whether it may later
 */
export async function carry(file, bytes, { tus, clock, signal, tell, rest }) {
  let { upload } = file
  /** @type {number | undefined} what the server has; it is asked where that is not known */
  let offset
  let part = firstPart
  let failures = 0
  let refusals = 0
  let anew = false
  for (;;) {
    try {
      tell({ state: "sending" })
      if (!upload) {
        upload = await tus.begin(file, signal)
        offset = 0
        tell({ upload })
      } else if (offset === undefined) {
        offset = await tus.offset(upload, signal)
        tell({ sent: offset })
        if (offset >= file.size && (await isReady(upload))) return
      }
      const body = await read(bytes.slice(offset, offset + part))
      const began = clock.now()
      offset = await tus.write(upload, offset, body, signal)
      const took = clock.now() - began
      if (took < quick) part = Math.min(mostPart, part * 2)
      else if (took > slow) part = Math.max(leastPart, part / 2)
      failures = refusals = 0
      tell({ sent: offset })
      if (offset >= file.size) return
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof UploadFault)) throw error
      const gone = error.status === 404 || error.status === 410
      if (gone && upload && !anew) {
        // It has expired: from the beginning, once.
        anew = true
        upload = ""
        tell({ upload, sent: 0 })
        continue
      }
      const moved = error.status === 409 // other bytes have come before these
      if ((!error.retryable && !moved) || error.wait > mostWait) throw error
      if (error.status > 0 && ++refusals >= mostRefusals) throw error
      // What has arrived before the line broke is kept.
      offset = undefined
      part = leastPart
      tell({ state: "waiting" })
      await rest(error.wait || 500 + backoff(failures++, clock.random))
      signal.throwIfAborted()
    }
  }

  /** @param {string} id of an upload all bytes of which are there */
  async function isReady(id) {
    const { ready, problem } = await tus.look(id, signal)
    if (problem) throw new UploadFault(problem)
    return ready
  }
}

/** @param {Blob} part */
async function read(part) {
  try {
    return await part.arrayBuffer()
  } catch {
    throw new UploadFault("It could not be read from your device. Choose it again.")
  }
}
