// A session whose server is the test.

import { Session } from "../../internal/http/web/static/js/lib/session.js"
import { Line } from "../../internal/http/web/static/js/lib/socket.js"
import { FakeAPI, FakeClock, FakeSocket, FakeStorage, conversation, heard, hello, me, other, settle } from "./fakes.js"

/** One tab, with what it shows and what it says. */
export async function sessionOf({
  storage = new FakeStorage(),
  opened = {},
  known = [],
  greeted = true,
  old = false,
} = {}) {
  const clock = new FakeClock()
  const api = new FakeAPI()
  const sockets = []
  const open = (url) => {
    sockets.push(new FakeSocket(url))
    return sockets.at(-1)
  }
  const line = new Line({ url: "ws://shop.test/ws/", open, clock })
  const page = {
    id: conversation,
    other,
    epoch: "e1",
    head: 0,
    headAt: "",
    seen: -1,
    otherRead: 0,
    otherDelivered: 0,
    hasOlder: false,
    atEnd: true,
    items: [],
    ...opened,
  }
  const session = new Session({
    me,
    line,
    storage,
    known,
    unread: 0,
    filter: "",
    opened: opened && page,
    get: api.get,
    clock,
    old,
  })
  const rows = heard(session, "rows")
  const shown = () => rows.at(-1).rows.map(({ item }) => `${item.text} ${item.state}`.trim())
  const greet = async () => {
    sockets.at(-1).accept()
    sockets.at(-1).say(hello)
    await settle()
    return sockets.at(-1)
  }
  await session.start()
  const socket = greeted ? await greet() : sockets[0]
  return { session, line, socket, sockets, greet, storage, api, clock, rows, shown }
}

/** Writes a message whose client id tells its text. */
export const compose = (session, text) => session.compose({ conversation, text, clientId: `c-${text}` })
