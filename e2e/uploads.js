// What stands between a page and /api/v1/uploads: it notes what is asked, and can hold it for a while.

/**
 * Bytes that a page has sent, or has begun to send.
 * @typedef {object} Part
 * @property {string} id of the upload
 * @property {number} from its place in the file
 * @property {number} bytes
 */

export class Uploads {
  /** @type {Map<string, { name: string, kind: string }>} what was begun and not taken away, by id */
  all = new Map()
  /** @type {string[]} what was asked, such as "PATCH 0" */
  asked = []
  /** @type {Part[]} */
  parts = []
  release = () => {}
  /** @type {Promise<void> | undefined} what requests with bytes behind `#from` wait for */
  #held
  #from = 0

  /** @param {import("@playwright/test").BrowserContext} context whose uploads these are */
  async mind(context) {
    await context.route("**/api/v1/uploads{,/**}", (route) => this.#pass(route))
    context.on("response", (response) => this.#answered(response))
  }

  /**
   * Holds what is sent behind a place, until release is called.
   * @param {number} [from]
   */
  hold(from = 0) {
    this.#from = from
    this.#held = new Promise((resolve) => {
      this.release = () => {
        this.#held = undefined
        resolve()
      }
    })
  }

  /** The names, in no order: uploads run side by side. */
  get names() {
    return [...this.all.values()].map(({ name }) => name).sort()
  }

  /**
   * The ids of uploads, in the order of their names here.
   * @param {string[]} names
   */
  ids(...names) {
    return names.map((wanted) => [...this.all].find(([, { name }]) => name === wanted)?.[0])
  }

  /** @param {import("@playwright/test").Route} route */
  async #pass(route) {
    const request = route.request()
    const method = request.method()
    const from = Number(request.headers()["upload-offset"] ?? 0)
    this.asked.push(method === "PATCH" ? `PATCH ${from}` : method)
    if (method === "PATCH") {
      const id = request.url().split("/uploads/")[1]
      this.parts.push({ id, from, bytes: request.postDataBuffer()?.length ?? 0 })
      if (from >= this.#from) await this.#held
    }
    // Meanwhile its page may have gone, or has given it up.
    await route.continue().catch(() => {})
  }

  /** @param {import("@playwright/test").Response} response */
  #answered(response) {
    const request = response.request()
    if (!request.url().includes("/api/v1/uploads") || !response.ok()) return
    if (request.method() === "DELETE") this.all.delete(request.url().split("/uploads/")[1])
    if (request.method() !== "POST") return
    const id = /uploads\/(\w+)$/.exec(response.headers().location ?? "")?.[1] ?? ""
    const { "upload-metadata": metadata } = request.headers()
    const pairs = metadata.split(",").map((pair) => pair.split(" "))
    const told = new Map(pairs.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]))
    this.all.set(id, { name: told.get("filename") ?? "", kind: told.get("kind") ?? "" })
  }
}

/**
 * How many files a browser keeps, for messages or none yet.
 * @param {import("@playwright/test").Page} page
 * @returns {Promise<number>}
 */
export function kept(page) {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("swapnest")
        request.onerror = reject
        request.onsuccess = () => {
          const files = request.result.transaction("files").objectStore("files").count()
          files.onsuccess = () => resolve(files.result)
          request.result.close() // once that is done
        }
      }),
  )
}
