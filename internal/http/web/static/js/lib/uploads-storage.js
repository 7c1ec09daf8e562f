import { bytesWithin } from "./database.js"

/** @typedef {import("./job.js").Job} Job */

/**
 * Keeps files on their way in IndexedDB, beside the messages that wait for them: what is known of
 * each apart from its bytes, which are written once.
 */
export class UploadsStorage {
  #database

  /** @param {import("./outbox-storage.js").DatabaseStorage} database */
  constructor(database) {
    this.#database = database
  }

  /**
   * @param {number} userId
   * @returns {Promise<Job[]>}
   */
  all(userId) {
    return this.#database.run(["files"], "readonly", (at) => at("files").index("user_id").getAll(userId))
  }

  /**
   * @param {string} id
   * @returns {Promise<Job | undefined>}
   */
  get(id) {
    return this.#database.run(["files"], "readonly", (at) => at("files").get(id))
  }

  /** @param {Job} job a new one */
  async add(job) {
    await this.#database.run(["files"], "readwrite", (at) => at("files").put(job))
    this.#database.tell({})
  }

  /** @param {Job} job what has become of one, unless another tab has taken it away */
  async put(job) {
    await this.#database.run(["files"], "readwrite", (at) => {
      const files = at("files")
      const there = files.count(job.id)
      there.onsuccess = () => there.result > 0 && files.put(job)
      return there
    })
    this.#database.tell({})
  }

  /**
   * @param {string} id
   * @param {Blob} bytes
   */
  async keep(id, bytes) {
    await this.#database.run(["bytes"], "readwrite", (at) => at("bytes").put(bytes, id), bytesWithin)
  }

  /**
   * @param {string} id
   * @returns {Promise<Blob | undefined>}
   */
  bytes(id) {
    return this.#database.run(["bytes"], "readonly", (at) => at("bytes").get(id))
  }

  /** @param {string} id */
  async remove(id) {
    await this.#database.run(["files", "bytes"], "readwrite", (at) => (at("files").delete(id), at("bytes").delete(id)))
    this.#database.tell({})
  }
}
