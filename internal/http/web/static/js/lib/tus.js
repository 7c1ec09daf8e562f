const version = "1.0.0"
/** Longer than the server looks at a file, and than a small part takes on the worst line that still is one. */
const patience = 60_000
const later = new Set([408, 423, 425, 429])

/**
 * @typedef {object} Begun
 * @property {string} name
 * @property {string} type a media type, "" when not known
 * @property {number} size bytes
 * @property {string} [kind] "voice" for a voice message
 */

/** Why an upload does not go on; the message is a sentence for people. */
export class UploadFault extends Error {
  /**
   * @param {string} message
   * @param {object} [more]
   * @param {number} [more.status] of the answer, 0 when there was none
   * @param {boolean} [more.retryable] whether the same may succeed later
   * @param {number} [more.wait] milliseconds that the server asks for, 0 for none
   */
  constructor(message, { status = 0, retryable = false, wait = 0 } = {}) {
    super(message)
    this.status = status
    this.retryable = retryable
    this.wait = wait
  }
}

/** A client of the tus protocol 1.0 (core, creation, termination). Each call is one request; what fails throws an UploadFault. */
export class Tus {
  #ask
  #clock
  #base

  /**
   * @param {object} options
   * @param {import("./clock.js").Clock} options.clock
   * @param {typeof fetch} [options.ask]
   * @param {string} [options.base] where uploads are made
   */
  constructor({ clock, ask = (...args) => fetch(...args), base = "/api/v1/uploads" }) {
    this.#clock = clock
    this.#ask = ask
    this.#base = base
  }

  /**
   * Tells the server of a file.
   * @param {Begun} file
   * @param {AbortSignal} [signal]
   * @returns {Promise<string>} the id of the upload
   */
  async begin({ name, type, size, kind }, signal) {
    const told = [["filename", name], ["filetype", type], ["kind", kind]] // prettier-ignore
    const metadata = told.flatMap(([key, value]) => (value ? [`${key} ${base64(value)}`] : [])).join(",")
    const headers = { "Upload-Length": String(size), "Upload-Metadata": metadata }
    const answer = await this.#call("POST", "", { headers, signal })
    const id = answer.headers.get("Location")?.match(/([\w-]+)\/?$/)?.[1]
    if (!id) throw new UploadFault("SwapNest did not say where to send the file. Try again in a moment.")
    return id
  }

  /**
   * How many bytes of an upload the server has.
   * @param {string} id
   * @param {AbortSignal} [signal]
   */
  async offset(id, signal) {
    return offsetOf(await this.#call("HEAD", `/${id}`, { signal })) ?? 0
  }

  /**
   * Sends bytes. The answer to the last ones comes when the file was looked at and is safe;
   * no bytes at the end ask for that once more.
   * @param {string} id
   * @param {number} offset
   * @param {ArrayBuffer} body
   * @param {AbortSignal} [signal]
   * @returns {Promise<number>} how many bytes the server has now
   */
  async write(id, offset, body, signal) {
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) }
    const answer = await this.#call("PATCH", `/${id}`, { headers, body, signal })
    return offsetOf(answer) ?? offset + body.byteLength
  }

  /**
   * What has become of an upload.
   * @param {string} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<{ offset: number, ready: boolean, problem?: string }>} problem: why it was refused
   */
  async look(id, signal) {
    const answer = await this.#call("GET", `/${id}`, { signal })
    const { upload } = await answer.json().catch(() => ({}))
    if (!upload) throw new UploadFault(broken, { retryable: true })
    return { offset: upload.offset, ready: Boolean(upload.attachment), problem: upload.problem?.detail }
  }

  /**
   * Takes an upload away.
   * @param {string} id
   */
  async remove(id) {
    await this.#call("DELETE", `/${id}`, {})
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ headers?: Record<string, string>, body?: ArrayBuffer, signal?: AbortSignal }} options
   */
  async #call(method, path, { headers, body, signal }) {
    const ended = new AbortController()
    const stop = () => ended.abort()
    signal?.throwIfAborted()
    signal?.addEventListener("abort", stop)
    const timer = this.#clock.setTimeout(stop, patience)
    const all = { Accept: "application/json", "Tus-Resumable": version, ...headers }
    let answer
    try {
      const options = {
        method,
        headers: all,
        body,
        signal: ended.signal,
        credentials: /** @type {const} */ ("same-origin"),
      }
      answer = await this.#ask(this.#base + path, options)
    } catch {
      signal?.throwIfAborted()
      throw new UploadFault(broken, { retryable: true })
    } finally {
      this.#clock.clearTimeout(timer)
      signal?.removeEventListener("abort", stop)
    }
    if (answer.ok) return answer
    const { status } = answer
    const { detail } = await answer.json().catch(() => ({}))
    throw new UploadFault(detail ?? "SwapNest could not take this file. Try again in a moment.", {
      status,
      retryable: status >= 500 || later.has(status),
      wait: 1000 * (Number(answer.headers.get("Retry-After")) || 0),
    })
  }
}

const broken = "There is no connection to SwapNest. Try again in a moment."

/** @param {Response} answer */
function offsetOf(answer) {
  const told = answer.headers.get("Upload-Offset")
  return told !== null && Number.isSafeInteger(Number(told)) ? Number(told) : undefined
}

/** @param {string} text */
function base64(text) {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""))
}
