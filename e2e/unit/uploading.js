// A server that takes uploads by tus 1.0, as fetch sees it.

/**
 * The bytes of a file: its name, again and again, so that each place tells whether it is right.
 * As much of a Blob as is used; one of Node's takes an unknown time to be read.
 */
export function bytesOf(name, size = 700_000) {
  const all = Buffer.from(name.repeat(Math.ceil(size / name.length))).subarray(0, size)
  return { size, all, slice: (from, to) => ({ arrayBuffer: async () => all.subarray(from, to) }) }
}

export class FakeUploads {
  /** @type {Map<string, any>} by id */
  all = new Map()
  /** what was asked, such as "PATCH 0" */
  asked = []
  /** whether nothing reaches it */
  down = false
  /** what is done with a request before it is answered; it may throw, or return an answer */
  before = (_request) => undefined
  /** the sentence with which a file is refused, if the test wants one */
  refuse = (_upload) => undefined
  /** bytes that it has received, all together */
  received = 0

  ask = (url, options) => {
    const { signal } = options
    signal?.throwIfAborted()
    const ended = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)))
    return Promise.race([this.#take(url, options), ended])
  }

  async #take(url, { method, headers = {}, body }) {
    if (this.down) throw new TypeError("Failed to fetch")
    const id = url.split("/uploads/")[1]
    const upload = this.all.get(id)
    const request = { method, id, upload, offset: Number(headers["Upload-Offset"]), body, headers }
    this.asked.push(method === "PATCH" ? `PATCH ${request.offset}` : method)
    const early = await this.before(request)
    if (early) return early
    if (method === "POST") return this.#begin(headers)
    if (!upload) return problem(404, "There is no such upload.")
    if (method === "HEAD") return answer(200, headed(upload))
    if (method === "GET") return answer(200, {}, { upload: shown(upload) })
    if (method === "DELETE") return (this.all.delete(id), answer(204))
    if (request.offset !== upload.parts.length) return problem(409, "Other bytes are there.")
    this.receive(upload, body)
    return this.#look(upload)
  }

  /** Takes bytes, as far as they come. */
  receive(upload, body, most = Infinity) {
    const bytes = new Uint8Array(body).subarray(0, most)
    this.received += bytes.length
    upload.parts = Buffer.concat([upload.parts, bytes])
  }

  /** A message takes a file: whether it may. */
  take(id) {
    const upload = this.all.get(id)
    if (!upload?.ready || upload.taken) return false
    return (upload.taken = true)
  }

  #begin(headers) {
    const id = `u${this.all.size + 1}x`
    const metadata = Object.fromEntries(
      headers["Upload-Metadata"].split(",").map((pair) => {
        const [key, value] = pair.split(" ")
        return [key, Buffer.from(value, "base64").toString()]
      }),
    )
    const upload = { id, name: metadata.filename, metadata, length: Number(headers["Upload-Length"]) }
    this.all.set(id, { ...upload, parts: Buffer.alloc(0) })
    return answer(201, { Location: `/api/v1/uploads/${id}` })
  }

  #look(upload) {
    if (upload.parts.length === upload.length && !upload.ready) {
      upload.problem = this.refuse(upload)
      if (upload.problem) return problem(415, upload.problem)
      upload.ready = true
    }
    return answer(204, headed(upload))
  }
}

const headed = ({ parts, length }) => ({ "Upload-Offset": String(parts.length), "Upload-Length": String(length) })

const shown = ({ id, name, length, parts, ready, problem }) => ({
  id,
  name,
  length,
  offset: parts.length,
  ...(ready && { attachment: { id } }),
  ...(problem && { problem: { code: "unsupported_media", detail: problem } }),
})

export function answer(status, headers = {}, body = undefined) {
  return new Response(body && JSON.stringify(body), { status, headers })
}

export const problem = (status, detail, headers) => answer(status, headers, { detail })
