// A client of one conversation: what is typed is sent, what is written is printed, and
// nothing is lost or doubled when the line goes. docs/socket.md explains it.
//
//   node examples/client.mjs http://127.0.0.1:8000 aarav swapnest-demo 1
//
// It needs Node 22, or 20.19 with --experimental-websocket, and no package.
import { randomUUID } from "node:crypto"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"

const [site, username, password, conversation] = process.argv.slice(2)
const headers = { "Content-Type": "application/json" }
const outbox = new Map() // what has been typed and is not acknowledged, in order
let line, position // the socket; and of the last message that was printed: after, at, epoch

const post = (path, body) => fetch(site + "/api/v1" + path, { method: "POST", headers, body: JSON.stringify(body) })
const reconnect = () => sleep(1000).then(connect).catch(reconnect)

async function connect() {
  const { ticket } = await (await post("/ticket", {})).json()
  const query = new URLSearchParams({ ...position, ticket })
  line = new WebSocket(`${site.replace("http", "ws")}/ws/chat/${conversation}/?${query}`)
  line.onopen = () => outbox.forEach((frame) => line.send(frame)) // the same client_id: stored once
  line.onmessage = ({ data }) => hear(JSON.parse(data))
  line.onclose = ({ code }) => ([4400, 4401, 4404].includes(code) ? process.exit(1) : reconnect())
}

// What edits or deletes a message or reacts to it is an event, too, and has the message as it is now.
function hear({ type, seq, ...frame }, event = type === "message" || "message_seq" in frame) {
  if (type === "hello") position ??= { after: frame.head, epoch: frame.epoch }
  if (type === "reset") position = undefined // another history: a page would load its newest messages
  if (event && seq === position?.after + 1) {
    position = { ...position, after: seq, at: frame.at ?? frame.timestamp }
    console.log(`${seq} ${frame.sender_name}: ${frame.message}`)
  }
  if (type === "ack" || type === "error") console.log(frame.detail ?? `acknowledged as ${seq}`)
  if (type === "ack" || (type === "error" && !frame.retryable)) outbox.delete(frame.client_id)
  // After a gap, as after every close, the next line begins where this one was.
  if (type === "reset" || frame.retryable || (event && seq > position?.after + 1)) line.close()
}

headers.Cookie = (await post("/session", { username, password })).headers.getSetCookie()[0].split(";")[0]
await connect()
for await (const message of createInterface({ input: process.stdin })) {
  const frame = { type: "send", client_id: randomUUID(), message }
  outbox.set(frame.client_id, JSON.stringify(frame))
  if (line.readyState === WebSocket.OPEN) line.send(outbox.get(frame.client_id))
}
while (outbox.size > 0) await sleep(100)
process.exit()
