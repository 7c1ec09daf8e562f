// Takes the README's picture from the demo town: `make screenshot`.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { chromium } from "@playwright/test"

import config from "./playwright.config.js"
import { connected, write } from "./people.js"
import { build, startServer } from "./server.js"

const dir = await mkdtemp(join(tmpdir(), "swapnest-screenshot-"))
const server = await startServer({ binary: await build(dir), dataDir: join(dir, "data") })
const browser = await chromium.launch(config.use?.launchOptions)

/**
 * @param {string} name of the button on the sign-in page
 * @param {string} other whom they talk with
 * @param {import("@playwright/test").BrowserContextOptions} options
 */
async function person(name, other, options) {
  const page = await browser.newPage({ baseURL: server.url, locale: "en-IN", timezoneId: "Asia/Kolkata", ...options })
  await page.goto("/accounts/login/")
  await page.getByRole("button", { name }).click()
  await page.waitForURL("**/chat/")
  await page.locator(".inbox-item").filter({ hasText: other }).first().getByRole("link").click()
  await connected(page)
  return page
}

const buyer = await person("Aarav", "Meera", { viewport: { width: 1280, height: 800 }, colorScheme: "light" })
const seller = await person("Meera", "Aarav", { viewport: { width: 390, height: 844 }, colorScheme: "dark" })
await write(seller, "Come up, second floor. The tea is ready ☕")
await write(buyer, "On the stairs already")
await seller.getByRole("textbox", { name: "Message" }).pressSequentially("The door")
await buyer.locator(".typing-shown").waitFor()
await buyer.waitForTimeout(500) // the last bubble has settled
await buyer.screenshot({ path: "docs/conversation.png" })
await seller.screenshot({ path: "docs/conversation-phone.png" })
await browser.close()
await server.stop()
await rm(dir, { recursive: true })
