// Somebody with something of everything that the site keeps for people.

import { expect } from "@playwright/test"
import { ask, call, offer, register } from "./people.js"

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {Awaited<ReturnType<typeof world>>} World */

/** What everybody here signs in with. */
export const password = "correct horse"

/** A browser's, with the keys of RFC 8291. Its address is one of those for documents, where nobody goes. */
export const subscription = (/** @type {string} */ name) => ({
  endpoint: `https://192.0.2.7/push/${name}`,
  keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
})

/** Somebody with things, a wish, conversations and notices of their own, whose page is given. */
export async function world(/** @type {Page} */ page, /** @type {Page} */ other) {
  await register(other, "Meera")
  const wished = await offer(other, "Wished lamp")
  const asked = await offer(other, "Asked-about radio")
  const free = await offer(other, "Nobody's chair")
  const me = await register(page, "Aarav")
  const own = await offer(page, "Own sofa")
  await call(page, "PUT", `/api/v1/wishlist/${wished.id}`)
  const talk = (await ask(page, asked.id, "Hello")).match(/(\d+)\/$/)?.[1]
  const question = (await ask(other, own.id, "Is it there?")).match(/(\d+)\/$/)?.[1]
  await call(other, "POST", `/api/v1/conversations/${talk}/messages`, { client_id: "a", message: "Yes" })
  const said = (await call(page, "GET", `/api/v1/conversations/${talk}/messages`)).messages[0].message_id
  let notices = []
  await expect
    .poll(async () => (notices = (await call(page, "GET", "/api/v1/notifications")).notifications).length, {
      timeout: 15_000,
    })
    .toBe(2)
  const reply = (await call(page, "POST", "/api/v1/saved-replies", { text: "Yes, it is here." })).saved_reply.id
  const browser = (await call(page, "POST", "/api/v1/push/devices", subscription(me.username))).device.id
  const begun = await page.request.post("/api/v1/uploads", { headers: { "Upload-Length": "1" } })
  const upload = begun.headers().location.split("/").at(-1)
  // Signed in once more, in the browser of the other one, who has done what there was to do.
  await call(other, "POST", "/api/v1/session", { username: me.username, password })
  const { sessions } = await call(page, "GET", "/api/v1/me/sessions")
  const device = sessions.find((/** @type {{ current: boolean }} */ session) => !session.current).id
  return { me, own, wished, free, talk, said, question, notice: notices[0].id, device, reply, upload, browser }
}
