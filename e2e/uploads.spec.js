// Uploads by the tus protocol, spoken by a client that others have made.

import * as tus from "tus-js-client"
import { fragile } from "./fragile.js"
import { call, register } from "./people.js"
import { expect, test } from "./test.js"

test("tus-js-client uploads a file, and goes on where its line was cut", async ({ page, baseURL }) => {
  await register(page, "Meera")
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ")
  const file = Buffer.alloc(3 << 20)
  for (let n = 0; n < file.length; n += 4) file.writeUInt32LE((n * 2_654_435_761) % 2 ** 32, n)
  const chunkSize = 256 << 10
  const line = await fragile(/** @type {string} */ (baseURL))
  line.arm(file.length / 2)
  try {
    const offsets = []
    const upload = await new Promise((resolve, reject) => {
      const upload = new tus.Upload(file, {
        endpoint: `${line.url}/api/v1/uploads`,
        headers: { Cookie: cookie },
        metadata: { filename: "Über uns.pdf", filetype: "application/pdf" },
        chunkSize,
        retryDelays: [200, 500, 1000],
        onChunkComplete: (_, accepted) => offsets.push(accepted),
        onShouldRetry: () => {
          line.mend()
          return true
        },
        onError: reject,
        onSuccess: () => resolve(upload),
      })
      upload.start()
    })
    expect(line.cuts).toBe(1)
    // What was sent twice is one chunk at most; the rest are heads of requests.
    expect(line.bytes).toBeLessThan(file.length + chunkSize + 64 * 1024)
    expect(offsets.at(-1)).toBe(file.length)
    const { pathname } = new URL(upload.url)
    const { upload: told } = await call(page, "GET", pathname)
    expect(told).toMatchObject({ name: "Über uns.pdf", length: file.length, offset: file.length })
    const saved = await page.request.get(told.attachment.url)
    expect((await saved.body()).equals(file)).toBe(true)
    expect(saved.headers()["content-disposition"]).toContain("attachment;")

    // Ended by its owner, it is there no more.
    await tus.Upload.terminate(upload.url, { headers: { Cookie: cookie } })
    expect((await page.request.get(pathname)).status()).toBe(404)
  } finally {
    line.close()
  }
})

test("a file that cannot be a picture is sent as a file, and one that is too large is refused at once", async ({
  page,
  baseURL,
}) => {
  await register(page, "Aarav")
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ")
  const send = (/** @type {Buffer} */ file, /** @type {Record<string, string>} */ metadata) =>
    new Promise((resolve, reject) => {
      const options = { endpoint: `${baseURL}/api/v1/uploads`, headers: { Cookie: cookie }, metadata, retryDelays: [] }
      const upload = new tus.Upload(file, { ...options, onError: reject, onSuccess: () => resolve(upload.url) })
      upload.start()
    })
  const where = await send(Buffer.from("<svg onload='alert(1)'/>"), { filename: "a.svg", filetype: "image/svg+xml" })
  const { upload } = await call(page, "GET", new URL(/** @type {string} */ (where)).pathname)
  expect(upload.attachment).toMatchObject({ kind: "file", name: "a.svg" })
  const refused = await send(Buffer.alloc(9 << 20), { filename: "a.jpg", filetype: "image/jpeg" }).catch(
    (error) => error,
  )
  expect(refused.originalResponse.getStatus()).toBe(413)
  expect(JSON.parse(refused.originalResponse.getBody())).toMatchObject({ code: "too_large", field: "attachments" })
})
