// Where one writes, and what it says where nothing more can be written.

import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const box = (/** @type {Page} */ page) => page.getByRole("textbox", { name: "Message" })

/** Two people in a conversation about a thing. */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Lamp")
  return { thing, url: await ask(buyer, thing.id, "Hello") }
}

test("it grows with the text, then scrolls, and shrinks again", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ viewport: { width: 360, height: 640 } })
  const { url } = await two(seller, buyer)
  await buyer.goto(url)
  await connected(buyer)
  const height = async () => (await box(buyer).boundingBox())?.height ?? 0
  const one = await height()
  await box(buyer).fill("one\ntwo\nthree")
  expect(await height()).toBeGreaterThan(one + 40)
  await box(buyer).fill("line\n".repeat(60))
  expect(await height()).toBeLessThanOrEqual(0.4 * 640 + 1)
  expect(await box(buyer).evaluate((node) => node.scrollHeight > node.clientHeight)).toBe(true)
  await expect(buyer.locator(".timeline")).toBeInViewport()
  await buyer.getByRole("button", { name: "Send" }).click()
  expect(await height()).toBe(one)
  await expect(box(buyer)).toBeFocused()
})

test("near the limit it counts, and beyond it it says what to do and keeps the text", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson({ viewport: { width: 320, height: 640 } })
  const { url } = await two(seller, buyer)
  await buyer.goto(url)
  await connected(buyer)
  await box(buyer).fill("x") // The microphone has gone.
  const width = (await box(buyer).boundingBox())?.width
  await box(buyer).fill("x".repeat(3_799))
  await expect(buyer.locator(".composer-count")).toBeHidden()
  await box(buyer).fill("x".repeat(3_800))
  await expect(buyer.locator(".composer-count")).toHaveText("200 left")
  await box(buyer).fill("x".repeat(4_010))
  await expect(buyer.locator(".composer-count")).toHaveText("10 too many")
  // The count takes none of the text's room.
  expect((await box(buyer).boundingBox())?.width).toBe(width)
  await buyer.getByRole("button", { name: "Send" }).click()
  await expect(buyer.getByRole("alert")).toContainText("at most 4000 characters")
  await expect(box(buyer)).toHaveValue("x".repeat(4_010))
  await box(buyer).fill("x".repeat(4_000))
  await expect(buyer.getByRole("alert")).toHaveCount(0)
  await buyer.getByRole("button", { name: "Send" }).click()
  await expect(bubbles(buyer, "xxx")).toHaveAttribute("data-state", "sent")
})

test("what is sent goes where it was written, whatever one opens next", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { url } = await two(seller, buyer)
  const other = await ask(buyer, (await offer(seller, "Chair")).id, "Another thing")
  await buyer.goto(url)
  await connected(buyer)
  await box(buyer).fill("For the lamp")
  // Sent and left in the same moment.
  await Promise.all([
    buyer.waitForURL(`**${other}`),
    buyer.evaluate((to) => {
      document.querySelector("form.composer")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true }))
      location.assign(to)
    }, other),
  ])
  await connected(buyer)
  await expect(bubbles(buyer, "For the lamp")).toHaveCount(0)
  await buyer.goto(url)
  await expect
    .poll(async () => {
      const sent = await bubbles(buyer, "For the lamp").count()
      const kept = await box(buyer).inputValue()
      return sent === 1 || kept === "For the lamp"
    })
    .toBe(true)
  const id = other.match(/(\d+)\/$/)?.[1]
  const { messages } = await call(buyer, "GET", `/api/v1/conversations/${id}/messages`)
  expect(messages.map((/** @type {{ message: string }} */ one) => one.message)).toEqual(["Another thing"])
})

test("a first message has texts to begin with, which one sends oneself", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Lamp")
  await buyer.goto(`/chat/start/${thing.id}/`)
  await buyer.getByRole("link", { name: "Would you take a little less?" }).click()
  await expect(buyer.locator("textarea")).toHaveValue("Would you take a little less?")
  await expect(buyer.locator("textarea")).toBeFocused()
  await buyer.locator("textarea").fill("My own words")
  await buyer.getByRole("link", { name: "Is it still available?" }).click()
  await expect(buyer.locator("textarea")).toHaveValue("My own words\nIs it still available?")
  await buyer.getByRole("button", { name: "Send" }).click()
  await buyer.waitForURL("**/chat/conversation/**")
  await expect(buyer.locator("quick-replies")).toHaveCount(0)

  await seller.goto(buyer.url().replace(/#.*/, ""))
  await connected(seller)
  await seller.getByRole("link", { name: "Yes, it is still available." }).click()
  await expect(box(seller)).toHaveValue("Yes, it is still available.")
  await expect(bubbles(seller)).toHaveCount(1)
  await box(seller).press("Enter")
  await expect(bubbles(seller, "Yes, it is")).toHaveAttribute("data-state", /sent|delivered|read/)
  await expect(seller.locator("quick-replies")).toHaveCount(0)
  await seller.reload()
  await expect(seller.locator("quick-replies")).toHaveCount(0)
})

test("without JavaScript a text to begin with is a link that fills the box", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ javaScriptEnabled: false })
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const thing = await offer(seller, "Lamp")
  await buyer.goto(`/chat/start/${thing.id}/`)
  await buyer.getByRole("link", { name: "When could I come and see it?" }).click()
  await expect(buyer.locator("textarea")).toHaveValue("When could I come and see it?")
  await buyer.goto(`/chat/start/${thing.id}/?quick=<script>`)
  await expect(buyer.locator("textarea")).toHaveValue(/still available/)
})

test("a keyboard that lies over the page does not cover the composer", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true })
  const { url } = await two(seller, buyer)
  await buyer.addInitScript(() => {
    // An iPhone: the page keeps its height, only what is seen of it shrinks.
    const seen = Object.assign(new EventTarget(), { height: innerHeight, scale: 1 })
    Object.defineProperty(window, "visualViewport", { value: seen })
    Object.assign(globalThis, { seen })
  })
  await buyer.goto(url)
  await connected(buyer)
  const keys = (/** @type {number} */ height, scale = 1) =>
    buyer.evaluate(
      ([height, scale]) => {
        const { seen } = /** @type {any} */ (globalThis)
        Object.assign(seen, { height, scale })
        seen.dispatchEvent(new Event("resize"))
      },
      [height, scale],
    )
  const bottom = async () => {
    const { y = 0, height = 0 } = (await buyer.locator(".composer").boundingBox()) ?? {}
    return y + height
  }
  await keys(500)
  expect(await bottom()).toBeLessThanOrEqual(500)
  await expect(bubbles(buyer, "Hello")).toBeInViewport()
  await keys(844)
  expect(await bottom()).toBe(844)
  await keys(400, 2) // zoomed in, no keyboard
  expect(await bottom()).toBe(844)
  expect(await box(buyer).evaluate((node) => getComputedStyle(node).fontSize)).toBe("16px")
})

test("sold and withdrawn things say so and what one can do, and one goes on talking", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const { url, thing } = await two(seller, buyer)
  await call(seller, "PATCH", `/api/v1/listings/${thing.id}`, { status: "sold" })
  await buyer.goto(url)
  await connected(buyer)
  await expect(buyer.getByText("This is sold. You can still write here.")).toBeVisible()
  await expect(buyer.getByRole("link", { name: "See similar things" })).toHaveAttribute("href", "/categories/cycles/")
  await write(buyer, "What a pity")
  await expect(bubbles(buyer, "What a pity")).toHaveAttribute("data-state", "sent")
  await seller.goto(url)
  await expect(seller.getByText("You have marked this as sold.")).toBeVisible()
  await call(seller, "PATCH", `/api/v1/listings/${thing.id}`, { status: "inactive" })
  await expect(buyer.getByText("This is no longer offered.")).toBeVisible()
  await expect(buyer.locator(".pinned")).toContainText("No longer available")
})
