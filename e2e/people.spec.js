// What people show each other of themselves, and the replies that they keep.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, register } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const box = (/** @type {Page} */ page) => page.getByRole("textbox", { name: "Message" })
const list = (/** @type {Page} */ page) => page.getByRole("listbox", { name: "Saved replies" })
const presence = (/** @type {Page} */ page) => page.locator("presence-text")
const tick = (/** @type {Page} */ page) => page.locator(".inbox-last > .tick").first()

async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera Kulkarni")
  await register(buyer, "Aarav")
  return ask(buyer, (await offer(seller, "Hero cycle")).id, "Hello")
}

test("who hides what they read and when they were here is shown it of nobody, at once", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  for (const page of [seller, buyer]) {
    await page.goto(url)
    await connected(page)
  }
  await seller.bringToFront()
  const said = bubbles(buyer, "Hello")
  await expect(said).toHaveAttribute("data-state", "read")
  await expect(tick(buyer)).toHaveAttribute("data-state", "read")
  await expect(presence(buyer)).toHaveText("online")

  const settings = await seller.context().newPage()
  await settings.goto("/notifications/preferences/")
  const receipts = settings.getByRole("switch", { name: "Read receipts" })
  const seen = settings.getByRole("switch", { name: "Last seen and online" })
  await expect(receipts).toBeChecked()
  expect(await violations(settings)).toEqual([])
  await receipts.uncheck()
  await expect(settings.getByText("Saved.")).toBeVisible()
  await expect(said).toHaveAttribute("data-state", "delivered")
  await expect(tick(buyer)).toHaveAttribute("data-state", "delivered")
  await expect(presence(buyer)).toHaveText("online")
  await seen.uncheck()
  await expect(presence(buyer)).toHaveText("")
  await expect(presence(seller)).toHaveText("") // who hides does not see it either
  expect(await violations(buyer)).toEqual([])

  // What is said from now on: read by both, and shown to neither.
  await box(buyer).fill("Still there?")
  await buyer.getByRole("button", { name: "Send" }).click()
  await seller.bringToFront()
  await expect(bubbles(seller, "Still there?")).toBeVisible()
  await expect(bubbles(buyer, "Still there?")).toHaveAttribute("data-state", "delivered")
  await buyer.reload()
  await connected(buyer)
  await expect(said).toHaveAttribute("data-state", "delivered")
  await expect(presence(buyer)).toHaveText("")
  await expect
    .poll(async () => (await call(seller, "GET", "/api/v1/me")).unread.conversations, { message: "still unread" })
    .toBe(0)

  await settings.bringToFront()
  await receipts.check()
  await seen.check()
  await expect(bubbles(buyer, "Still there?")).toHaveAttribute("data-state", "read")
  await expect(tick(buyer)).toHaveAttribute("data-state", "read")
  await expect(presence(buyer)).toHaveText("online")
  await expect(presence(seller)).toHaveText("online")
})

test("a saved reply is found by a stroke, filled in, and sent by its writer alone", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  await seller.goto("/accounts/saved-replies/")
  for (const [title, text] of [
    ["Where to come", "Hi {name}, {title} is in Aundh."],
    ["The price stands", "The price of {title} stays."],
    ["", "Yes, it is still here."],
  ]) {
    await seller.getByLabel("What it is called").fill(title)
    await seller.getByLabel("The text").fill(text)
    await seller.getByRole("button", { name: "Save it" }).click()
    await expect(seller.locator(".saved").filter({ hasText: text })).toHaveCount(1)
  }
  expect(await violations(seller)).toEqual([])

  await seller.goto(url)
  await connected(seller)
  await box(seller).press("/")
  const options = list(seller).getByRole("option")
  await expect(options).toHaveCount(3)
  await expect(box(seller)).toBeFocused()
  await expect(seller.getByRole("status").filter({ hasText: "3 saved replies" })).toHaveCount(1)
  expect(await violations(seller)).toEqual([])
  await box(seller).press("ArrowDown")
  await expect(options.nth(1)).toHaveAttribute("aria-selected", "true")
  await expect(box(seller)).toHaveAttribute("aria-activedescendant", String(await options.nth(1).getAttribute("id")))
  await box(seller).press("Escape")
  await expect(list(seller)).toBeHidden()
  await expect(box(seller)).toHaveValue("/")

  await box(seller).fill("")
  await box(seller).pressSequentially("/where")
  await expect(options).toHaveCount(1)
  await box(seller).press("Enter")
  await expect(box(seller)).toHaveValue("Hi Aarav, Hero cycle is in Aundh.")
  await expect(list(seller)).toBeHidden()

  // Behind what one has written, by the button.
  await seller.getByRole("link", { name: "Saved replies" }).click()
  await options.filter({ hasText: "still here" }).click()
  const whole = "Hi Aarav, Hero cycle is in Aundh.\nYes, it is still here."
  await expect(box(seller)).toHaveValue(whole)
  await expect(bubbles(seller)).toHaveCount(1) // nothing was sent
  await buyer.goto(url)
  await connected(buyer)
  await seller.getByRole("button", { name: "Send" }).click()
  await expect(bubbles(buyer, "Hero cycle is in Aundh.")).toHaveCount(1)

  // What begins with a stroke and is none of them is sent as it is; who has saved nothing sees no list.
  await box(buyer).pressSequentially("/usr/bin")
  await expect(list(buyer)).toBeHidden()
  await buyer.getByRole("button", { name: "Send" }).click()
  await expect(bubbles(seller, "/usr/bin")).toHaveCount(1)
})

test("saved replies do without a script", async ({ browser, baseURL, page }) => {
  const buyer = await (await browser.newContext({ baseURL })).newPage()
  const url = await two(page, buyer)
  const plain = await browser.newContext({
    baseURL,
    javaScriptEnabled: false,
    storageState: await page.context().storageState(),
  })
  const seller = await plain.newPage()
  await seller.goto("/accounts/saved-replies/")
  for (const text of ["One {name}", "Two {title}"]) {
    await seller.getByLabel("The text").fill(text)
    await seller.getByRole("button", { name: "Save it" }).click()
  }
  await seller.getByRole("button", { name: "Up Two {title}" }).click()
  await expect(seller.locator(".saved bdi")).toHaveText(["Two {title}", "One {name}"])
  await seller.getByRole("link", { name: "Change One {name}" }).click()
  await seller.getByLabel("The text").fill("Three {name}")
  await seller.getByRole("button", { name: "Save" }).click()
  await seller.getByRole("button", { name: "Delete Two {title}" }).click()
  await expect(seller.locator(".saved bdi")).toHaveText(["Three {name}"])
  await seller.goto(url)
  await seller.getByRole("link", { name: "Saved replies" }).click()
  await seller.getByRole("link", { name: "Use it" }).click()
  await expect(box(seller)).toHaveValue("Three Aarav")
  await plain.close()
  await buyer.context().close()
})
