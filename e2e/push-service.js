// A push service (RFC 8030) of a test's own, on loopback: it checks who sends as RFC 8292 says, and reads what
// is sent as the browser would (RFC 8291).

import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"

/**
 * A browser's subscription.
 * @typedef {object} Subscription
 * @property {string} endpoint
 * @property {null} expirationTime
 * @property {{ p256dh: string, auth: string }} keys
 */

/**
 * What a server has sent, and what it was answered.
 * @typedef {object} Sent
 * @property {string} endpoint
 * @property {string | undefined} topic
 * @property {number} ttl
 * @property {string} text decrypted, "" when it was refused
 * @property {number} status
 * @property {string} fault why it was refused
 */

/**
 * @typedef {object} PushService
 * @property {string} url
 * @property {(key: string) => Subscription} subscribe for a server's key
 * @property {(endpoint: string) => void} end what is sent there is answered with 410
 * @property {Sent[]} sent
 * @property {() => Promise<void>} stop
 */

const longest = 24 * 60 * 60

/** @returns {Promise<PushService>} */
export async function startPushService() {
  /** @type {Map<string, { key: string, secret: Secret }>} */
  const known = new Map()
  /** @type {Sent[]} */
  const sent = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const endpoint = url + request.url
    const topic = request.headers.topic
    const one = {
      endpoint,
      topic: topic && String(topic),
      ttl: Number(request.headers.ttl),
      text: "",
      status: 201,
      fault: "",
    }
    const there = known.get(endpoint)
    try {
      if (!there) throw new Refusal(410, "nobody is subscribed here")
      const fault = faultOf(request, url, there.key)
      if (fault) throw new Refusal(403, fault)
      if (topic !== undefined && !/^[\w-]{1,32}$/.test(String(topic))) throw new Refusal(400, `the topic ${topic}`)
      if (!/^\d+$/.test(String(request.headers.ttl))) throw new Refusal(400, `the TTL ${request.headers.ttl}`)
      if (request.headers["content-encoding"] !== "aes128gcm") throw new Refusal(400, "the encoding")
      if (body.length > 4096) throw new Refusal(413, `${body.length} bytes`)
      one.text = decrypt(body, there.secret).toString("utf8")
    } catch (error) {
      one.status = error instanceof Refusal ? error.status : 400
      one.fault = String(error)
    }
    sent.push(one)
    response.writeHead(one.status, one.status === 201 ? { Location: `${endpoint}/message` } : {}).end()
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address())
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    sent,
    subscribe(key) {
      const ecdh = createECDH("prime256v1")
      ecdh.generateKeys()
      const secret = { ecdh, auth: randomBytes(16) }
      const endpoint = `${url}/push/${randomBytes(24).toString("base64url")}`
      known.set(endpoint, { key, secret })
      const keys = { p256dh: ecdh.getPublicKey("base64url"), auth: secret.auth.toString("base64url") }
      return { endpoint, expirationTime: null, keys }
    },
    end: (endpoint) => void known.delete(endpoint),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/**
 * Why a request does not show that it is of the server for which the subscription was made; "" when it does.
 * @param {import("node:http").IncomingMessage} request
 * @param {string} origin of the push service
 * @param {string} key
 */
function faultOf(request, origin, key) {
  const [, token, shown] = /^vapid t=([^,]+), ?k=(\S+)$/.exec(request.headers.authorization ?? "") ?? []
  if (!token) return `the authorization ${request.headers.authorization}`
  if (shown !== key) return "another key than the browser subscribed with"
  const [head, claims, signature] = token.split(".")
  const read = (/** @type {string} */ part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"))
  if (read(head).alg !== "ES256") return `the algorithm ${read(head).alg}`
  const point = Buffer.from(key, "base64url")
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"))
  const jwk = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" })
  const signed = Buffer.from(`${head}.${claims}`)
  const how = { key: jwk, dsaEncoding: /** @type {const} */ ("ieee-p1363") }
  if (!verify("sha256", signed, how, Buffer.from(signature, "base64url"))) return "the signature"
  const { aud, exp, sub } = read(claims)
  const left = exp - Date.now() / 1000
  if (aud !== origin) return `the audience ${aud}`
  if (!(left > 0 && left <= longest)) return `the expiry ${exp}`
  if (!/^(mailto:|https:)/.test(sub)) return `the subject ${sub}`
  return ""
}

/** @typedef {{ ecdh: import("node:crypto").ECDH, auth: Buffer }} Secret */

/**
 * Decrypts the body of a push, of one record, as the browser that holds the secret.
 * @param {Buffer} body
 * @param {Secret} secret
 */
export function decrypt(body, { ecdh, auth }) {
  const salt = body.subarray(0, 16)
  const start = 21 + body[20]
  const theirs = body.subarray(21, start)
  const record = body.subarray(start)
  if (record.length > body.readUInt32BE(16)) throw new Error("more than one record")
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), ecdh.getPublicKey(), theirs])
  const material = derive(ecdh.computeSecret(theirs), auth, info, 32)
  const key = derive(material, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16)
  const nonce = derive(material, salt, Buffer.from("Content-Encoding: nonce\0"), 12)
  const cipher = createDecipheriv("aes-128-gcm", key, nonce)
  cipher.setAuthTag(record.subarray(-16))
  const padded = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()])
  // Behind the text stands the mark of the last record, and zeros.
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== 2) throw new Error("the padding")
  return padded.subarray(0, end)
}

/**
 * @param {Buffer} secret
 * @param {Buffer} salt
 * @param {Buffer} info
 * @param {number} length
 */
function derive(secret, salt, info, length) {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, length))
}
