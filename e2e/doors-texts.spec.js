// What people write stays what they wrote, wherever it is shown. The policy is switched
// off here, so that nothing but our own care stands between a text and a page.

import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { harmless, payloads, refused } from "./payloads.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {Awaited<ReturnType<typeof world>>} World */

// Traces of so many texts take longer than the test.
test.use({ trace: "off" })

const evil = Object.values(payloads)
/** A text on one line, as names and titles are kept. */
const line = (/** @type {string} */ text) => text.trim().split(/\s+/).join(" ")

/** Texts joined to as few as fit into so many characters. */
function pack(/** @type {string[]} */ texts, /** @type {number} */ most) {
  /** @type {string[]} */
  const all = []
  for (const text of texts) {
    const joined = `${all[all.length - 1]} ${text}`
    if (all.length > 0 && [...joined].length <= most) all[all.length - 1] = joined
    else all.push(text)
  }
  return all
}

const lines = evil.map(line)
const titles = pack(lines, 120)
/** Names have room for one or two. These end what a name can stand in, or build the most. */
const names = [
  ...["script", "image that fails", "svg that loads", "frame with a document", "link", "end of a text area"],
  ...["end of a title", "end of a JSON script", "double quote", "single quote", "back quote", "template of Go"],
  ...["noscript that is read twice", "math that is read twice", "base", "isolates", "entities twice", "right to left"],
].map((name) => line(payloads[name]))

const messagesOf = (/** @type {{ talk: string }} */ { talk }) =>
  `/api/v1/conversations/${talk.match(/(\d+)\/$/)?.[1]}/messages`
const path = (/** @type {{ url: string }} */ listing) => new URL(listing.url, "http://x").pathname

/**
 * A seller with things that are called by the titles, about each of which somebody asks who has the
 * name beside it. The seller's browser is signed in already, the buyer's is the last one's afterwards.
 */
async function world(/** @type {Page} */ seller, /** @type {Page} */ buyer, { titles, names, texts }) {
  const people = []
  for (const [n, title] of titles.entries()) {
    const listing = await offer(seller, title)
    const city = line(texts[n])
    await call(seller, "PATCH", `/api/v1/listings/${listing.id}`, { description: texts.join("\n\n"), city })
    const person = await register(buyer, names[n])
    const about = texts.slice(n * 3, n * 3 + 7).join("\n\n")
    await call(buyer, "PATCH", "/api/v1/me", { city, about })
    people.push({ ...person, title, city, about, listing, talk: await ask(buyer, listing.id, title) })
  }
  const [first] = people
  await call(buyer, "PUT", `/api/v1/wishlist/${first.listing.id}`)
  await call(seller, "PATCH", `/api/v1/listings/${first.listing.id}`, { price: { amount: 100, currency: "INR" } })
  return { people, first, last: people[people.length - 1] }
}

/** Notes what must not happen in the browser of a page: programs of others, their sites, questions. */
async function guard(/** @type {Page} */ page, /** @type {string} */ site) {
  /** @type {string[]} */
  const seen = []
  const context = page.context()
  await context.exposeBinding("__xss", ({ frame }) => void seen.push(`a program ran on ${frame.url()}`))
  context.on("dialog", (dialog) => {
    seen.push(`${dialog.type()}: ${dialog.message()}`)
    void dialog.dismiss()
  })
  context.on("request", (request) => {
    const { protocol, origin, href } = new URL(request.url())
    if (origin !== site && protocol !== "blob:" && !href.startsWith("data:image/")) seen.push(`${href} was asked for`)
  })
  return seen
}

/** The kinds of elements of a page, each with its attributes that load, lead or run something, and addresses that lead away. */
const look = (/** @type {Page} */ page) =>
  page.evaluate(() => {
    const telling = /^(on.*|style|srcdoc|src|href|xlink:href|action|formaction|http-equiv|data|autofocus|target)$/
    const roots = [document, ...[...document.querySelectorAll("template")].map((one) => one.content)]
    const all = roots
      .flatMap((root) => [...root.querySelectorAll(":not(use)")])
      .filter((one) => !one.localName.includes("-"))
    const kinds = all.map((one) => [
      one.tagName,
      ...one
        .getAttributeNames()
        .filter((name) => telling.test(name))
        .sort(),
    ])
    const addresses = all.flatMap((one) =>
      ["href", "src", "action", "formaction"].map((name) => one.getAttribute(name)),
    )
    const away = addresses.filter((url) => {
      if (url === null) return false
      const { origin, protocol, href } = new URL(url, location.href)
      // A message may lead to what it names.
      return origin !== location.origin && protocol !== "blob:" && !/^(data:image\/png|https:\/\/x\.test)/.test(href)
    })
    return { kinds: [...new Set(kinds.map((kind) => kind.join(" ").toLowerCase()))], away }
  })

/** Expects each text to stand in one of the elements, from its first character to its last. */
async function shows(/** @type {Page} */ page, /** @type {string} */ selector, /** @type {string[]} */ texts) {
  const said = () => page.locator(selector).evaluateAll((all) => all.map((one) => one.textContent ?? ""))
  const missing = async () => {
    const all = await said()
    return texts.filter((text) => !all.some((one) => one.includes(text)))
  }
  await expect.poll(missing, { message: `not shown by ${selector} on ${page.url()}` }).toEqual([])
}

/** What both see of a world, with a page of each kind. */
const sellerPages = (/** @type {World} */ { last }) => [
  ...["/chat/", "/notifications/", last.talk, "/accounts/profile/", "/accounts/profile/edit/"],
  ...[
    "/accounts/my-products/",
    "/chat/search/?q=xss",
    ...["", "edit/", "delete/", "mark-sold/"].map((end) => path(last.listing) + end),
  ],
]
const buyerPages = (/** @type {World} */ { first, last }) => [
  ...[
    "/chat/",
    "/notifications/",
    last.talk,
    path(last.listing),
    path(first.listing),
    `/chat/start/${first.listing.id}/`,
  ],
  ...["/accounts/my-wishlist/", "/search/?q=nothing", "/search/?q=xss", `/accounts/profile/${last.username}/`],
  ...["/nothing/", "/search/?min_price=x"],
]

test("what people write runs nowhere, builds nothing and is shown as it is", async ({ browser, baseURL, problems }) => {
  test.setTimeout(120_000)
  problems.allow(/status of (404|422)/)
  const site = /** @type {string} */ (baseURL)
  const contexts = []
  const newPage = async () => {
    const context = await browser.newContext({ baseURL, bypassCSP: true, viewport: { width: 1280, height: 800 } })
    contexts.push(context)
    await problems.watch(context)
    return context.newPage()
  }
  try {
    const [seller, buyer] = [await newPage(), await newPage()]
    const events = [await guard(seller, site), await guard(buyer, site)]

    // What pages are made of when nobody means ill.
    const known = new Set()
    const learn = async (/** @type {Page} */ page) => (await look(page)).kinds.forEach((kind) => known.add(kind))
    await register(seller, "Meera")
    const plain = await world(seller, buyer, {
      titles: titles.slice(0, 2).map(harmless),
      names: names.map(harmless),
      texts: evil.map(harmless),
    })
    await talkTo(seller, plain.last.talk)
    await write(seller, "https://x.test")
    // Who leaves in the moment in which it is stored finds it as a draft.
    await expect(bubbles(seller, "https://x.test")).toHaveAttribute("data-state", /sent|delivered|read/)
    const each = async (
      /** @type {World} */ world,
      /** @type {(page: Page, where: string) => Promise<void>} */ visit,
    ) => {
      const walk = async (/** @type {Page} */ page, /** @type {string[]} */ all) => {
        for (const where of all) await visit(page, where)
      }
      await Promise.all([walk(seller, sellerPages(world)), walk(buyer, buyerPages(world))])
    }
    await expect(async () => {
      await seller.goto("/chat/search/?q=x.test")
      await expect(seller.locator(".hit mark")).toHaveCount(1, { timeout: 500 })
    }).toPass({ timeout: 15_000 })
    await learn(seller)
    await each(plain, async (page, where) => {
      await page.goto(where)
      await learn(page)
    })
    await refuse(buyer, plain, "x")
    await learn(buyer)

    /** Expects that nothing has come of the texts on a page. */
    const calm = async (/** @type {Page} */ page, /** @type {string} */ where) => {
      const { kinds, away } = await look(page)
      expect(
        kinds.filter((kind) => !known.has(kind)),
        `what a text has built on ${where}`,
      ).toEqual([])
      expect(away, `what leads away on ${where}`).toEqual([])
      expect(events.flat(), `what has happened on ${where} or before`).toEqual([])
    }
    const visit = async (/** @type {Page} */ page, /** @type {string} */ where) => {
      await page.goto(where)
      expect(page.url()).toBe(new URL(where, site).href)
      await calm(page, where)
    }

    // The list and the notices are open while all of it comes in.
    const me = await register(seller, evil[0])
    const list = await seller.context().newPage()
    await list.goto("/chat/")
    await connected(list)
    const notices = await seller.context().newPage()
    await notices.goto("/notifications/")
    const w = await world(seller, buyer, { titles, names, texts: evil })
    const asking = w.people.map(({ name }) => name)
    await shows(list, ".inbox-name", asking)
    await shows(list, ".inbox-about", titles)
    await shows(list, ".inbox-last bdi", titles)
    await calm(list, "the list, live")
    await shows(notices, ".notification-text", [...asking, ...titles])
    await shows(notices, ".notification-more", titles)
    await calm(notices, "the notices, live")

    // A conversation in which both look: as it is sent, as it arrives, and as it is served.
    await talkTo(seller, w.last.talk)
    await talkTo(buyer, w.last.talk)
    for (const name of names.slice(0, 8)) await write(buyer, name)
    await expect(bubbles(seller)).toHaveCount(9) // so that what comes next stands behind it
    for (const [n, message] of evil.entries())
      await call(seller, "POST", messagesOf(w.last), { client_id: `text-${n}`, message })
    for (const page of [seller, buyer]) {
      await expect(bubbles(page)).toHaveCount(evil.length + 9)
      await shows(page, ".message .text", [...names.slice(0, 8), ...evil])
      await calm(page, "a conversation, live")
    }
    await call(seller, "PATCH", `/api/v1/listings/${w.last.listing.id}`, { title: names[6], city: names[7] })
    await shows(buyer, "listing-strip", [names[6]])
    await calm(buyer, "the thing of a conversation, live")
    // A page opens at what has not been read: all of it has been, so it is served with the newest.
    await expect(bubbles(seller).last()).toHaveAttribute("data-state", "read")
    await visit(buyer, w.last.talk)
    await shows(buyer, ".message .text", evil)
    await shows(buyer, "h1", [lines[0]])

    // As they are served.
    await each(w, visit)
    await visit(seller, "/chat/")
    await shows(seller, ".inbox-name", asking)
    await shows(seller, ".inbox-about", titles.slice(0, -1))
    await visit(seller, "/notifications/?type=messages")
    await shows(seller, ".notification-text", [...asking, ...titles.slice(0, -1)])
    await visit(buyer, `/accounts/profile/${me.username}/`)
    await shows(buyer, "h1", [lines[0]])
    await shows(buyer, ".card-title", titles.slice(-12, -1))
    await shows(
      buyer,
      ".card-place",
      w.people.slice(-12, -1).map(({ city }) => city),
    )
    for (const { username, name, about, city, title, listing } of w.people.slice(0, -1).filter((_, n) => n % 2 === 0)) {
      await Promise.all([visit(seller, `/accounts/profile/${username}/`), visit(buyer, path(listing))])
      await shows(seller, "h1", [name])
      await shows(seller, ".account", [city])
      await shows(seller, ".account-about p", about.split("\n\n"))
      expect(await buyer.title()).toContain(title)
      await shows(buyer, ".listing h1", [title])
      await shows(buyer, ".listing-where", [city])
      await shows(buyer, ".prose p", evil)
      const told = await buyer.locator('script[type="application/ld+json"]').textContent()
      expect(JSON.parse(told ?? "").name).toBe(title)
    }
    for (const { title, listing } of w.people.slice(4, 8)) {
      await visit(seller, `${path(listing)}edit/`)
      await expect(seller.locator("[name=title]")).toHaveValue(title)
      await expect(seller.locator("[name=description]")).toHaveValue(evil.join("\n\n"))
      // Only a number fills the form in; the title is a part of what stands there.
      const text = encodeURIComponent(title)
      await visit(buyer, `/chat/start/${listing.id}/?message=${text}&text=${text}&quick=${text}`)
      await expect(buyer.locator("textarea")).toHaveValue(`Hi, is ${title} still available?`)
      await visit(buyer, `/nothing/${text}/?${text}`)
    }
    expect(await refuse(buyer, w, evil.join("\n"))).toBe(true)
    await calm(buyer, "a form that was refused")

    // What is looked for, as many at once as a search takes.
    const words = pack(lines, 100)
    for (let n = 0; n < words.length; n += 2) {
      const [q, place = ""] = words.slice(n)
      await visit(buyer, `/search/?${new URLSearchParams({ q, place })}`)
      await expect(buyer.locator("[name=q]").last()).toHaveValue(q)
      await expect(buyer.locator("[name=place]")).toHaveValue(place)
      if (n % 4 === 0) await visit(buyer, `/chat/search/?${new URLSearchParams({ q })}`)
    }

    for (const text of refused)
      for (const [method, url, fields] of /** @type {const} */ ([
        ["PATCH", "/api/v1/me", ["name", "city", "about"]],
        ["PATCH", `/api/v1/listings/${w.last.listing.id}`, ["title", "description", "city"]],
        ["POST", messagesOf(w.last), ["message"]],
      ]))
        for (const field of fields) {
          const data = { [field]: text, ...(field === "message" && { client_id: "refused" }) }
          const answer = await seller.request.fetch(url, { method, data })
          expect(answer.status(), `${url} ${field} ${JSON.stringify(text)}`).toBe(422)
        }

    // It would have been seen: here a program does run.
    problems.allow(/evil\.test/)
    await buyer.route(/evil\.test/, (route) => route.abort()) // names are not looked up for long
    await buyer.evaluate(() => {
      const image = document.createElement("img")
      image.setAttribute("onerror", "__xss()")
      image.src = "//evil.test/pixel.gif"
      document.body.append(image)
    })
    await expect.poll(() => events[1].length).toBe(2)
    expect((await look(buyer)).away).toEqual(["//evil.test/pixel.gif"])
  } finally {
    for (const context of contexts) await context.close()
  }
})

/** Opens a conversation. */
async function talkTo(/** @type {Page} */ page, /** @type {string} */ url) {
  await page.goto(url)
  await connected(page)
}

/** Writes more than fits on the page on which one asks, and tells whether it comes back whole. */
async function refuse(/** @type {Page} */ page, /** @type {World} */ { first }, /** @type {string} */ text) {
  await page.goto(`/chat/start/${first.listing.id}/`)
  const long = text + "x".repeat(4000)
  await page.locator("textarea").fill(long)
  await page.getByRole("button", { name: /^Send to/ }).click()
  await expect(page.locator("#message-fault")).toBeVisible()
  return (await page.locator("textarea").inputValue()) === long
}
