// A mail server (RFC 5321) of a test's own, on loopback: it takes what the program sends and reads it as a mail
// program does. And a mail system that hands answers to the program by LMTP (RFC 2033).

import { once } from "node:events"
import { connect, createServer } from "node:net"
import { createInterface } from "node:readline"

/**
 * A part of a mail that is none of its two texts.
 * @typedef {object} Part
 * @property {string} type such as image/jpeg
 * @property {string} id by which the page shows it
 * @property {Buffer} data
 */

/**
 * A mail as it was taken.
 * @typedef {object} Mail
 * @property {string} from of the envelope
 * @property {string} to of the envelope
 * @property {(name: string) => string} get a field of its header, in one line and decoded; "" for none
 * @property {string} plain
 * @property {string} html
 * @property {Part[]} parts
 */

/**
 * @typedef {object} MailServer
 * @property {string} url for --smtp-url
 * @property {Mail[]} mails in the order in which they came
 * @property {(address: string) => Mail[]} to those that went to an address
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<MailServer>} */
export async function startMailServer() {
  /** @type {Mail[]} */
  const mails = []
  /** @type {Set<import("node:net").Socket>} */
  const lines = new Set()
  const server = createServer((socket) => {
    lines.add(socket)
    socket.once("close", () => lines.delete(socket))
    socket.on("error", () => {}) // The program was killed.
    talk(socket, (mail) => mails.push(mail))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address())
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    to: (address) => mails.filter((mail) => mail.to === address),
    async stop() {
      for (const socket of lines) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * The server's side of one connection.
 * @param {import("node:net").Socket} socket
 * @param {(mail: Mail) => void} took
 */
function talk(socket, took) {
  const say = (/** @type {string} */ answer) => socket.write(`${answer}\r\n`)
  let from = ""
  let to = ""
  /** @type {string[] | undefined} the lines of a mail that is coming */
  let body
  let rest = ""
  socket.setEncoding("latin1") // A byte each: what they mean is said in the mail.
  socket.on("data", (data) => {
    const all = (rest + data).split("\r\n")
    rest = all.pop() ?? ""
    all.forEach(hear)
  })
  say("220 mail.example ESMTP")

  /** @param {string} line */
  function hear(line) {
    if (body) {
      if (line !== ".") return void body.push(line.replace(/^\./, ""))
      took({ from, to, ...read(body.join("\r\n")) })
      body = undefined
      return say("250 2.0.0 Taken")
    }
    const [, address] = /<(.*?)>/.exec(line) ?? []
    switch (/^(\w+( (FROM|TO))?)/i.exec(line)?.[1].toUpperCase()) {
      case "EHLO":
        return say("250-mail.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES")
      case "MAIL FROM":
        from = address
        return say("250 2.1.0 Fine")
      case "RCPT TO":
        to = address
        return say("250 2.1.5 Fine")
      case "DATA":
        body = []
        return say("354 Go on")
      case "RSET":
      case "NOOP":
        return say("250 2.0.0 Fine")
      case "QUIT":
        say("221 2.0.0 Bye")
        return socket.end()
      default:
        return say("500 5.5.1 What?")
    }
  }
}

/**
 * Reads a mail: its fields, and its parts by what they are.
 * @param {string} raw a character for each byte
 */
function read(raw) {
  const { get, body } = entity(raw)
  const texts = { plain: "", html: "" }
  /** @type {Part[]} */
  const parts = []
  collect(get, body)
  return { get: (/** @type {string} */ name) => words(get(name)), ...texts, parts }

  /**
   * @param {(name: string) => string} get
   * @param {string} body
   */
  function collect(get, body) {
    const type = (/^[\w/+.-]+/.exec(get("content-type"))?.[0] ?? "text/plain").toLowerCase()
    if (type.startsWith("multipart/")) {
      const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(get("content-type")) ?? []
      const pieces = `\r\n${body}`.split(`\r\n--${quoted ?? bare}`)
      if (!pieces.at(-1)?.startsWith("--")) throw new Error(`a mail of the type ${type} has no end`)
      for (const piece of pieces.slice(1, -1)) {
        const part = entity(piece.slice(piece.indexOf("\r\n") + 2))
        collect(part.get, part.body)
      }
      return
    }
    const data = decode(body, get("content-transfer-encoding").toLowerCase())
    const text = data.toString("utf8").replaceAll("\r\n", "\n")
    if (type === "text/plain") texts.plain = text
    else if (type === "text/html") texts.html = text
    else parts.push({ type, id: get("content-id").replace(/^<(.*)>$/, "$1"), data })
  }
}

/**
 * The header and the body of a mail or of a part.
 * @param {string} raw
 */
function entity(raw) {
  const end = raw.indexOf("\r\n\r\n")
  const head = raw.slice(0, end).replace(/\r\n(?=[ \t])/g, "")
  /** @type {Map<string, string>} */
  const fields = new Map()
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":")
    if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return { get: (/** @type {string} */ name) => fields.get(name.toLowerCase()) ?? "", body: raw.slice(end + 4) }
}

/**
 * @param {string} body
 * @param {string} how
 */
function decode(body, how) {
  if (how === "base64") return Buffer.from(body, "base64")
  if (how === "quoted-printable") return quoted(body.replace(/=[ \t]*\r\n/g, ""))
  return Buffer.from(body, "latin1")
}

/** The bytes of what has =C3=A9 for them. */
function quoted(/** @type {string} */ text) {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, byte) => String.fromCharCode(parseInt(byte, 16)))
  return Buffer.from(bytes, "latin1")
}

/** A field with its encoded words (RFC 2047) read, which are of UTF-8. */
function words(/** @type {string} */ field) {
  const joined = field.replace(/\?=[ \t]+=\?/g, "?==?")
  return joined.replace(/=\?utf-8\?([bq])\?(.*?)\?=/gi, (_, how, text) =>
    (how.toLowerCase() === "b" ? Buffer.from(text, "base64") : quoted(text.replaceAll("_", " "))).toString("utf8"),
  )
}

/**
 * Hands a mail over by LMTP, and returns what it was answered: the refusal, or the word on the whole.
 * @param {string} listener HOST:PORT
 * @param {{ from: string, to: string, text: string }} mail from and to of the envelope, and the mail itself
 * @returns {Promise<string>}
 */
export async function deliver(listener, { from, to, text }) {
  const [host, port] = listener.split(":")
  const socket = connect(Number(port), host)
  try {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    const answer = async () => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error("The program has ended the connection.")
        if (value[3] !== "-") return value
      }
    }
    await answer()
    const mail = text.replace(/\r?\n/g, "\r\n").replace(/^\./gm, "..")
    const steps = [`LHLO mx.example`, `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, "DATA", `${mail}\r\n.`]
    let last = ""
    for (const step of steps) {
      socket.write(`${step}\r\n`)
      last = await answer()
      if (!/^[23]/.test(last)) break
    }
    return last
  } finally {
    socket.destroy()
  }
}
