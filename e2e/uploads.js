// What stands between a page and /api/v1/uploads: it notes what is asked, and can hold or refuse it.

/** @typedef {import("@playwright/test").Route} Route */

/** A file as it was sent. */
class Upload {
  received = 0

  /**
   * @param {string} id
   * @param {Record<string, string>} headers
   */
  constructor(id, headers) {
    this.id = id
    this.length = Number(headers["upload-length"])
    const pairs = headers["upload-metadata"].split(",").map((pair) => pair.split(" "))
    const of = (/** @type {string} */ key) =>
      Buffer.from(pairs.find(([one]) => one === key)?.[1] ?? "", "base64").toString()
    this.name = of("filename")
    this.type = of("filetype")
    this.kind = of("kind")
  }
}

export class Uploads {
  /** @type {Map<string, Upload>} by id */
  all = new Map()
  /** @type {string[]} what was asked, such as "PATCH 0" */
  asked = []
  /** @type {Promise<void> | undefined} what requests with bytes behind `from` wait for */
  held
  from = 0
  /** @type {(name: string) => string | undefined} the sentence with which a file is refused */
  refuse = () => undefined
  release = () => {}
  /** whether the server answers; else this does, in its place */
  real = false

  /** @param {import("@playwright/test").BrowserContext} context whose uploads these are */
  async mind(context) {
    await context.route("**/api/v1/uploads{,/**}", (route) => this.#answer(route).catch(() => {}))
  }

  /** Holds what is sent behind a place, until release is called. */
  hold(from = 0) {
    this.from = from
    this.held = new Promise((resolve) => {
      this.release = () => {
        this.held = undefined
        resolve()
      }
    })
  }

  get names() {
    return [...this.all.values()].map(({ name }) => name)
  }

  /** @param {Route} route */
  async #answer(route) {
    const request = route.request()
    const [method, headers] = [request.method(), await request.allHeaders()]
    const offset = Number(headers["upload-offset"] ?? 0)
    this.asked.push(method === "PATCH" ? `PATCH ${offset}` : method)
    if (method === "PATCH" && offset >= this.from) await this.held
    // Its page has gone, or has given it up.
    if (request.failure()) return
    const id = request.url().split("/uploads/")[1]
    const upload = this.all.get(id)
    if (this.real) return this.#pass(route, upload)
    if (method === "POST") {
      const made = new Upload(`e2e${this.all.size}`, headers)
      this.all.set(made.id, made)
      return route.fulfill({ status: 201, headers: { Location: `/api/v1/uploads/${made.id}` } })
    }
    if (!upload) return route.fulfill({ status: 404, json: { detail: "There is no such upload." } })
    if (method === "DELETE") {
      this.all.delete(id)
      return route.fulfill({ status: 204 })
    }
    if (method === "PATCH") {
      if (offset !== upload.received) return route.fulfill({ status: 409, json: { detail: "Other bytes are there." } })
      upload.received += request.postDataBuffer()?.length ?? 0
      const fault = upload.received === upload.length && this.refuse(upload.name)
      if (fault) return route.fulfill({ status: 415, json: { detail: fault } })
    }
    const told = { "Upload-Offset": String(upload.received), "Upload-Length": String(upload.length) }
    if (method !== "GET") return route.fulfill({ status: method === "HEAD" ? 200 : 204, headers: told })
    return route.fulfill({ json: { upload: { ...upload, offset: upload.received, attachment: { id } } } })
  }
  /**
   * Lets the server answer, unless the test wants a file refused.
   * @param {Route} route
   * @param {Upload | undefined} upload
   */
  async #pass(route, upload) {
    const request = route.request()
    const offset = Number((await request.allHeaders())["upload-offset"] ?? 0)
    const length = request.postDataBuffer()?.length ?? 0
    const fault =
      upload && request.method() === "PATCH" && offset + length === upload.length && this.refuse(upload.name)
    if (fault) return route.fulfill({ status: 415, json: { detail: fault } })
    const response = await route.fetch()
    const id = /uploads\/(\w+)$/.exec(response.headers().location ?? "")?.[1]
    if (request.method() === "POST" && id) this.all.set(id, new Upload(id, await request.allHeaders()))
    if (request.method() === "DELETE" && response.ok()) this.all.delete(upload?.id ?? "")
    if (request.method() === "PATCH" && upload && response.ok()) upload.received = offset + length
    return route.fulfill({ response })
  }
}
