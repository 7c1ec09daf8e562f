import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"

import { ask, connected, offer, register } from "./people.js"
import { expect, test } from "./test.js"

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** @param {import("@playwright/test").Page} page */
async function violations(page) {
  // Evaluated rather than added as a script, which the page's policy would refuse.
  await page.evaluate(axe)
  const found = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run())
  return found.violations.map(
    (/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ n) => n.target).join(", ")}`,
  )
}

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  for (const viewport of [
    { width: 360, height: 740 },
    { width: 1280, height: 800 },
  ]) {
    test(`no page has a fault that axe finds: ${colorScheme}, ${viewport.width} px`, async ({
      newPerson,
      problems,
    }) => {
      problems.allow(/\/nothing\//)
      const page = await newPerson({ colorScheme, viewport, reducedMotion: "reduce" })
      for (const path of ["/shop/", "/accounts/login/", "/accounts/register/", "/nothing/"]) {
        await page.goto(path)
        expect(await violations(page), path).toEqual([])
      }
      const seller = await newPerson()
      await register(seller, "Meera")
      await register(page, "Aarav")
      const thing = await offer(seller, "Camera")
      for (const path of [thing.url, `/chat/start/${thing.id}/`, "/create/", "/accounts/profile/", "/chat/"]) {
        await page.goto(path)
        expect(await violations(page), path).toEqual([])
      }
      await page.goto(await ask(page, thing.id, "Hello"))
      await connected(page)
      expect(await violations(page), "a conversation").toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    })
  }
}

test("the sign-in form comes back to where one was, and keeps what was typed", async ({ page, newPerson }) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  const thing = await offer(seller, "Radio")
  const known = await register(page, "Aarav")
  await page.context().clearCookies()
  await page.goto(thing.url)
  await page.getByRole("link", { name: "Log in to chat" }).first().click()
  await page.getByLabel("Username").fill(known.username)
  await page.getByLabel("Password", { exact: true }).fill("correct horse")
  await page.getByRole("button", { name: "Log in" }).click()
  await page.waitForURL(`**/chat/start/${thing.id}/`)
})

test("the demo offers two people to sign in as", async ({ page, newPerson }) => {
  await page.goto("/accounts/login/")
  await page.getByRole("button", { name: /Aarav/ }).click()
  await page.waitForURL("**/chat/")
  await expect(page.locator(".inbox-item").first()).toBeVisible()
  const other = await newPerson()
  await other.goto("/accounts/login/")
  await other.getByRole("button", { name: /Meera/ }).click()
  await other.waitForURL("**/chat/")
})
