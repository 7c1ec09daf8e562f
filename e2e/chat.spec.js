import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { ask, bubbles, call, connected, endSession, keepTyping, offer, register, waits, write } from "./people.js"
import { startServer } from "./server.js"
import { expect, test } from "./test.js"

test("two people find each other over a listing and talk live", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await register(seller, "Meera <b>Kulkarni</b>")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Hero Sprint cycle")
  await seller.goto("/chat/")
  await expect(seller.getByText("No conversations yet")).toBeVisible()

  await buyer.goto(thing.url)
  await buyer
    .getByRole("link", { name: /^Chat with/ })
    .first()
    .click()
  const first = buyer.locator("textarea")
  await expect(first).toHaveValue(/Hero Sprint cycle/)
  await first.fill("Is it there? <script>alert(1)</script>")
  await buyer.getByRole("button", { name: "Send" }).click()
  await buyer.waitForURL("**/chat/conversation/**")
  await expect(bubbles(buyer, "Is it there? <script>alert(1)</script>")).toHaveCount(1)
  await connected(buyer)

  // The list of the seller has heard of it without being loaded again.
  const entry = seller.locator(".inbox-item").filter({ hasText: "Aarav" })
  await expect(entry.locator(".count")).toHaveText(/1/)
  await expect(seller).toHaveTitle(/^\(1\)/)
  await entry.getByRole("link").click()
  await connected(seller)
  await expect(seller).not.toHaveTitle(/^\(1\)/)
  await expect(buyer.getByText("online")).toBeVisible()
  await expect(bubbles(buyer, "Is it there?")).toHaveAttribute("data-state", "read")

  await seller.getByRole("textbox", { name: "Message" }).pressSequentially("It is")
  await keepTyping(seller)
  const typing = buyer.locator(".typing-shown")
  await expect(typing).toBeVisible()
  await typing.evaluate((shown) =>
    new MutationObserver(() => shown.setAttribute("data-was-hidden", "")).observe(shown, {
      attributeFilter: ["hidden"],
    }),
  )
  await write(buyer, "Good to hear") // one's own message does not silence the other
  await expect(bubbles(buyer, "Good to hear")).toHaveAttribute("data-state", /sent|delivered|read/)
  await expect(typing).toBeVisible()
  await expect(typing).not.toHaveAttribute("data-was-hidden")
  await seller.keyboard.press("Enter")
  await expect(typing).toBeHidden()
  await expect(bubbles(buyer, "It is")).toHaveAttribute("data-side", "theirs")
  await expect(bubbles(seller, "It is")).toHaveAttribute("data-state", "read")
  await expect(bubbles(seller, "It is")).toHaveCount(1)
  await expect(buyer.locator(".conversation-name")).toHaveText("Meera <b>Kulkarni</b>")
})

test("what is written while the server is gone goes out in order, once", async ({ browser, problems }) => {
  problems.allow(/ERR_CONNECTION_REFUSED|WebSocket connection to/)
  const dataDir = await mkdtemp(join(tmpdir(), "swapnest-e2e-"))
  let server = await startServer({ dataDir })
  const context = await browser.newContext()
  const elsewhere = await browser.newContext()
  try {
    const [buyer, seller] = [await context.newPage(), await elsewhere.newPage()]
    await register(seller, "Meera", server.url)
    await register(buyer, "Aarav", server.url)
    const thing = await offer(seller, "Armchair", server.url)
    const url = await ask(buyer, thing.id, "Still there?", server.url)
    await buyer.goto(url)
    await seller.goto(url)
    await connected(buyer)
    await connected(seller)

    await server.kill()
    await expect(buyer.locator("line-badge")).toHaveAttribute("data-state", "reconnecting")
    for (const text of ["one", "two", "three"]) await write(buyer, text)
    await expect(bubbles(buyer, "two")).toHaveAttribute("data-state", "waiting")
    await expect(buyer.locator("line-banner")).toBeVisible()

    server = await startServer({ dataDir, listen: new URL(server.url).host })
    await buyer
      .getByRole("button", { name: "Try now" })
      .click({ timeout: 5_000 })
      .catch(() => {}) // it may be back already
    await connected(buyer)
    await connected(seller) // by itself, after at most the longest pause
    for (const text of ["one", "two", "three"])
      await expect(bubbles(buyer, text)).toHaveAttribute("data-state", /sent|delivered|read/)
    for (const page of [buyer, seller]) {
      await expect(bubbles(page)).toHaveCount(4)
      const texts = await bubbles(page)
        .locator(".text")
        .evaluateAll((all) => all.map((one) => one.firstChild?.nodeValue))
      expect(texts).toEqual(["Still there?", "one", "two", "three"])
    }
  } finally {
    await context.close()
    await elsewhere.close()
    await server.stop()
    await rm(dataDir, { recursive: true })
  }
})

test("an unsent message survives the page and is sent by the next one", async ({ page, context, newPerson }) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  await register(page, "Aarav")
  const thing = await offer(seller, "Lamp")
  const url = await ask(page, thing.id, "Hello")
  // This page's line never comes up.
  await page.routeWebSocket(/\/ws\//, () => {})
  await page.goto(url)
  await write(page, "Written without a line")
  await waits(page, "Written without a line")
  await page.close()

  const again = await context.newPage()
  await again.goto(url)
  await expect(bubbles(again, "Written without a line")).toHaveAttribute("data-state", /sent|delivered|read/)
  const id = url.match(/(\d+)\/$/)?.[1]
  const { messages } = await call(again, "GET", `/api/v1/conversations/${id}/messages`)
  expect(messages.map((/** @type {{ message: string }} */ one) => one.message)).toEqual([
    "Hello",
    "Written without a line",
  ])
})

test("without a database a tab keeps what waits over a reload, and hands it to the database that is there later", async ({
  page,
  context,
  newPerson,
}) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  await register(page, "Aarav")
  const url = await ask(page, (await offer(seller, "Lamp")).id, "Hello")
  await page.routeWebSocket(/\/ws\//, () => {})
  await page.addInitScript(() => {
    if (!localStorage.getItem("refuse")) return
    IDBFactory.prototype.open = () => {
      throw new DOMException("refused", "SecurityError")
    }
  })
  await page.goto(url)
  await page.evaluate(() => localStorage.setItem("refuse", "yes"))
  await page.reload()
  await write(page, "On a full disk")
  await waits(page, "On a full disk")
  await page.reload()
  await expect(bubbles(page, "On a full disk")).toHaveAttribute("data-state", "waiting")
  await page.evaluate(() => localStorage.removeItem("refuse"))
  await page.reload()
  await expect(bubbles(page, "On a full disk")).toHaveAttribute("data-state", "waiting")
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem("swapnest.outbox"))).toBeNull()
  await page.close()

  const again = await context.newPage()
  await again.goto(url)
  await expect(bubbles(again, "On a full disk")).toHaveAttribute("data-state", /sent|delivered|read/)
  await expect(bubbles(again, "On a full disk")).toHaveCount(1)
})

test("two tabs of one person show one bubble each", async ({ page, context, newPerson }) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  await register(page, "Aarav")
  const url = await ask(page, (await offer(seller, "Guitar")).id, "Hello")
  const other = await context.newPage()
  await page.goto(url)
  await other.goto(url)
  await connected(page)
  await connected(other)
  await write(page, "From the first tab")
  await expect(bubbles(other, "From the first tab")).toHaveCount(1)
  await expect(bubbles(page, "From the first tab")).toHaveCount(1)
  await expect(bubbles(page, "From the first tab")).toHaveAttribute("data-state", "sent")
})

test("a refused message says why, and can be deleted", async ({ page, newPerson }) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  await register(page, "Aarav")
  await page.goto(await ask(page, (await offer(seller, "Books")).id, "Hello"))
  await connected(page)
  await write(page, "a\u0001b")
  const failed = page.locator('.message[data-state="failed"]')
  await expect(failed).toHaveCount(1)
  await expect(failed.getByRole("button", { name: "Retry" })).toBeVisible()
  await failed.getByRole("button", { name: "Delete" }).click()
  await expect(failed).toHaveCount(0)
  await write(page, "And this one goes")
  await expect(bubbles(page, "And this one goes")).toHaveAttribute("data-state", "sent")
})

test("who is signed out elsewhere is told, and what they wrote is kept", async ({
  page,
  context,
  newPerson,
  problems,
}) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  await register(page, "Aarav")
  const url = await ask(page, (await offer(seller, "Plant")).id, "Hello")
  await page.goto(url)
  await connected(page)
  await page.getByRole("textbox", { name: "Message" }).fill("Half a sent")
  await endSession(page, problems)
  await expect(page.getByText("You were signed out")).toBeVisible()
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveValue("Half a sent")
  const login = page.locator("line-banner").getByRole("link", { name: "Log in" })
  await expect(login).toHaveAttribute("href", /next=/)
  expect((await context.cookies()).map(({ name }) => name)).toEqual(["swapnest_browser"])
})

test("reading and sending work without JavaScript", async ({ newPerson }) => {
  const seller = await newPerson({ javaScriptEnabled: false })
  const buyer = await newPerson({ javaScriptEnabled: false })
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Cooker")
  await buyer.goto(thing.url)
  await buyer
    .getByRole("link", { name: /^Chat with/ })
    .first()
    .click()
  await buyer.locator("textarea").fill("Does it whistle?")
  await buyer.getByRole("button", { name: "Send" }).click()
  await seller.goto("/chat/")
  await seller.locator(".inbox-item").getByRole("link").click()
  await expect(seller.getByText("Does it whistle?").last()).toBeVisible()
  await seller.locator("textarea").fill("Like a train")
  await seller.getByRole("button", { name: "Send" }).click()
  await expect(bubbles(seller, "Like a train")).toHaveCount(1)
  await buyer.reload()
  await expect(bubbles(buyer, "Like a train")).toHaveCount(1)
})

test("on a phone the list and the conversation take turns", async ({ newPerson }) => {
  const page = await newPerson({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true })
  const seller = await newPerson()
  await register(seller, "Meera")
  await register(page, "Aarav")
  const url = await ask(page, (await offer(seller, "Suitcase")).id, "Hello")
  await page.goto("/chat/")
  await page.locator(".inbox-item").getByRole("link").tap()
  await page.waitForURL(url)
  await connected(page)
  await expect(page.locator(".inbox")).toBeHidden()
  const box = page.getByRole("textbox", { name: "Message" })
  await box.fill("From a phone")
  await box.press("Enter") // breaks the line here
  await page.getByRole("button", { name: "Send" }).tap()
  await expect(bubbles(page, "From a phone")).toHaveCount(1)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  await page.getByRole("link", { name: "Back to chats" }).tap()
  await expect(page.locator(".inbox")).toBeVisible()
})
