// The site on a line that breaks or hangs: what is said of it, and what is done once it is back.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { violations } from "./axe.js"
import { cachesOf, controlled, keptIn, keptText, twoKept } from "./kept.js"
import { bubbles, call, connected, register, waits, write } from "./people.js"
import { startServer } from "./server.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

test.use({ serviceWorkers: "allow" })

test("who logs out without a line stays signed in, is told so, and loses nothing", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths } = await twoKept(seller, buyer)
  await buyer.goto("/accounts/logout/")
  // What asks is loaded ahead.
  await buyer.waitForLoadState("networkidle")
  await buyer.context().setOffline(true)
  await buyer.getByRole("main").getByRole("button", { name: "Log out" }).click()
  await expect(buyer.getByText("You are still signed in: there is no connection. Log out again when it is back.")).toBeVisible() // prettier-ignore
  expect(await keptIn(buyer)).toEqual([...paths].sort())
  await buyer.getByRole("list").getByRole("link", { name: /Lamp/ }).click()
  await expect(bubbles(buyer, "About the Lamp")).toBeVisible()
  await buyer.goBack()
  await buyer.context().setOffline(false)
  await buyer.getByRole("link", { name: "Log out again" }).click()
  await buyer.getByRole("main").getByRole("button", { name: "Log out" }).click()
  await expect(buyer).toHaveURL(/^http:..[^/]+\/$/)
  await expect.poll(async () => (await cachesOf(buyer)).filter((one) => /pages|pictures/.test(one))).toEqual([])
  // Any other form.
  await buyer.goto("/accounts/login/")
  await buyer.getByLabel("Username").fill("somebody")
  await buyer.getByLabel("Password", { exact: true }).fill("correct horse")
  await buyer.context().setOffline(true)
  await buyer.getByRole("button", { name: "Log in", exact: true }).click()
  await expect(buyer.getByText("it is not known whether what you sent has arrived")).toBeVisible()
  await expect(buyer.getByRole("link", { name: "Go back" })).toBeVisible()
})

test("what waits is told on other pages, asked about at log-out, and sent from any page once there is a line", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths } = await twoKept(seller, buyer)
  await buyer.goto("/chat/")
  await connected(buyer)
  await expect.poll(() => keptIn(buyer), { timeout: 20_000 }).toContain("/chat/")
  const account = await buyer.context().newPage()
  await account.goto("/accounts/logout/")
  // What asks is loaded ahead.
  await account.waitForLoadState("networkidle")
  await buyer.context().setOffline(true)
  await buyer.goto(paths[0])
  await write(buyer, "First in a tunnel")
  await write(buyer, "Then the second")
  await waits(buyer, "Then the second")
  await buyer.goto("/chat/")
  await expect(buyer.locator(".inbox-item").filter({ hasText: "Lamp" })).toContainText("Waits:Then the second")
  await expect(buyer.locator(".inbox line-banner")).toContainText("This is how it was on")
  await expect(buyer.locator(".inbox line-banner")).not.toContainText("What you write")
  await buyer.goto("/shop/")
  await expect(buyer.getByText("2 messages wait here to be sent once there is a connection.")).toBeVisible()
  await expect(buyer.getByRole("link", { name: /Lamp · 2 messages wait · kept/ })).toBeVisible()
  await expect(account.getByText("2 messages wait to be sent. Open the chat")).toBeVisible()
  const out = account.getByRole("main").getByRole("button", { name: "Log out" })
  await out.click()
  const dialog = account.getByRole("dialog", { name: "2 messages have not been sent yet" })
  await expect(dialog).toBeVisible()
  expect(await violations(account)).toEqual([])
  await dialog.getByRole("button", { name: "Stay" }).click()
  await expect(dialog).toBeHidden()
  await expect(account.getByRole("heading", { name: "Log out?" })).toBeVisible()
  await account.close()
  await buyer.context().setOffline(false)
  await expect(buyer.getByRole("heading", { name: "You are offline" })).toBeHidden()
  expect(new URL(buyer.url()).pathname).toBe("/shop/")
  const id = paths[0].match(/(\d+)\/$/)?.[1]
  const said = async () => {
    const { messages } = await call(buyer, "GET", `/api/v1/conversations/${id}/messages`)
    return messages.map((/** @type {{ message: string }} */ one) => one.message)
  }
  await expect.poll(said, { timeout: 15_000 }).toEqual(["About the Lamp", "First in a tunnel", "Then the second"])
  await buyer.goto("/chat/")
  await expect(buyer.locator(".inbox-item").filter({ hasText: "Lamp" })).not.toContainText("Waits:")
})

test("on a line that hangs a page that is not kept is given up, and a kept one says at once what it is", async ({
  newPerson,
  problems,
}) => {
  problems.allow(/./)
  const dataDir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  const server = await startServer({ dataDir })
  try {
    const [seller, buyer] = [await newPerson(), await newPerson({ serviceWorkers: "allow" })]
    const { paths } = await twoKept(seller, buyer, server.url)
    await seller.goto(paths[0])
    await connected(seller)
    await buyer.goto(paths[0])
    await connected(buyer)
    await expect(buyer.locator("presence-text")).toHaveText("online")
    // What is written is on the kept page soon, although one stays.
    for (const text of ["Ticked and kept", "And once more"]) {
      await write(buyer, text)
      await expect(bubbles(buyer, text)).toHaveAttribute("data-state", "read")
      await expect.poll(() => keptText(buyer, new URL(paths[0]).pathname), { timeout: 20_000 }).toContain(text)
    }
    process.kill(server.pid, "SIGSTOP")
    await buyer.goto(paths[0])
    await expect(bubbles(buyer, "And once more")).toBeVisible()
    const banner = buyer.locator(".timeline-box line-banner")
    await expect(banner).toContainText("This is how it was on", { timeout: 1_500 })
    await expect(buyer.locator("presence-text")).toHaveText(/^\s*$/)
    await expect(buyer.locator("presence-dot:visible")).toHaveCount(0)
    await buyer.goto(`${server.url}/shop/`, { timeout: 25_000 })
    await expect(buyer.getByRole("heading", { name: "This page does not come" })).toBeVisible()
    await expect(buyer.getByRole("link", { name: "Try again" })).toBeVisible()
    process.kill(server.pid, "SIGCONT")
    await expect(buyer.getByRole("heading", { name: "This page does not come" })).toBeHidden()
    expect(new URL(buyer.url()).pathname).toBe("/shop/")
  } finally {
    process.kill(server.pid, "SIGCONT")
    await server.kill()
    await rm(dataDir, { recursive: true })
  }
})

test("the page that was wanted comes by itself although the network was there all the while", async ({
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_CONNECTION_REFUSED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  await register(buyer, "Aarav")
  await buyer.goto("/notifications/")
  await controlled(buyer)
  // As while a server is started anew: of that no browser hears.
  await buyer.context().route("**/shop/", (route) => route.abort("connectionrefused"))
  const looked = buyer.waitForEvent("requestfailed", (request) => request.method() === "HEAD")
  await buyer.goto("/shop/")
  const heading = buyer.getByRole("heading", { name: "You are offline" })
  await expect(heading).toBeVisible()
  await looked
  await buyer.context().unroute("**/shop/")
  await expect(heading).toBeHidden()
  expect(new URL(buyer.url()).pathname).toBe("/shop/")
})

test("a page that came before there was a worker is kept once there is one", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ serviceWorkers: "allow" })
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  await buyer.goto("/notifications/")
  await controlled(buyer)
  await buyer.evaluate(async () => {
    for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister()
  })
  // With the last page that it has the old one is gone.
  await buyer.goto("about:blank")
  // The worker takes control of the page before its own script runs.
  await buyer.route("**/js/joined/chat.js", async (route) => {
    await buyer.evaluate(async () => {
      await navigator.serviceWorker.register("/sw.js")
      if (!navigator.serviceWorker.controller)
        await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve))
    })
    await route.continue()
  })
  await buyer.goto("/chat/")
  await connected(buyer)
  await expect.poll(() => keptIn(buyer), { timeout: 20_000 }).toContain("/chat/")
})
