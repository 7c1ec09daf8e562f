// Mail, the whole way: what the server sends to a mail server of the test's, what its links do in a browser, and
// what comes back as an answer.

import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { violations } from "./axe.js"
import { deliver, startMailServer } from "./mail-server.js"
import { ask, bubbles, call, connected, listed, register } from "./people.js"
import { picture } from "./pictures.js"
import { startServer } from "./server.js"
import { expect, test } from "./test.js"
import { password } from "./world.js"

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./mail-server.js").Mail} Mail */

/** How long something has to be unread: enough for somebody to read it on a busy machine. */
const delay = 3
const within = { timeout: 20_000 }
const replies = "reply.swap.example"
const phone = { viewport: { width: 390, height: 844 } }

/** @type {import("./mail-server.js").MailServer} */
let post
/** @type {import("./server.js").Server} */
let server
/** @type {string} */
let dir
test.beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  post = await startMailServer()
  const sends = ["--smtp-url", post.url, "--mail-from", "SwapNest <hello@swap.example>", "--mail-delay", `${delay}s`]
  const takes = ["--reply-domain", replies, "--reply-listen", "127.0.0.1:0", "--reply-protocol", "lmtp"]
  const args = [...sends, ...takes, "--reply-trusts", "mx.swap.example"]
  server = await startServer({ dataDir: join(dir, "data"), demo: false, args })
})
test.afterAll(async () => {
  await server?.stop()
  await post?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** Waits for the mails to an address to have these subjects, and returns the last. */
async function mailed(/** @type {string} */ address, /** @type {string[]} */ ...subjects) {
  const got = () => post.to(address).map((mail) => mail.get("subject"))
  await expect.poll(got, within).toEqual(subjects)
  return /** @type {Mail} */ (post.to(address).at(-1))
}

/** The address of the site's in both texts of a mail that begins like this. */
function link(/** @type {Mail} */ mail, /** @type {string} */ path) {
  const [found] = mail.plain.match(new RegExp(`${server.url}${path}\\S*`)) ?? []
  expect(found, `an address ${path} in the mail`).toBeTruthy()
  expect(mail.html.replaceAll("&amp;", "&")).toContain(`href="${found}"`)
  return found ?? ""
}

/** Looks for what shuts people out, in the dark on a small phone and in the light at a desk. */
async function looked(/** @type {Page} */ page) {
  const size = page.viewportSize()
  for (const [width, colorScheme] of /** @type {const} */ ([
    [320, "dark"],
    [1280, "light"],
  ])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    await page.setViewportSize({ width, height: 740 })
    const name = `${new URL(page.url()).pathname}, ${width} px`
    expect(await violations(page), name).toEqual([])
    const shape = await page.evaluate(() => ({
      tooWide: document.documentElement.scrollWidth - innerWidth,
      below: [...document.querySelectorAll(".banner > .icon + p")].filter(
        (text) => text.getBoundingClientRect().top > (text.previousElementSibling?.getBoundingClientRect().bottom ?? 0),
      ).length,
    }))
    expect(shape, `how far one can scroll to the side on ${name}, and texts below their icons`).toEqual({
      tooWide: 0,
      below: 0,
    })
  }
  if (size) await page.setViewportSize(size)
}

const heading = (/** @type {Page} */ page) => page.getByRole("heading", { level: 1 })

test("an address is shown to be somebody's, and sets a new password", async ({ page: desk, newPerson, problems }) => {
  problems.allow(/status of 422/) // Links that are over.
  const address = "meera@mail.example"
  const verified = "Is this your address?"
  await test.step("the link of a mail verifies the address", async () => {
    await desk.goto(`${server.url}/accounts/register/`)
    await desk.getByLabel("Username").fill("meera")
    await desk.getByLabel("E-mail").fill(address)
    await desk.getByLabel("Password", { exact: true }).fill(password)
    await desk.getByRole("button", { name: "Make the account" }).click()
    await expect(desk).not.toHaveURL(/register/)
    const mail = await mailed(address, verified)
    expect(mail.get("from")).toBe('"SwapNest" <hello@swap.example>')
    const banner = desk.getByText(`${address} is not verified`)
    for (const path of ["/notifications/preferences/", "/accounts/profile/"]) {
      await desk.goto(server.url + path)
      await expect(banner).toBeVisible()
    }
    await looked(desk)
    await desk.goto(link(mail, "/accounts/verify-email/"))
    await expect(heading(desk)).toHaveText("Is this your address?")
    await looked(desk)
    await desk.getByRole("button", { name: "Yes, it is mine" }).click()
    await expect(heading(desk)).toHaveText("Thank you, this address is yours")
    await looked(desk)
    await desk.getByRole("link", { name: "To your account" }).click()
    await expect(heading(desk)).toHaveText("meera")
    await expect(banner).toHaveCount(0)
    await desk.goto(`${server.url}/notifications/preferences/`)
    await expect(desk.getByText(`to ${address}`)).toBeVisible()
    await expect(banner).toHaveCount(0)
    // Pressed once more it says the same; another one, or half of one, says that it is over.
    for (const [cut, says] of /** @type {const} */ ([
      [0, "Thank you, this address is yours"],
      [9, "This link is over"],
    ])) {
      const path = link(mail, "/accounts/verify-email/").slice(0, -1 - cut)
      await desk.goto(`${path}/`)
      await desk.getByRole("button", { name: "Yes, it is mine" }).click()
      await expect(heading(desk)).toHaveText(says)
    }
    await looked(desk)
  })

  const mobile = await newPerson(phone)
  await test.step("who has forgotten the password is told nothing of who has an account", async () => {
    await mobile.goto(`${server.url}/accounts/login/`)
    await mobile.getByRole("link", { name: "Forgotten your password?" }).click()
    await looked(mobile)
    const texts = []
    for (const one of ["nobody@mail.example", address]) {
      await mobile.getByLabel("E-mail").fill(one)
      await mobile.getByRole("button", { name: "Send" }).click()
      await expect(mobile.getByRole("status")).toHaveText(/If there is an account with this address, a mail is on/)
      texts.push(await mobile.getByRole("main").textContent())
      await mobile.goto(`${server.url}/accounts/password-reset/`)
    }
    expect(texts[0]).toBe(texts[1])
    await mobile.goto(`${server.url}/accounts/password-reset/?asked=1`)
    await looked(mobile)
  })

  const reset = link(
    await mailed(address, verified, "A new password for SwapNest"),
    "/accounts/password-reset/confirm/",
  )
  await test.step("its link sets another one, once, and signs out everywhere", async () => {
    expect(post.to("nobody@mail.example")).toEqual([])
    await desk.goto(`${server.url}/accounts/devices/`)
    await mobile.goto(reset)
    await expect(heading(mobile)).toHaveText("Choose a new password")
    await looked(mobile)
    await mobile.getByLabel("New password").fill("battery staple")
    await mobile.getByRole("button", { name: "Set the password" }).click()
    await expect(mobile.getByRole("status")).toHaveText("Your password is changed. Log in with the new one.")
    await looked(mobile)
    await desk.reload()
    await expect(desk).toHaveURL(/\/accounts\/login\//)
    await mailed(address, verified, "A new password for SwapNest", "Your password was changed")

    await mobile.getByLabel("Username").fill("meera")
    await mobile.getByLabel("Password", { exact: true }).fill("battery staple")
    await mobile.getByRole("button", { name: "Log in" }).click()
    await expect(mobile).not.toHaveURL(/login/)
    await mobile.goto(reset)
    await expect(heading(mobile)).toHaveText("This link is over")
    await looked(mobile)
  })

  await test.step("a browser that had not been there before is told of", async () => {
    const before = ["A new password for SwapNest", "Your password was changed"]
    const mail = await mailed(address, verified, ...before, "A new browser signed in")
    expect(mail.plain).toMatch(/Somebody signed in as meera on SwapNest on .* UTC, from Chrome on Linux, where/)
    await mobile.goto(link(mail, "/accounts/devices/"))
    await expect(heading(mobile)).toHaveText("Signed in on these devices")
  })
})

test("who is away gets one mail of a conversation, which its links and an answer lead back to", async ({
  page: seller,
  newPerson,
}) => {
  const address = "asha@mail.example"
  const verify = "Is this your address?"
  const wrote = "Bilal 😀 wrote about Cycle, as good as new"
  const api = `${server.url}/api/v1`
  const account = { username: "asha", name: "Asha", password, email: address }
  const { id: me } = (await call(seller, "POST", `${api}/users`, account)).user
  await seller.request.post(link(await mailed(address, verify), "/accounts/verify-email/"))
  const buyer = await newPerson()
  await register(buyer, "Bilal 😀", server.url)
  const shot = { headers: { "Content-Type": "image/png" }, data: picture("a.png", [200, 60, 90]).buffer }
  const photos = [(await (await seller.request.post(`${api}/photos`, shot)).json()).photo.id]
  const offered = {
    description: "",
    category: "cycles",
    condition: "good",
    price: { amount: 850_000, currency: "INR" },
  }
  const offer = async (/** @type {string} */ title) =>
    (await call(seller, "POST", `${api}/listings`, { ...offered, title, photos: title === "Lamp" ? [] : photos }))
      .listing
  const [cycle, lamp] = [await offer("Cycle, as good as new"), await offer("Lamp")]
  const idOf = (/** @type {string} */ url) => Number(url.match(/(\d+)\/$/)?.[1])
  let serial = 0
  const say = (/** @type {string} */ url, /** @type {string} */ message) =>
    call(buyer, "POST", `${api}/conversations/${idOf(url)}/messages`, { client_id: `m-${++serial}`, message })
  /** What the operator sees of her mails. */
  const outbox = async () => {
    const beside = ["outbox", "--data-dir", server.dataDir, "--channel", "mail", "--format", "json"]
    const { stdout } = await promisify(execFile)(process.env.SWAPNEST_BINARY ?? "", beside)
    const lines = stdout.split("\n").filter(Boolean)
    return lines.map((line) => JSON.parse(line)).filter((one) => one.user_id === me && one.kind === "notice")
  }

  await test.step("what she reads in time makes none", async () => {
    const read = await ask(buyer, lamp.id, "And the lamp?", server.url)
    const told = async () => (await call(seller, "GET", `${api}/notifications`)).notifications.length
    await expect.poll(told, { intervals: [100] }).toBe(1) // From then on the mail waits.
    await call(seller, "PUT", `${api}/conversations/${idOf(read)}/read`, { seq: 1 })
    expect(await outbox()).toEqual([])
  })
  const url = await ask(buyer, cycle.id, "Is <b>it</b> there?", server.url)
  await say(url, "Ünd wänn?\n.Ein Punkt")
  const mail = await mailed(address, verify, wrote)
  await test.step("it shows what was written and about what, to no other address than hers", async () => {
    expect(mail.get("from")).toMatch(/^"?Bilal 😀 \(SwapNest\)"? <r-\d+-\d+-\w+@reply\.swap\.example>$/)
    expect(mail.from).toMatch(/^b-\d+-\S+@reply\.swap\.example$/)
    expect(mail.plain).toMatch(/^— Reply above this line —\n/)
    for (const part of ["Is <b>it</b> there?", "Ünd wänn?\n  .Ein Punkt", "Cycle, as good as new\n₹8,500"])
      expect(mail.plain).toContain(part)
    const away = await newPerson({ ...phone, colorScheme: "dark" })
    const shown = mail.html.replace(/cid:([^"]+)/, (_, id) => {
      const [part] = mail.parts.filter((one) => one.id === id)
      return `data:${part.type};base64,${part.data.toString("base64")}`
    })
    await away.setContent(shown)
    await expect(away.getByText("Is <b>it</b> there?")).toBeVisible()
    await expect(away.getByRole("link", { name: "Cycle, as good as new" })).toHaveCount(2) // Its picture, too.
    await expect(away.getByText("₹8,500")).toBeVisible()
    const pixels = () => away.locator("img").evaluate((img) => /** @type {any} */ (img).naturalWidth)
    await expect.poll(pixels).toBeGreaterThan(0)
    // Landmarks are for pages: a mail stands within one.
    expect((await violations(away)).filter((one) => !/^(landmark|region)/.test(one))).toEqual([])
  })

  await test.step("what comes soon after waits for an hour", async () => {
    await say(url, "Hello?")
    const waiting = async () => (await outbox()).map(({ state }) => state).sort()
    await expect.poll(waiting, within).toEqual(["sent", "waiting"])
    const [next] = (await outbox()).filter(({ state }) => state === "waiting")
    const [sent] = (await outbox()).filter(({ state }) => state === "sent")
    expect(Date.parse(next.due) - Date.parse(sent.sent)).toBe(3_600_000)
    expect(post.to(address)).toHaveLength(2)
  })

  const away = await newPerson(phone)
  await test.step("its link leads to the conversation once she has logged in", async () => {
    await away.goto(link(mail, "/chat/conversation/"))
    await away.getByLabel("Username").fill("asha")
    await away.getByLabel("Password", { exact: true }).fill(password)
    await away.getByRole("button", { name: "Log in" }).click()
    await expect(away).toHaveURL(url)
    await expect(bubbles(away, "Is <b>it</b> there?")).toBeVisible()
    // She has read it, so the mail that waited is not sent.
    await expect.poll(async () => (await outbox()).map(({ state }) => state), within).toEqual(["sent"])
  })

  await test.step("her answer by mail comes into the conversation, and nobody else's does", async () => {
    const [, listener] = server.log().match(/taking answers by mail on (\S+)/) ?? []
    await buyer.goto(url)
    await connected(buyer)
    const to = mail.get("from").match(/<(.*)>/)?.[1] ?? ""
    const by = (/** @type {string} */ from) =>
      deliver(listener, { from, to, text: answer(mail, { from, to, says: `It is. ${from}` }) })
    expect(await by("mallory@mail.example")).toMatch(
      /^550 5\.7\.1 <\S+> Answers are taken only from the address of your/,
    )
    expect(await by(address)).toMatch(/^250 /)
    await expect(bubbles(buyer, "It is.")).toBeVisible()
    const before = ["1 Is <b>it</b> there?", "2 Ünd wänn?\n.Ein Punkt", "3 Hello?"]
    expect(await listed(buyer)).toEqual([...before, `4 It is. ${address}`])
  })

  await test.step("its other link ends such mails by a press", async () => {
    const leave = link(mail, "/unsubscribe/")
    const cell = seller.getByRole("switch", { name: "Questions about my things, by e-mail" })
    await away.goto(leave)
    await expect(heading(away)).toHaveText("No more mail when somebody asks about your things?")
    await looked(away)
    await seller.goto(`${server.url}/notifications/preferences/`)
    await expect(cell).toBeChecked()
    await away.getByRole("button", { name: "No more of these mails" }).click()
    await expect(away.getByRole("status")).toContainText("No more mail when somebody asks about your things")
    await looked(away)
    await seller.reload()
    await expect(cell).not.toBeChecked()

    // And as a mail program does it (RFC 8058), which signs in nowhere.
    await cell.check()
    await expect(seller.locator("preference-switches > [role=status]")).toHaveText("Saved.")
    expect(mail.get("list-unsubscribe")).toBe(`<${leave}>`)
    const body = new URLSearchParams([mail.get("list-unsubscribe-post").split("=")])
    expect(String(body)).toBe("List-Unsubscribe=One-Click")
    expect((await fetch(leave, { method: "POST", body })).status).toBe(200)
    await seller.reload()
    await expect(cell).not.toBeChecked()
  })
})

/**
 * An answer to a mail as Gmail writes it, and as the mail system in front hands it on.
 * @param {Mail} mail
 * @param {{ from: string, to: string, says: string }} its
 */
function answer(mail, { from, to, says }) {
  const [, domain] = from.split("@")
  const quote = mail.plain.trim().replace(/^/gm, "> ")
  return `Authentication-Results: mx.swap.example; dmarc=pass header.from=${domain}; spf=pass smtp.mailfrom=${from}
MIME-Version: 1.0
From: Asha <${from}>
Date: ${new Date().toUTCString().replace("GMT", "+0000")}
Message-ID: <CAF1.${from}>
In-Reply-To: ${mail.get("message-id")}
References: ${mail.get("references")} ${mail.get("message-id")}
Subject: Re: Bilal wrote about Cycle
To: "Bilal (SwapNest)" <${to}>
Content-Type: multipart/alternative; boundary="000000000000a1b2c3"

--000000000000a1b2c3
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: 8bit

${says}

On Mon, Feb 3, 2025 at 10:11 AM Bilal (SwapNest) <
${to}> wrote:

${quote}

--000000000000a1b2c3
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: base64

${Buffer.from(
  `<div dir="ltr">${says}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, ` +
    `Feb 3, 2025 at 10:11 AM Bilal (SwapNest) wrote:<br></div><blockquote class="gmail_quote">${mail.html}</blockquote></div>`,
).toString("base64")}

--000000000000a1b2c3--`
}
