// What a script could do that got into one of our pages: nothing.

import { expect, test } from "./test.js"
import { world } from "./world.js"

/** @typedef {import("./world.js").World} World */

// Traces of so many pages take longer than the test.
test.use({ trace: "off" })

/** Every page, with what there is to show on each. */
function pages(/** @type {World} */ { me, own, free, talk, question }) {
  const path = new URL(own.url, "http://x").pathname
  return [
    ...["/", "/shop/", "/shop/?q=x&category=books&condition=good&min_price=abc&max_price=9&place=y", "/search/?q=sofa"],
    ...["/categories/", "/categories/cycles/", "/create/", new URL(free.url, "http://x").pathname],
    ...["", "?photo=2", "edit/", "delete/", "mark-sold/", "mark-active/", "mark-reserved/", "mark-inactive/"].map(
      (end) => path + end,
    ),
    ...["/chat/", "/chat/?filter=unread", "/chat/?filter=archived", "/chat/search/", "/chat/search/?q=yes"],
    ...[`/chat/conversation/${talk}/`, `/chat/conversation/${question}/?before=1`],
    ...[`/chat/start/${free.id}/`, `/chat/start/${own.id}/`, `/accounts/profile/${me.username}/`],
    ...[
      "login",
      "register",
      "profile",
      "profile/edit",
      "my-products",
      "my-wishlist",
      "saved-replies",
      "password-reset",
      "password-reset/confirm",
      "verify-email",
      "verify-email/nothing",
    ].map((name) => `/accounts/${name}/`),
    ...["password-change", "devices", "close", "logout"].map((name) => `/accounts/${name}/`),
    ...["", "?type=unread", "?type=saved", "clear-all/", "preferences/"].map((end) => `/notifications/${end}`),
    ...["/share/", "/share/?failed", "/offline/", "/nothing/", "/product/nothing/"],
  ]
}

test("no page breaks the policy, and under it no script in a page runs", async ({ browser, baseURL, problems }) => {
  test.setTimeout(120_000)
  problems.allow(/./) // The scripts that are put in are noted below.
  const context = await browser.newContext({ baseURL })
  const others = await browser.newContext({ baseURL })
  try {
    const page = await context.newPage()
    const own = await world(page, await others.newPage())
    await context.addInitScript(() => {
      const broken = []
      Object.assign(globalThis, { broken })
      addEventListener("securitypolicyviolation", (event) =>
        broken.push(`${event.effectiveDirective} ${event.blockedURI}`),
      )
    })
    /** @type {{ text: string, url: string }[]} */
    let errors = []
    /** @type {Record<string, number>} what pages were answered with; the console may say so late */
    const answered = {}
    page.on(
      "console",
      (message) => message.type() === "error" && errors.push({ text: message.text(), url: message.location().url }),
    )
    page.on("pageerror", (error) => errors.push({ text: String(error), url: "" }))
    for (const who of ["signed in", "signed out"]) {
      let seen = 0
      for (const path of pages(own)) {
        const name = `${path}, ${who}`
        errors = []
        // Most lead those who are signed out to where they log in, which is looked at once.
        const answer = who === "signed in" ? await page.goto(path) : await page.request.get(path, { maxRedirects: 0 })
        const status = answer?.status() ?? 0
        answered[new URL(path, baseURL).href] = status
        const policy = answer?.headers()["content-security-policy"]
        expect(policy, name).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /)
        expect(policy, name).not.toMatch(/unsafe|\*|http:|https:|script-src[^;]*(data|blob):/)
        if (status === 303) continue
        seen++
        if (who === "signed out") await page.goto(path)
        expect(await page.evaluate(() => /** @type {any} */ (globalThis).broken), name).toEqual([])
        const put = await page.evaluate(putIn)
        expect(put.ran, `scripts that ran on ${name}`).toEqual([])
        expect(put.broken, name).toEqual(["script-src-elem inline", "script-src-attr inline", "script-src-elem inline"])
        const unexpected = errors.filter(
          ({ text, url }) =>
            !/inline|javascript:/i.test(text) && !(answered[url] >= 400 && text.includes(`status of ${answered[url]}`)),
        )
        expect(unexpected, `what the console of ${name} says`).toEqual([])
      }
      expect(seen).toBeGreaterThan(who === "signed in" ? 40 : 12)
      await context.clearCookies()
    }
  } finally {
    await context.close()
    await others.close()
  }
})

/** Puts scripts into the page in three ways and tells which ran, and what the policy said to it. */
async function putIn() {
  const self = /** @type {any} */ (globalThis)
  self.ran = []
  const script = document.createElement("script")
  script.textContent = "ran.push('script')"
  document.body.append(script)
  const image = document.createElement("img")
  image.setAttribute("onerror", "ran.push('handler')")
  const failed = new Promise((resolve) => image.addEventListener("error", resolve))
  image.src = "data:,"
  document.body.append(image)
  await failed
  const link = document.createElement("a")
  link.href = "javascript" + ":ran.push('link')"
  document.body.append(link)
  const told = new Promise((resolve) => addEventListener("securitypolicyviolation", resolve, { once: true }))
  link.click()
  await told
  return { ran: self.ran, broken: self.broken }
}
