// Builds the program and runs it for the browser tests. As Playwright's global
// setup it starts one server with the demo town, which the tests find under
// SWAPNEST_URL; a test that needs a server of its own (to stop it, say) calls
// startServer itself.

import { execFile, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("..", import.meta.url))
const startWithin = 30_000
const stopWithin = 25_000 // The program drains its sockets for up to 20 s.

/**
 * A running program.
 * @typedef {object} Server
 * @property {string} url where it listens, without a slash at the end
 * @property {number} pid
 * @property {string} dataDir
 * @property {() => string} log what it has printed so far
 * @property {() => Promise<void>} stop ends it as an operator would (SIGTERM) and throws unless it exits with 0
 * @property {() => Promise<void>} kill ends it as a power cut would (SIGKILL)
 */

/** Builds the program into dir and returns its path. */
export async function build(/** @type {string} */ dir) {
  const binary = join(dir, "swapnest")
  await promisify(execFile)("go", ["build", "-o", binary, "./cmd/swapnest"], { cwd: root })
  return binary
}

/**
 * Starts the program and waits until it listens.
 * @param {object} options
 * @param {string} [options.binary] the program; SWAPNEST_BINARY of the global setup when left out
 * @param {string} options.dataDir
 * @param {string} [options.listen] a port to come back to after a restart; any free one when left out
 * @param {boolean} [options.demo] false for a server without the demo town
 * @param {string[]} [options.args] more flags
 * @returns {Promise<Server>}
 */
export async function startServer({ binary, dataDir, listen = "127.0.0.1:0", demo = true, args = [] }) {
  const program = binary ?? process.env.SWAPNEST_BINARY
  if (!program) throw new Error("The program was not built: run the browser tests with `make e2e`.")
  const flags = ["--listen", listen, "--data-dir", dataDir, "--rate-limits", "off", ...args]
  const child = spawn(program, ["serve", ...(demo ? ["--demo"] : []), ...flags], { stdio: ["ignore", "pipe", "pipe"] })
  let log = ""
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message))
    child.once("exit", (code, signal) => resolve(signal ?? code))
  })
  const listening = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log += line + "\n"
        const found = /listening on (http:\/\/\S+)/.exec(line)
        if (found) resolve(found[1].replace(/\/$/, ""))
      })
    }
  })

  // Only this child is ever signalled, by its own process id.
  const end = async (/** @type {NodeJS.Signals} */ signal) => {
    child.kill(signal)
    const status = await within(exited, stopWithin)
    if (status !== undefined) return status
    child.kill("SIGKILL")
    await exited
    throw new Error(`The server ${child.pid} did not end within ${stopWithin} ms of ${signal}. It said:\n${log}`)
  }

  const url = await within(Promise.race([listening, exited.then(() => undefined)]), startWithin)
  if (!url) {
    await end("SIGKILL")
    throw new Error(`The server did not say where it listens; it ended with ${await exited}. It said:\n${log}`)
  }
  return {
    url,
    pid: /** @type {number} */ (child.pid),
    dataDir,
    log: () => log,
    async stop() {
      const status = await end("SIGTERM")
      if (status !== 0) throw new Error(`The server ended with ${status}, want 0. It said:\n${log}`)
    },
    async kill() {
      await end("SIGKILL")
    },
  }
}

/** Playwright's global setup: returns the teardown. */
export default async function setup() {
  const dir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  try {
    const binary = await build(dir)
    const server = await startServer({ binary, dataDir: join(dir, "data") })
    // The workers that run the tests inherit this environment.
    process.env.SWAPNEST_BINARY = binary
    process.env.SWAPNEST_URL = server.url
    return async () => {
      try {
        await server.stop()
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    }
  } catch (error) {
    await rm(dir, { recursive: true, force: true })
    throw error
  }
}

/**
 * Resolves to what promise gives, or to undefined when that takes too long.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} milliseconds
 * @returns {Promise<T | undefined>}
 */
async function within(promise, milliseconds) {
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)))
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
