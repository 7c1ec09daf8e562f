// What another site can do in the browser of somebody who is signed in here: nothing.

import { createServer } from "node:http"
import { call } from "./people.js"
import { expect, test } from "./test.js"
import { password, subscription, world } from "./world.js"

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("@playwright/test").BrowserContext} BrowserContext */
/** @typedef {import("./world.js").World} World */

// Traces of so many frames and pages take longer than the tests.
test.use({ trace: "off" })

const sock = (/** @type {string} */ origin) => origin.replace(/^http/, "ws")

/** The operations of the API's document that change something, with a star for each name in a path. */
async function operations(/** @type {Page} */ page) {
  const { paths } = await call(page, "GET", "/api/v1/openapi.json")
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== "get" && method !== "head")
      .map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "*")}`),
  )
}

/** Everything of a person that another site could want to change. */
async function belongings(/** @type {Page} */ page, /** @type {World} */ { own, free, talk, question, upload }) {
  const all = {}
  for (const path of [
    ...[
      "me",
      "me/sessions",
      "me/listings",
      "wishlist",
      "notifications",
      "saved-replies",
      "push",
      `listings/${own.id}`,
      `uploads/${upload}`,
      `listings/${free.id}`,
    ],
    ...["conversations", "conversations?filter=archived"],
    ...[talk, question].flatMap((id) => [`conversations/${id}`, `conversations/${id}/messages`]),
  ]) {
    const answer = await page.request.get(`/api/v1/${path}`)
    // Who is here, and since when, changes by itself.
    all[path] = JSON.parse(await answer.text(), (key, value) =>
      ["online", "last_seen", "epoch"].includes(key) ? undefined : value,
    )
  }
  return { ...all, cookies: (await page.context().cookies()).map(({ name, domain, value }) => [domain, name, value]) }
}

/**
 * Every form of the site with fields that it takes, in an order in which all of them do.
 * @param {World} world
 * @returns {[string, Record<string, string>][]}
 */
const forms = ({ me, own, wished, free, talk, question, notice, reply }) => {
  const path = new URL(own.url, "http://x").pathname
  const thing = { title: "Taken over", price: "1", currency: "INR", category: "books", condition: "poor" }
  return [
    ["/create/", thing],
    [new URL(free.url, "http://x").pathname + "view/", {}],
    [`${path}edit/`, thing],
    [`${path}mark-reserved/`, {}],
    [`${path}mark-sold/`, {}],
    [`${path}mark-inactive/`, {}],
    [`${path}mark-active/`, {}],
    [`${path}delete/`, {}],
    [`/wishlist/add/${free.id}/`, {}],
    [`/wishlist/remove/${wished.id}/`, {}],
    [`/chat/start/${free.id}/`, { message: "Taken over", client_id: "start" }],
    [`/chat/conversation/${talk}/`, { message: "Taken over", client_id: "say" }],
    [`/chat/mark-read/${talk}/`, { seq: "2" }],
    [`/chat/mark/${question}/`, { archived: "on", muted: "on" }],
    [`/notifications/read/${notice}/`, {}],
    ["/notifications/mark-all-read/", {}],
    [`/notifications/delete/${notice}/`, {}],
    ["/notifications/clear-all/", {}],
    ["/notifications/preferences/", { marketing: "on" }],
    ["/accounts/saved-replies/", { text: "Taken over" }],
    [`/accounts/saved-replies/${reply}/`, { text: "Taken over" }],
    ["/accounts/profile/edit/", { name: "Taken over" }],
    ["/accounts/password-change/", { current: password, password: "battery staple" }],
    ["/accounts/devices/", {}],
    ["/accounts/login/", { username: me.username, password: "battery staple" }],
    ["/accounts/close/", { current: "battery staple" }],
    ["/accounts/logout/", {}],
    ["/accounts/register/", { username: `${me.username}x`, password, name: "Taken over" }],
  ]
}

/**
 * Every call of the API that changes something, in the same way: as many as the API's own
 * document names.
 * @param {World} world
 * @returns {[string, string, object?][]}
 */
const calls = ({ me, own, wished, free, talk, said, question, notice, device, reply, upload, browser }) => {
  const thing = { title: "Taken over", description: "", category: "books", condition: "poor" }
  return [
    ["POST", "/listings", { ...thing, price: { amount: 100, currency: "INR" } }],
    ["PATCH", `/listings/${own.id}`, { title: "Taken over" }],
    ["DELETE", `/listings/${own.id}`],
    ["PUT", `/wishlist/${free.id}`],
    ["DELETE", `/wishlist/${wished.id}`],
    ["POST", "/conversations", { listing_id: free.id, client_id: "start", message: "Taken over" }],
    ["POST", `/conversations/${talk}/messages`, { client_id: "say", message: "Taken over" }],
    ["PATCH", `/conversations/${talk}/messages/${said}`, { message: "Taken over" }],
    ["PUT", `/conversations/${talk}/messages/${said}/reactions/${encodeURIComponent("👍")}`],
    ["DELETE", `/conversations/${talk}/messages/${said}/reactions/${encodeURIComponent("👍")}`],
    ["DELETE", `/conversations/${talk}/messages/${said}`],
    ["PUT", `/conversations/${talk}/messages/${said}/hidden`],
    ["DELETE", `/conversations/${talk}/messages/${said}/hidden`],
    ["PUT", `/conversations/${talk}/read`, { seq: 2 }],
    ["PATCH", `/conversations/${question}`, { archived: true, muted: true }],
    ["POST", "/notifications/read", { all: true }],
    ["DELETE", `/notifications/${notice}`],
    ["DELETE", "/notifications"],
    ["POST", "/push/devices", subscription("evil")],
    ["POST", "/push/devices/forget", { endpoint: subscription("evil").endpoint }],
    ["DELETE", `/push/devices/${browser}`],
    ["POST", "/saved-replies", { text: "Taken over" }],
    ["PATCH", `/saved-replies/${reply}`, { text: "Taken over" }],
    ["DELETE", `/saved-replies/${reply}`],
    ["DELETE", `/conversations/${talk}`],
    ["PATCH", "/me", { name: "Taken over", preferences: { marketing: true } }],
    ["POST", "/ticket"],
    ["POST", "/photos", {}],
    ["POST", "/uploads"],
    ["PATCH", `/uploads/${upload}`, {}],
    ["DELETE", `/uploads/${upload}`],
    ["DELETE", `/me/sessions/${device}`],
    ["DELETE", "/me/sessions"],
    ["DELETE", "/session"],
    ["POST", "/session", { username: me.username, password }],
    ["POST", "/me/verify-email"],
    ["POST", "/password-reset", { email: "taken@example.org" }],
    ["POST", "/password-reset/confirm", { token: "taken", password: "battery staple" }],
    ["PUT", "/me/password", { current: password, password: "battery staple" }],
    ["POST", "/me/close", { current: "battery staple" }],
    ["POST", "/users", { username: `${me.username}y`, password, name: "Taken over" }],
  ]
}

/** Posts forms from the page, each into a frame of its own, and returns the status that each was answered with. */
async function post(/** @type {Page} */ page, /** @type {[string, Record<string, string>][]} */ all, enctype = "") {
  const answers = {}
  const note = async (/** @type {import("@playwright/test").Response} */ response) => {
    if (response.request().method() === "POST") answers[response.url()] = response.status()
  }
  page.on("response", note)
  await page.evaluate(([all, enctype]) => {
    for (const [n, [action, fields]] of all.entries()) {
      const frame = document.createElement("iframe")
      frame.name = `frame${n}`
      const form = document.createElement("form")
      Object.assign(form, { action, method: "post", target: frame.name, ...(enctype && { enctype }) })
      for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement("input")
        Object.assign(input, { name, value, type: "hidden" })
        form.append(input)
      }
      document.body.append(frame, form)
      HTMLFormElement.prototype.submit.call(form)
    }
  }, /** @type {const} */ ([all, enctype]))
  await expect
    .poll(() => Object.keys(answers).length, { message: "answers to the forms", timeout: 30_000 })
    .toBe(all.length)
  page.off("response", note)
  return answers
}

test("a page of another origin changes nothing and opens no socket", async ({ browser, baseURL, problems }) => {
  test.setTimeout(120_000)
  problems.allow(/./) // What the other site's pages complain of is what is wanted.
  const foreign = createServer((_, answer) =>
    answer.setHeader("Content-Type", "text/html").end("<!doctype html><body>"),
  )
  await new Promise((resolve) => foreign.listen(0, "127.0.0.1", () => resolve(undefined)))
  const context = await browser.newContext({ baseURL })
  const others = await browser.newContext({ baseURL })
  try {
    const page = await context.newPage()
    const own = await world(page, await others.newPage())
    const port = /** @type {import("node:net").AddressInfo} */ (foreign.address()).port
    const named = new URL(/** @type {string} */ (baseURL))
    const sites = ["127.0.0.1", "localhost"].map((host) => `http://${host}:${named.port}`)
    // Signed in by both names, so that each has a neighbour that the browser takes for the same site.
    await call(page, "POST", `${sites[1]}/api/v1/session`, { username: own.me.username, password })
    // A session and a name of the browser at each.
    expect(await context.cookies()).toHaveLength(4)
    const { ticket } = await call(page, "POST", "/api/v1/ticket")
    const asked = calls(own).map(
      ([method, path]) => `${method} ${path.replace(/\/(\d+|[0-9a-f]{16}|[a-z2-7]{26}|%[^/]+)(?=\/|$)/g, "/*")}`,
    )
    expect(asked.sort(), "calls of other sites").toEqual((await operations(page)).sort())
    const before = await belongings(page, own)
    const evil = await context.newPage()
    /** @type {import("@playwright/test").Response[]} */
    const answers = []
    evil.on("response", (response) => answers.push(response))

    for (const host of ["127.0.0.1", "localhost"]) {
      const from = `http://${host}:${port}/`
      await evil.goto(from)
      // The neighbour by either name, and a site of another name.
      for (const site of sites.slice(0, host === "localhost" ? 2 : 1)) {
        const whole = forms(own).map(([path, fields]) => /** @type {[string, any]} */ ([site + path, fields]))
        const json = calls(own).flatMap(([method, path, body]) =>
          method === "POST" ? [/** @type {[string, any]} */ ([`${site}/api/v1${path}`, jsonField(body)])] : [],
        )
        for (const got of [
          await post(evil, whole),
          await post(evil, whole.slice(0, 3), "multipart/form-data"),
          await post(evil, json, "text/plain"),
        ])
          for (const [url, status] of Object.entries(got)) expect.soft(status, `a form of ${from} to ${url}`).toBe(403)

        // Scripts with cookies: as JSON, which the browser asks about first, and as plain text, which it does not.
        const read = await evil.evaluate(
          async ([all, addresses]) => {
            const tell = ({ status, type }) => (type === "opaque" ? "" : `read ${status}`)
            const send = (url, init) => fetch(url, { credentials: "include", ...init }).then(tell, () => "")
            const text = { "Content-Type": "text/plain" }
            const jobs = all.flatMap(([method, url, body]) => [
              send(url, { method, body, headers: { "Content-Type": "application/json" } }),
              send(url, { method, body, headers: text }),
              ...(method === "POST" ? [send(url, { method, body, headers: text, mode: "no-cors" })] : []),
            ])
            const loaded = addresses.map(
              (url) =>
                new Promise((resolve) => {
                  const image = new Image()
                  image.onload = () => resolve(`loaded ${url}`)
                  image.onerror = () => resolve("")
                  image.src = url
                }),
            )
            return (await Promise.all([...jobs, send(addresses[0], {}), ...loaded])).filter(Boolean)
          },
          /** @type {const} */ ([
            calls(own).map(([method, path, body]) => [method, `${site}/api/v1${path}`, body && JSON.stringify(body)]),
            [`${site}/api/v1/me`, ...forms(own).map(([path]) => site + path)],
          ]),
        )
        expect(read, `what a script of ${from} reads of ${site}`).toEqual([])

        // Also from a frame without an origin.
        const addresses = ["/ws/", `/ws/?ticket=${ticket}`, `/ws/chat/${own.talk}/`].map((path) => sock(site) + path)
        for (const origin of ["", "null"])
          expect(await knock(evil, addresses, origin), `sockets of ${from} to ${site}`).toEqual([
            "shut",
            "shut",
            "shut",
          ])
      }
    }
    for (const answer of answers) {
      const { origin, pathname } = new URL(answer.url())
      if (!sites.includes(origin)) continue
      const name = `${answer.request().method()} ${pathname}`
      expect.soft(answer.headers()["access-control-allow-origin"], name).toBeUndefined()
      if (!/^(GET|OPTIONS) /.test(name)) expect.soft(answer.status(), name).toBe(403)
    }
    expect(await belongings(page, own)).toEqual(before)

    // The same from here opens and changes: each form and call was one that is taken.
    await page.goto("/shop/")
    const here = sock(new URL(page.url()).origin)
    expect(await knock(page, [`${here}/ws/?ticket=${ticket}`, `${here}/ws/chat/${own.talk}/`])).toEqual([
      "open",
      "open",
    ])
    for (const [path, form] of forms(own)) {
      const answer = await page.request.post(path, { form, maxRedirects: 0 })
      expect.soft([204, 303], `${path} from here: ${answer.status()}`).toContain(answer.status())
    }
    const again = await world(page, await others.newPage())
    for (const [method, path, data] of calls(again)) {
      if (path === "/photos") {
        const picture = { headers: { "Content-Type": "image/png" }, data: await page.screenshot() }
        expect((await page.request.post(`/api/v1${path}`, picture)).status(), "a photo from here").toBe(201)
      } else if (path.startsWith("/uploads")) {
        const headers = {
          "Content-Type": "application/offset+octet-stream",
          "Upload-Length": "1",
          "Upload-Offset": "0",
        }
        const bytes = method === "DELETE" ? {} : { headers, data: "x" }
        const answer = await page.request.fetch(`/api/v1${path}`, { method, ...bytes })
        expect(answer.ok(), `${method} ${path} from here: ${answer.status()}`).toBe(true)
      } else if (/verify-email|password-reset/.test(path)) {
        // Taken, and refused for what it asks for: no mail is sent here, and there is no such link.
        const answer = await page.request.fetch(`/api/v1${path}`, { method, data })
        expect([422, 503], `${method} ${path} from here`).toContain(answer.status())
      } else await call(page, method, `/api/v1${path}`, data)
    }
  } finally {
    await context.close()
    await others.close()
    await new Promise((resolve) => foreign.close(resolve))
  }
})

/** A form of one field that is JSON when it is sent as plain text. */
function jsonField(/** @type {object | undefined} */ body = {}) {
  const text = JSON.stringify({ ...body, x: "" })
  return { [text.slice(0, -2)]: '"}' }
}

/** Tells of each address whether a socket opens, from the page or from a frame in it without an origin. */
const knock = (/** @type {Page} */ page, /** @type {string[]} */ addresses, origin = "") =>
  page.evaluate(async ([addresses, origin]) => {
    const program = (addresses) =>
      Promise.all(
        addresses.map(
          (url) =>
            new Promise((resolve) => {
              const socket = new WebSocket(url)
              socket.onopen = () => resolve("open")
              socket.onclose = () => resolve("shut")
            }),
        ),
      )
    if (origin === "") return program(addresses)
    const frame = document.createElement("iframe")
    frame.setAttribute("sandbox", "allow-scripts")
    const text = `(${program})(${JSON.stringify(addresses)}).then((all) => parent.postMessage(all, "*"))`
    frame.src = `data:text/html,${encodeURIComponent(`<script>${text}</script>`)}`
    const told = new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }))
    document.body.append(frame)
    return told
  }, /** @type {const} */ ([addresses, origin]))
