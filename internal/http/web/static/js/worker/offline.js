import { isDown, keyOf, mostPatience, patience, saying, wayOf, whoseIs } from "../lib/kept.js"
import { dropShared, peekShared, putShared, readShared } from "../lib/shared.js"
import * as keeping from "./keeping.js"
import { onPerson, person, setPerson } from "./person.js"
import { self } from "./scope.js"

// What goes on without a line: pages of conversations that were open, with what they need, for one person at a
// time; a page that says that one is offline; and what other apps share with the site.

/** A page is asked for again no sooner than this after the last time. */
const between = 5_000

/** @type {Map<string, number>} when a page will be asked for, or was */
const asked = new Map()

self.addEventListener("install", (event) => event.waitUntil(keeping.keepStandIn()))

self.addEventListener("fetch", (event) => {
  const { method, mode, url: address, headers, referrer } = event.request
  const url = new URL(address)
  const ours = url.origin === self.location.origin
  const from = referrer.startsWith(self.location.origin) ? new URL(referrer).pathname : ""
  const way = wayOf({ method, mode, path: url.pathname, ours, ranged: headers.has("Range"), from })
  if (way === "page") event.respondWith(page(event, url))
  else if (way === "static") event.respondWith(keeping.findFile(event))
  else if (way === "picture") event.respondWith(person().then((id) => keeping.findPicture(event.request, id)))
  else if (way === "share") event.respondWith(share(event.request))
  else if (way === "log out") event.respondWith(logOut(event))
  else if (way === "form") event.respondWith(sent(event.request, "form"))
})

self.addEventListener("message", (event) => {
  const { type, path } = event.data ?? {}
  if (type === "keep" && keyOf(String(path))) event.waitUntil(keepAgain(String(path)))
})

onPerson(forget)

/**
 * A page as the server has it; as it is kept, when the server does not answer in time; or the page that
 * says that one is offline.
 * @param {FetchEvent} event
 * @param {URL} url
 * @returns {Promise<Response>}
 */
async function page(event, url) {
  const coming = (async () => {
    const answer = await fetch(event.request)
    event.waitUntil(noted(url.search === "" ? url.pathname : "", answer))
    return answer
  })()
  event.waitUntil(coming.catch(() => {}))
  const kept = await keeping.findPage(await person(), url.pathname).catch(() => undefined)
  try {
    // With its headers a page has begun to come, and is not cut any more.
    const answer = await Promise.race([coming, keeping.late(kept ? patience : mostPatience)])
    return kept && isDown(answer.status) ? kept : answer
  } catch (error) {
    return kept ?? standIn(error instanceof keeping.Late ? "late" : "line")
  }
}

/**
 * The page that says what is the matter, instead of the browser's own.
 * @param {import("../lib/kept.js").Why} why
 * @returns {Promise<Response>}
 */
async function standIn(why) {
  const page = await keeping.findStandIn().catch(() => undefined)
  return page ? new Response(saying(await page.text(), why), { headers: page.headers }) : Response.error()
}

/**
 * What a form has sent. How long that takes is nobody's to say: it may carry photos.
 * @param {Request} request
 * @param {import("../lib/kept.js").Why} why
 * @returns {Promise<Response>}
 */
async function sent(request, why) {
  try {
    return await fetch(request)
  } catch {
    return request.mode === "navigate" ? standIn(why) : Response.error()
  }
}

/**
 * Whoever logs out leaves nothing here, once the server has heard of it: before that one is still signed in.
 * @param {FetchEvent} event
 * @returns {Promise<Response>}
 */
async function logOut(event) {
  const answer = await sent(event.request, "log out")
  // An answer that leads on tells a worker no more than that; the page that stands in has no address.
  if (answer.type === "opaqueredirect" || (answer.ok && answer.url !== "")) event.waitUntil(leave())
  return answer
}

/**
 * What the answer of a page says of who is signed in; it is kept if it is one that is.
 * @param {string} path "" for a page that is not to be kept as it is
 * @param {Response} answer
 */
async function noted(path, answer) {
  const whose = whoseIs(answer.headers.get("SwapNest-Person"))
  const mine = typeof whose === "number" && answer.status === 200 && keyOf(path) !== "" && !answer.redirected
  // Before anything is waited for: its bytes are on their way to the page.
  const copy = mine ? answer.clone() : undefined
  if (whose !== undefined) await setPerson(whose === "nobody" ? undefined : whose)
  if (copy && typeof whose === "number") await keeping.keepPage(whose, path, copy)
}

/**
 * What is kept of others goes.
 * @param {number | undefined} id who is signed in now
 */
async function forget(id) {
  await keeping.forgetOthers(id)
  if (id === undefined) return
  const shared = await peekShared(0).catch(() => undefined)
  // What was shared waits for its owner to log in again, and for nobody else.
  if (shared && shared.user !== 0 && shared.user !== id) await dropShared().catch(() => {})
}

async function leave() {
  await setPerson(undefined)
  await dropShared().catch(() => {})
}

/**
 * A page has changed since it came: it is asked for once more, although not at once when it just was.
 * @param {string} path
 */
async function keepAgain(path) {
  const now = Date.now()
  const at = Math.max(now, (asked.get(path) ?? 0) + between)
  if (at - now > between) return
  asked.set(path, at)
  await new Promise((resolve) => setTimeout(resolve, at - now))
  await keeping.ask(path, { headers: { Accept: "text/html" } }).then((answer) => noted(path, answer)).catch(() => {}) // prettier-ignore
}

/**
 * Another app shares something: it waits until its owner has chosen a conversation.
 * @param {Request} request
 * @returns {Promise<Response>}
 */
async function share(request) {
  try {
    await putShared(readShared(await request.formData(), await person(), Date.now()))
    return Response.redirect("/share/", 303)
  } catch {
    return Response.redirect("/share/?failed", 303)
  }
}
