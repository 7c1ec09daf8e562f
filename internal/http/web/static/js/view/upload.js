import { Refused } from "../lib/api.js"

/**
 * A photo as the server keeps it until a listing takes it up.
 * @typedef {{ id: string, url: string, thumb_url: string, width: number, height: number }} Photo
 */

/** Longer edge, in pixels, to which a photo is made smaller before it is sent. */
const edge = 2048
/** Photos of so many bytes are sent as they are. */
const small = 600_000
/** A line on which nothing moves for so long is dead. */
const patience = 60_000

/**
 * The photo as it is worth sending over a bad line: upright and no larger than it will be
 * shown. What this browser cannot read is sent as it is; the server says what it is.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function shrink(file) {
  if (file.size <= small || file.type === "image/gif") return file
  try {
    const picture = await createImageBitmap(file)
    const scale = Math.min(1, edge / Math.max(picture.width, picture.height))
    const canvas = document.createElement("canvas")
    canvas.width = Math.max(1, Math.round(picture.width * scale))
    canvas.height = Math.max(1, Math.round(picture.height * scale))
    const drawing = canvas.getContext("2d")
    if (!drawing) return file
    // What is transparent stands on white, as the server has it.
    drawing.fillStyle = "#fff"
    drawing.fillRect(0, 0, canvas.width, canvas.height)
    drawing.drawImage(picture, 0, 0, canvas.width, canvas.height)
    picture.close()
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88))
    return made instanceof Blob && made.size < file.size ? made : file
  } catch {
    return file
  }
}

/**
 * Sends a photo. A refusal throws a Refused with its sentence, a broken line an Error.
 * @param {Blob} photo
 * @param {(percent: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<Photo>}
 */
export function upload(photo, progress, signal) {
  return new Promise((resolve, reject) => {
    // fetch tells nothing of how far it has come.
    const request = new XMLHttpRequest()
    request.open("POST", "/api/v1/photos")
    request.setRequestHeader("Content-Type", photo.type.startsWith("image/") ? photo.type : "image/jpeg")
    request.responseType = "json"
    /** @param {string} why it has not arrived */
    const fail = (why) => reject(new Error(why))
    // Chromium waits for minutes on a line that only swallows.
    const stalled = () => {
      fail("The line broke.")
      request.abort()
    }
    let timer = setTimeout(stalled, patience)
    request.upload.onprogress = ({ loaded, total }) => {
      clearTimeout(timer)
      timer = setTimeout(stalled, patience)
      progress(total ? (100 * loaded) / total : 0)
    }
    request.onloadend = () => clearTimeout(timer)
    request.onload = () => {
      const { status, response } = request
      if (status === 201 && response) resolve(response.photo)
      else reject(new Refused(response?.detail ?? "The server could not take it.", status))
    }
    request.onerror = () => fail("The line broke.")
    request.onabort = () => fail("Taken away.")
    signal.addEventListener("abort", () => request.abort())
    request.send(photo)
  })
}
