// A line to the server that breaks when a test wants it to.

import { connect, createServer } from "node:net"

/**
 * @typedef {object} Line
 * @property {string} url where its near end is
 * @property {number} bytes that have gone to the server over it since it was last armed
 * @property {number} cuts how often it has broken
 * @property {(most: number) => void} arm has it break when so many bytes have gone
 * @property {() => void} mend lets it work again
 * @property {() => void} close
 */

/**
 * A line to the server of this address.
 * @param {string} url
 * @returns {Promise<Line>}
 */
export async function fragile(url) {
  const { hostname, port } = new URL(url)
  let most = Infinity
  let broken = false
  const line = {
    url: "",
    bytes: 0,
    cuts: 0,
    arm: (/** @type {number} */ after) => {
      most = after
      line.bytes = 0
    },
    mend: () => {
      broken = false
    },
    close: () => {},
  }
  /** @type {Set<() => void>} */
  const open = new Set()
  const proxy = createServer((here) => {
    if (broken) return void here.destroy()
    const there = connect(Number(port), hostname)
    const end = () => {
      here.destroy()
      there.destroy()
      open.delete(end)
    }
    open.add(end)
    here.on("data", (data) => {
      line.bytes += data.length
      if (line.bytes >= most) {
        most = Infinity
        broken = true
        line.cuts++
        for (const one of open) one()
        return
      }
      if (!there.write(data)) here.pause()
    })
    there.on("drain", () => here.resume())
    there.pipe(here)
    for (const side of [here, there]) side.on("error", end).on("close", end)
  })
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", () => resolve(undefined)))
  line.url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (proxy.address()).port}`
  line.close = () => {
    proxy.close()
    for (const end of open) end()
  }
  return line
}
