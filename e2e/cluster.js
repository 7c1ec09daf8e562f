// Several nodes of the program on one PostgreSQL and one Redis that belong to one test alone.
// Everything listens on loopback, keeps its data in one temporary folder, and is ended by the
// process id that it was started with.

import { execFile, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

import { startServer } from "./server.js"

const run = promisify(execFile)
const startWithin = 30_000
const stopWithin = 10_000

/**
 * A program of the machine that a test started.
 * @typedef {object} Child
 * @property {() => string} log what it has printed so far
 * @property {(signal: NodeJS.Signals) => Promise<void>} end returns when it has ended; a second call is no error
 */

/**
 * Nodes that share a database and are joined by Redis.
 * @typedef {object} Cluster
 * @property {import("./server.js").Server[]} nodes
 * @property {(i: number) => Promise<void>} restart starts a node that was killed, at the address that it had
 * @property {{ kill: () => Promise<void>, start: () => Promise<void> }} redis kill is SIGKILL
 * @property {() => Promise<void>} stop ends everything and removes the folder
 */

/**
 * Starts PostgreSQL, Redis and as many nodes. What is missing on the machine, scripts/bootstrap
 * installs.
 * @param {number} count
 * @returns {Promise<Cluster>}
 */
export async function startCluster(count) {
  const dir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  /** @type {(() => Promise<void>)[]} what ends what was started, the last first */
  const ends = [() => rm(dir, { recursive: true, force: true })]
  const stop = async () => {
    /** @type {unknown[]} */
    const faults = []
    for (const end of ends.splice(0).reverse()) await end().catch((fault) => faults.push(fault))
    if (faults.length > 0) throw new AggregateError(faults, faults.join("\n"))
  }
  try {
    const redis = await startRedis(dir, ends)
    const database = await startPostgres(dir, ends)
    /** @type {import("./server.js").Server[]} */
    const nodes = []
    const start = async (/** @type {number} */ i) => {
      const dataDir = join(dir, `node-${i}`)
      const args = ["--database-url", database, "--redis-url", redis.url]
      const listen = nodes[i] && new URL(nodes[i].url).host
      nodes[i] = await startServer({ dataDir, listen, demo: false, args })
    }
    for (let i = 0; i < count; i++) {
      await start(i)
      ends.push(() => nodes[i].stop())
    }
    for (const node of nodes) await joined(node)
    return { nodes, restart: start, redis, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Waits until a node's messages come back to it through Redis.
 * @param {import("./server.js").Server} node
 */
export async function joined(node) {
  await until(`${node.url} is joined to the others`, async () => {
    const answer = await fetch(`${node.url}/readyz`)
    return (await answer.json()).checks.bus === "ok"
  })
}

/**
 * @param {string} dir
 * @param {(() => Promise<void>)[]} ends
 */
async function startRedis(dir, ends) {
  const port = await freePort()
  const password = randomBytes(16).toString("hex")
  const flags = { port, bind: "127.0.0.1", save: "", appendonly: "no", dir, requirepass: password }
  /** @type {Child} */
  let child
  const start = async () => {
    child = begin(
      "redis-server",
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    )
    // It asks for the password: then it answers.
    await until("Redis answers", async () => (await said(port, "PING\r\n")).startsWith("-NOAUTH"), child)
  }
  ends.push(() => child?.end("SIGKILL") ?? Promise.resolve())
  await start()
  return { url: `redis://:${password}@127.0.0.1:${port}`, kill: () => child.end("SIGKILL"), start }
}

/**
 * Makes an empty database and returns its address.
 * @param {string} dir
 * @param {(() => Promise<void>)[]} ends
 */
async function startPostgres(dir, ends) {
  const bin = await postgresBin()
  // PostgreSQL refuses to run as root, which then becomes the postgres user.
  const owner = process.getuid?.() === 0 ? await userOf("postgres") : {}
  const home = join(dir, "postgres")
  const passwords = join(home, "password")
  const password = randomBytes(16).toString("hex")
  await mkdir(home)
  await writeFile(passwords, password + "\n", { mode: 0o600 })
  if (owner.uid !== undefined) {
    await chmod(dir, 0o711) // it passes, and lists nothing
    for (const path of [home, passwords]) await chown(path, owner.uid, owner.gid)
  }
  const data = join(home, "data")
  const how = [
    "--username",
    "swapnest",
    "--pwfile",
    passwords,
    "--auth",
    "password",
    "--no-locale",
    "--encoding",
    "UTF8",
  ]
  await run(join(bin, "initdb"), ["--pgdata", data, ...how, "--no-sync", "--no-instructions"], { cwd: home, ...owner })
  const port = await freePort()
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories=", "fsync=off"]
  const child = begin(join(bin, "postgres"), ["-D", data, ...settings.flatMap((one) => ["-c", one])], {
    cwd: home,
    ...owner,
  })
  // At once, without waiting for who is connected.
  ends.push(() => child.end("SIGQUIT"))
  await until("PostgreSQL accepts", async () => child.log().includes("ready to accept connections"), child)
  return `postgres://swapnest:${password}@127.0.0.1:${port}/postgres?sslmode=disable`
}

/** The folder of the newest PostgreSQL: Debian keeps servers out of PATH. */
async function postgresBin() {
  const base = "/usr/lib/postgresql"
  const versions = (await readdir(base).catch(() => [])).sort((a, b) => Number(b) - Number(a))
  if (versions.length > 0) return join(base, versions[0], "bin")
  return (await run("pg_config", ["--bindir"])).stdout.trim()
}

/** @param {string} name */
async function userOf(name) {
  const id = async (/** @type {string} */ flag) => Number((await run("id", [flag, name])).stdout)
  return { uid: await id("-u"), gid: await id("-g") }
}

/**
 * Starts a program in the background.
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Child}
 */
function begin(program, args, options) {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
  let log = ""
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (log += text))
  const ended = new Promise((resolve) => {
    child.once("exit", resolve)
    child.once("error", (error) => resolve((log += error.message)))
  })
  return {
    log: () => log,
    async end(signal) {
      child.kill(signal)
      const late = setTimeout(() => child.kill("SIGKILL"), stopWithin)
      await ended
      clearTimeout(late)
    },
  }
}

/**
 * @param {string} what
 * @param {() => Promise<boolean>} is
 * @param {Child} [child] whose words are told when it does not come
 */
async function until(what, is, child) {
  for (const deadline = Date.now() + startWithin; !(await is().catch(() => false));) {
    if (Date.now() > deadline) throw new Error(`Not within ${startWithin} ms: ${what}. ${child?.log() ?? ""}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * The first words of what a port answers to a word.
 * @param {number} port
 * @param {string} word
 * @returns {Promise<string>}
 */
function said(port, word) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(word))
    socket.once("data", (answer) => resolve(String(answer)))
    socket.once("error", reject)
    socket.once("data", () => socket.destroy())
  })
}

/** A port of loopback that was free a moment ago. */
async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)))
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
}
