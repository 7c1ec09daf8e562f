// The site as an app that is installed: what browsers want for it, what it does without a line, and what
// other apps share with it.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { violations } from "./axe.js"
import { cachesOf, keptIn, keptText, twoKept, workerKeeps } from "./kept.js"
import { bubbles, call, connected, endSession, register, waits, write } from "./people.js"
import { picture } from "./pictures.js"
import { startServer } from "./server.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

test.use({ serviceWorkers: "allow" })

const banner = (/** @type {Page} */ page) => page.locator(".timeline-box line-banner")
const strip = (/** @type {Page} */ page) => page.getByRole("list", { name: "Files to send" }).getByRole("listitem")

test("the manifest is whole, and each of its pictures is there in its size", async ({ page }) => {
  await page.goto("/")
  const href = await page.locator('link[rel="manifest"]').getAttribute("href")
  const answer = await page.request.get(href ?? "")
  expect(answer.headers()["content-type"]).toBe("application/manifest+json")
  const manifest = await answer.json()
  expect(manifest).toMatchObject({
    id: "/",
    start_url: "/chat/",
    scope: "/",
    display: "standalone",
    lang: "en",
    dir: "ltr",
  })
  expect(manifest.shortcuts.map((/** @type {{ url: string }} */ one) => one.url)).toEqual([
    "/chat/",
    "/create/",
    "/accounts/my-wishlist/",
  ])
  const apple = await page.locator('link[rel="apple-touch-icon"]').getAttribute("href")
  const all = [...manifest.icons, { src: apple, sizes: "180x180" }]
  expect(all.length).toBe(5)
  for (const { src, sizes } of all) {
    const size = await page.evaluate(async (src) => {
      const image = new Image()
      image.src = src
      await image.decode()
      return `${image.naturalWidth}x${image.naturalHeight}`
    }, src)
    expect(size, src).toBe(sizes)
  }
  // What Chromium itself finds wrong with it.
  const session = await page.context().newCDPSession(page)
  expect((await session.send("Page.getAppManifest")).errors).toEqual([])
})

test("without a line a kept conversation is read, and what is written waits over a reload and is sent once", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths } = await twoKept(seller, buyer)
  await buyer.context().setOffline(true)
  await buyer.goto(paths[0])
  await expect(bubbles(buyer, "About the Lamp")).toBeVisible()
  await expect(banner(buyer)).toContainText("You are offline. This is how it was on")
  await write(buyer, "Written in a tunnel")
  await waits(buyer, "Written in a tunnel")
  expect(await violations(buyer)).toEqual([])
  await buyer.reload()
  await expect(bubbles(buyer, "About the Lamp")).toBeVisible()
  await expect(bubbles(buyer, "Written in a tunnel")).toHaveAttribute("data-state", "waiting")
  // Meanwhile the other one answers: a page of before asks for what it has missed.
  const id = paths[0].match(/(\d+)\/$/)?.[1]
  await call(seller, "POST", `/api/v1/conversations/${id}/messages`, { client_id: "s", message: "Are you there?" })
  await buyer.context().setOffline(false)
  await connected(buyer)
  await expect(bubbles(buyer, "Written in a tunnel")).toHaveAttribute("data-state", "sent")
  await expect(bubbles(buyer, "Are you there?")).toBeVisible()
  const { messages } = await call(buyer, "GET", `/api/v1/conversations/${id}/messages`)
  const said = messages.map((/** @type {{ message: string }} */ one) => one.message)
  expect(said).toEqual(["About the Lamp", "Are you there?", "Written in a tunnel"])
})

test("a picture that is chosen without a line waits with its message, and arrives", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths } = await twoKept(seller, buyer)
  await buyer.context().setOffline(true)
  await buyer.goto(paths[0])
  const asked = buyer.waitForEvent("filechooser")
  await buyer.getByRole("button", { name: "Attach photos or files" }).click()
  await (await asked).setFiles([picture("lamp.png", [200, 80, 40])])
  await expect(strip(buyer)).toHaveCount(1)
  await write(buyer, "This one")
  await expect(bubbles(buyer, "This one")).toHaveAttribute("data-state", "waiting")
  await buyer.context().setOffline(false)
  await connected(buyer)
  await expect(bubbles(buyer, "This one")).toHaveAttribute("data-state", "sent", { timeout: 15_000 })
  // Its thumbnail is kept with the conversation, or by itself as it is shown.
  await buyer.reload()
  await expect(bubbles(buyer, "This one").locator("img")).toHaveJSProperty("complete", true)
  await expect.poll(() => buyer.evaluate(async () => {
    for (const name of await caches.keys())
      if (name.startsWith("swapnest.pictures.")) return (await (await caches.open(name)).keys()).length
    return 0
  })).toBeGreaterThan(0) // prettier-ignore
  await expect.poll(() => keptText(buyer, paths[0]), { timeout: 20_000 }).toContain("This one")
  await buyer.context().setOffline(true)
  await buyer.reload()
  await expect(bubbles(buyer, "This one").locator("img")).not.toHaveJSProperty("naturalWidth", 0)
  await buyer.context().setOffline(false)
})

test("a page that is not kept says that one is offline, and leads to those that are", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths } = await twoKept(seller, buyer)
  await buyer.context().setOffline(true)
  await buyer.goto("/shop/?q=sofa")
  await expect(buyer.getByRole("heading", { name: "You are offline" })).toBeVisible()
  const kept = buyer.getByRole("list").getByRole("link")
  await expect(kept).toHaveCount(2)
  await expect(kept.nth(0)).toHaveText(/^MeeraChair & <b>table<\/b> · kept .*\d\d:\d\d$/)
  expect(await violations(buyer)).toEqual([])
  await kept.nth(1).click()
  await expect(bubbles(buyer, "About the Lamp")).toBeVisible()
  expect(new URL(buyer.url()).pathname).toBe(paths[0])
  await buyer.goBack()
  await expect(buyer.getByRole("heading", { name: "You are offline" })).toBeVisible()
  // The page that was wanted comes by itself.
  await buyer.context().setOffline(false)
  await expect(buyer.getByRole("heading", { name: "You are offline" })).toBeHidden()
  expect(new URL(buyer.url()).pathname).toBe("/shop/")
})

test("what is kept is as the page was when it was left", async ({ page: seller, newPerson, problems }) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths } = await twoKept(seller, buyer)
  // What a version before has left goes, since no page that is kept is of it.
  const left = "swapnest.static.0000000000000000"
  await buyer.evaluate((left) => caches.open(left), left)
  await write(buyer, "One more question")
  await expect(bubbles(buyer, "One more question")).toHaveAttribute("data-state", "sent")
  await buyer.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true })
    document.dispatchEvent(new Event("visibilitychange"))
  })
  await expect.poll(() => keptText(buyer, paths[1]), { timeout: 20_000 }).toContain("One more question")
  await expect.poll(() => cachesOf(buyer)).not.toContain(left)
  expect((await cachesOf(buyer)).filter((name) => name.startsWith("swapnest.static."))).toHaveLength(1)
  await buyer.context().setOffline(true)
  await buyer.reload()
  await expect(bubbles(buyer, "One more question")).toBeVisible()
  await buyer.context().setOffline(false)
})

test("a server that does not answer, or is not there, does not keep one waiting", async ({ newPerson, problems }) => {
  problems.allow(/./)
  const dataDir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  let server = await startServer({ dataDir, demo: false })
  try {
    const [seller, buyer] = [await newPerson(), await newPerson({ serviceWorkers: "allow" })]
    const { paths } = await twoKept(seller, buyer, server.url)
    process.kill(server.pid, "SIGSTOP")
    await buyer.goto(paths[0])
    await expect(bubbles(buyer, "About the Lamp")).toBeVisible()
    process.kill(server.pid, "SIGCONT")
    await connected(buyer)
    await server.kill()
    await buyer.goto(paths[1])
    await write(buyer, "While you were away")
    await waits(buyer, "While you were away")
    await buyer.reload()
    await expect(bubbles(buyer, "While you were away")).toHaveAttribute("data-state", "waiting")
    server = await startServer({ dataDir, demo: false, listen: new URL(server.url).host })
    // It does not wait until the next attempt is due.
    await buyer.evaluate(() => dispatchEvent(new Event("online")))
    await connected(buyer)
    await expect(bubbles(buyer, "While you were away")).toHaveAttribute("data-state", "sent")
  } finally {
    await server.kill()
    await rm(dataDir, { recursive: true })
  }
})

test("who logs out leaves nothing behind, nor who is followed by somebody else", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths, me } = await twoKept(seller, buyer)
  expect(await cachesOf(buyer)).toContain(`swapnest.pages.${me.id}`)
  await buyer.goto("/accounts/logout/")
  await buyer.getByRole("main").getByRole("button", { name: "Log out" }).click()
  await buyer.waitForURL(/^http:..[^/]+\/$/)
  await expect.poll(async () => (await cachesOf(buyer)).filter((one) => /pages|pictures/.test(one))).toEqual([])
  // What the front page asks for is as nobody's, and over.
  await buyer.waitForLoadState("networkidle")
  // Somebody else signs in by the API, which no page hears of.
  await call(buyer, "POST", "/api/v1/session", { username: me.username, password: "correct horse" })
  await buyer.goto(paths[0])
  await expect.poll(() => keptIn(buyer)).toEqual([paths[0]])
  await buyer.goto("about:blank") // a page that is open asks for what is not Ravi's
  const other = await register(buyer, "Ravi")
  await buyer.goto("/chat/")
  await expect.poll(() => cachesOf(buyer)).toContain(`swapnest.pages.${other.id}`)
  expect(await cachesOf(buyer)).not.toContain(`swapnest.pages.${me.id}`)
  // And once the session has ended elsewhere.
  await endSession(buyer, problems)
  await buyer.goto("/chat/")
  await expect(buyer.getByRole("heading", { name: "Welcome back" })).toBeVisible()
  await expect.poll(async () => (await cachesOf(buyer)).filter((one) => /pages|pictures/.test(one))).toEqual([])
})

/** Posts a form to the share target, as another app does, which leads to an address. */
async function shareWith(
  /** @type {Page} */ page,
  /** @type {{ text?: string, files?: number }} */ { text = "", files = 0 },
  to = "**/share/",
) {
  await page.evaluate(
    ({ text, files }) => {
      const form = document.createElement("form")
      Object.assign(form, { method: "post", action: "/share/", enctype: "multipart/form-data" })
      const field = document.createElement("input")
      Object.assign(field, { name: "text", value: text })
      const chosen = document.createElement("input")
      Object.assign(chosen, { type: "file", name: "files", multiple: true })
      const data = new DataTransfer()
      const png = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), (c) => c.charCodeAt(0)) // prettier-ignore
      for (let n = 0; n < files; n++) data.items.add(new File([png], `photo-${n}.png`, { type: "image/png" }))
      chosen.files = data.files
      form.append(field, chosen)
      document.body.append(form)
      form.submit()
    },
    { text, files },
  )
  await page.waitForURL(to)
}

test("what another app shares stands where one writes, once a conversation is chosen, and is not sent", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths, me } = await twoKept(seller, buyer)
  await shareWith(buyer, { text: "From my album", files: 2 })
  await expect(buyer.getByText("Waiting here: 2 photos and a text.")).toBeVisible()
  expect(await violations(buyer)).toEqual([])
  const links = buyer.locator(".share-items").getByRole("link", { name: "Meera" })
  await expect(links).toHaveCount(2)
  await links.last().click()
  await expect(strip(buyer)).toHaveCount(2)
  const box = buyer.getByRole("textbox", { name: "Message" })
  await expect(box).toHaveValue("From my album")
  expect(new URL(buyer.url()).search).toBe("")
  expect(new URL(buyer.url()).pathname).toBe(paths[0])
  await expect(bubbles(buyer)).toHaveCount(1)
  await buyer.getByRole("button", { name: "Send" }).click()
  await expect(bubbles(buyer, "From my album")).toHaveAttribute("data-state", "sent", { timeout: 15_000 })
  await expect(bubbles(buyer, "From my album").locator("img")).toHaveCount(2)
  // It was taken.
  await buyer.goto("/share/")
  await expect(buyer.getByText("Nothing waits here.")).toBeVisible()
  await expect(buyer.locator(".share-items")).toBeHidden()
  // What waits is for nobody else, and not for oneself any more once somebody else was here.
  await shareWith(buyer, { text: "Mine alone" })
  await expect(buyer.getByText("Waiting here: a text.")).toBeVisible()
  await register(buyer, "Ravi")
  await buyer.goto("/share/")
  await expect(buyer.getByText("Nothing waits here.")).toBeVisible()
  await expect.poll(() => workerKeeps(buyer, "shared")).toBeUndefined()
  await call(buyer, "POST", "/api/v1/session", { username: me.username, password: "correct horse" })
  await buyer.goto("/share/")
  await expect(buyer.getByText("Nothing waits here.")).toBeVisible()
})

test("who is signed out logs in first, and it waits for them", async ({ page: seller, newPerson, problems }) => {
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { me } = await twoKept(seller, buyer)
  await endSession(buyer, problems)
  await buyer.goto("/shop/")
  await shareWith(buyer, { text: "Only words" }, "**/accounts/login/?next=*")
  await expect(buyer.getByText("What you have chosen waits on this device until then.")).toBeVisible()
  await buyer.getByLabel("Username").fill(me.username)
  await buyer.getByLabel("Password", { exact: true }).fill("correct horse")
  await buyer.getByRole("button", { name: "Log in", exact: true }).click()
  await buyer.waitForURL("**/share/")
  await expect(buyer.getByText("Waiting here: a text.")).toBeVisible()
  await buyer.getByRole("button", { name: "Discard" }).click()
  await expect(buyer.getByText("It is discarded.")).toBeVisible()
})

test("the icon of the app shows how many conversations are unread, and nothing once nobody is signed in", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson({ serviceWorkers: "allow" })
  await buyer.addInitScript(() => {
    const said = JSON.parse(sessionStorage.getItem("said") ?? "[]")
    const say = (/** @type {unknown} */ what) => {
      said.push(what)
      sessionStorage.setItem("said", JSON.stringify(said))
      return Promise.resolve()
    }
    Object.assign(navigator, { setAppBadge: (/** @type {number} */ n) => say(n), clearAppBadge: () => say("clear") })
  })
  const said = () => buyer.evaluate(() => JSON.parse(sessionStorage.getItem("said") ?? "[]"))
  const { paths } = await twoKept(seller, buyer)
  await buyer.goto("/chat/")
  await connected(buyer)
  await expect.poll(async () => (await said()).at(-1)).toBe("clear")
  const id = paths[0].match(/(\d+)\/$/)?.[1]
  await call(seller, "POST", `/api/v1/conversations/${id}/messages`, { client_id: "s", message: "Yes" })
  await expect.poll(async () => (await said()).at(-1)).toBe(1)
  await buyer.goto(paths[0])
  await expect.poll(async () => (await said()).at(-1)).toBe("clear")
  await call(seller, "POST", `/api/v1/conversations/${paths[1].match(/(\d+)\/$/)?.[1]}/messages`, { client_id: "s", message: "Yes" }) // prettier-ignore
  await expect.poll(async () => (await said()).at(-1)).toBe(1)
  await buyer.goto("/accounts/logout/")
  await buyer.getByRole("main").getByRole("button", { name: "Log out" }).click()
  await expect(buyer).toHaveURL(/^http:..[^/]+\/$/)
  await expect.poll(async () => (await said()).at(-1)).toBe("clear")
})

test("the account offers to install where the browser can, and says how where only its menu can", async ({
  page,
  newPerson,
}) => {
  await register(page, "Meera")
  await page.goto("/accounts/profile/")
  const can = page.getByRole("button", { name: /^Install SwapNest/ })
  await expect(can).toBeHidden()
  const prevented = await page.evaluate(() => {
    const event = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), {
      prompt: async () => Object.assign(globalThis, { prompted: true }),
    })
    dispatchEvent(event)
    return event.defaultPrevented
  })
  expect(prevented, "no offer covers the page").toBe(true)
  await expect(can).toBeVisible()
  expect(await violations(page)).toEqual([])
  await can.click()
  expect(await page.evaluate(() => /** @type {any} */ (globalThis).prompted)).toBe(true)

  const phone = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true })
  await phone.addInitScript(() => Object.assign(navigator, { standalone: false }))
  await register(phone, "Aarav")
  await phone.goto("/accounts/profile/")
  await expect(phone.getByText("Press Share below, then Add to Home Screen")).toBeVisible()
  expect(await violations(phone)).toEqual([])
})
