// Files that people send each other, without the composer: by the calls that it makes.

import { call } from "./people.js"

let serial = 0

/**
 * @typedef {object} File
 * @property {string} name
 * @property {string} mimeType
 * @property {Buffer} buffer
 */

/**
 * Uploads a file of the person who is signed in and returns its id.
 * @param {import("@playwright/test").Page} page
 * @param {File} file
 * @returns {Promise<string>}
 */
export async function upload(page, { name, mimeType, buffer }) {
  const coded = (/** @type {string} */ text) => Buffer.from(text).toString("base64")
  const answer = await page.request.post("/api/v1/uploads", {
    headers: {
      "Tus-Resumable": "1.0.0",
      "Upload-Length": String(buffer.length),
      "Upload-Metadata": `filename ${coded(name)},filetype ${coded(mimeType)}`,
      "Content-Type": "application/offset+octet-stream",
    },
    data: buffer,
  })
  const place = answer.headers().location
  if (answer.status() !== 201 || !place) throw new Error(`upload ${name}: ${answer.status()} ${await answer.text()}`)
  const { upload } = await call(page, "GET", place)
  if (!upload.attachment) throw new Error(`upload ${name}: ${JSON.stringify(upload)}`)
  return upload.attachment.id
}

/**
 * Sends a message that carries files.
 * @param {import("@playwright/test").Page} page
 * @param {string} url of the conversation
 * @param {File[]} files
 * @param {string} [message]
 */
export async function share(page, url, files, message = "") {
  const attachments = []
  for (const file of files) attachments.push(await upload(page, file))
  const id = url.match(/(\d+)\/$/)?.[1]
  const data = { client_id: `share.${++serial}`, message, attachments }
  return (await call(page, "POST", `/api/v1/conversations/${id}/messages`, data)).message
}

/**
 * The smallest document that a reader of PDF opens.
 * @param {string} name
 * @returns {File}
 */
export function paper(name) {
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
  ]
  let text = "%PDF-1.4\n"
  const places = objects.map((one, i) => {
    const at = text.length
    text += `${i + 1} 0 obj\n${one}\nendobj\n`
    return at
  })
  const at = text.length
  text += `xref\n0 4\n0000000000 65535 f \n${places.map((n) => `${String(n).padStart(10, "0")} 00000 n \n`).join("")}`
  text += `trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n${at}\n%%EOF\n`
  return { name, mimeType: "application/pdf", buffer: Buffer.from(text, "latin1") }
}
