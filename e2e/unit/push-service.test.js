// The push service that the browser tests use is itself held against the RFC.

import assert from "node:assert/strict"
import { createECDH } from "node:crypto"
import { test } from "node:test"
import { decrypt, startPushService } from "../push-service.js"

// RFC 8291, appendix A.
const secret = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
const auth = "BTBZMqHH6r4Tts7J_aSIgg"
const message =
  "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w" +
  "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

test("the RFC's own message is read, and a changed one is not", () => {
  const ecdh = createECDH("prime256v1")
  ecdh.setPrivateKey(Buffer.from(secret, "base64url"))
  const keys = { ecdh, auth: Buffer.from(auth, "base64url") }
  const body = Buffer.from(message, "base64url")
  assert.equal(decrypt(body, keys).toString(), "When I grow up, I want to be a watermelon")
  body[body.length - 1] ^= 1
  assert.throws(() => decrypt(body, keys))
})

test("who shows no key is refused, and what has ended is gone", async () => {
  const service = await startPushService()
  try {
    const { endpoint } = service.subscribe("a key")
    const post = async () => (await fetch(endpoint, { method: "POST", headers: { TTL: "1" }, body: "x" })).status
    assert.equal(await post(), 403)
    service.end(endpoint)
    assert.equal(await post(), 410)
    assert.deepEqual(
      service.sent.map(({ status, text }) => [status, text]),
      [
        [403, ""],
        [410, ""],
      ],
    )
  } finally {
    await service.stop()
  }
})
