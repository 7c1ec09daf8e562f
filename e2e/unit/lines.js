// A line whose sockets are the test's.

import { Line } from "../../internal/http/web/static/js/lib/socket.js"
import { FakeClock, FakeSocket, heard, hello } from "./fakes.js"

export function lineOf({ clock = new FakeClock() } = {}) {
  const sockets = []
  const log = []
  const network = { refuses: false }
  const open = (url) => {
    if (network.refuses) throw new Error("SecurityError")
    sockets.push(new FakeSocket(url))
    return sockets.at(-1)
  }
  const line = new Line({ url: "ws://shop.test/ws/", open, clock, log: (words) => log.push(words) })
  /** A server that takes the newest socket. */
  const greet = (more = {}) => {
    sockets.at(-1).accept()
    sockets.at(-1).say({ ...hello, ...more })
    return sockets.at(-1)
  }
  return { line, sockets, log, network, clock, greet, states: heard(line, "state"), lost: heard(line, "lost") }
}

/** A line that is up. */
export function up(options) {
  const all = lineOf(options)
  all.line.start()
  return { ...all, socket: all.greet() }
}
