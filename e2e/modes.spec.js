// The chat pages in every way that people look at them: small, large, dark, from right
// to left, enlarged, without motion, by finger; what they weigh; and the page of the
// system before this one.

import { violations } from "./axe.js"
import { ask, bubbles, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

/** Two people who have said something to each other, the second of them on a page of the given kind. */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Rust velvet armchair, very soft")).id, "Is it still there?")
  await seller.goto(url)
  await connected(seller)
  await write(seller, "هل السعر قابل للتفاوض؟ أسكن قريباً جداً منك")
  await write(seller, "A_word_that_is_far_too_long_for_any_phone_".repeat(6))
  await expect(bubbles(seller, "A_word")).toHaveAttribute("data-state", /sent|delivered|read/)
  return url
}

const fits = (/** @type {Page} */ page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)

for (const [name, options] of /** @type {const} */ ([
  ["a small phone", { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true }],
  ["a phone in the dark", { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: "dark" }],
  ["a desk", { viewport: { width: 1280, height: 800 } }],
  [
    "a desk in the dark without motion",
    { viewport: { width: 1280, height: 800 }, colorScheme: "dark", reducedMotion: "reduce" },
  ],
  ["a desk enlarged to 200 %", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ["a wall", { viewport: { width: 3840, height: 2160 } }],
]))
  for (const direction of ["ltr", "rtl"])
    test(`list and conversation on ${name}, ${direction}`, async ({ page: seller, newPerson }) => {
      const buyer = await newPerson(options)
      const url = await two(seller, buyer)
      await buyer.addInitScript((dir) => {
        new MutationObserver((_, observer) => {
          if (!document.documentElement) return
          document.documentElement.dir = dir
          observer.disconnect()
        }).observe(document, { childList: true })
      }, direction)
      await buyer.goto("/chat/")
      await connected(buyer)
      expect(await fits(buyer)).toBe(true)
      expect(await violations(buyer)).toEqual([])
      await buyer.goto(url)
      await connected(buyer)
      await write(buyer, "Yes please")
      const send = buyer.getByRole("button", { name: "Send" })
      if (await send.isVisible()) await send.click()
      await expect(bubbles(buyer, "Yes please")).toHaveAttribute("data-state", /sent|delivered|read/)
      expect(await fits(buyer)).toBe(true)
      for (const part of [".composer-box", ".conversation-name", ".pinned-title", ".line-badge"])
        await expect(buyer.locator(part).first()).toBeInViewport()
      // One's own stand at the end of the line, whatever the direction and the script.
      const mine = await bubbles(buyer, "Yes please").locator(".bubble").boundingBox()
      const theirs = await bubbles(buyer, "قابل").locator(".bubble").boundingBox()
      if (!mine || !theirs) throw new Error("a bubble is missing")
      if (direction === "ltr") expect(mine.x).toBeGreaterThan(theirs.x)
      else expect(mine.x).toBeLessThan(theirs.x)
      await buyer.locator(".menu-box summary").click()
      for (const item of await buyer.locator(".menu-box .menu-item:visible").all())
        await expect(item).toBeInViewport({ ratio: 1 })
      expect(await violations(buyer)).toEqual([])
      if ("reducedMotion" in options)
        expect(await buyer.evaluate(() => document.getAnimations().length), "nothing moves").toBe(0)
    })

test("everything that a finger presses is 44 pixels large", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  const url = await two(seller, buyer)
  for (const path of ["/chat/", url]) {
    await buyer.goto(path)
    await connected(buyer)
    const small = await buyer.evaluate(() => {
      const target = 44
      const found = []
      for (const one of document.querySelectorAll("a, button, summary, input:not([type=hidden]), textarea")) {
        const box = one.getBoundingClientRect()
        const { right, bottom, left, top } = box
        if (box.width === 0 || bottom < 0 || right < 0 || top > innerHeight || left > innerWidth) continue
        if (one.closest(".skip, .sr") || !one.checkVisibility()) continue
        // A link within a line of text, such as the time of a message, is as high as its line.
        if (one.matches(".stamp")) continue
        const [x, y] = [(left + right) / 2, (top + bottom) / 2]
        const hits = (/** @type {number} */ dx, /** @type {number} */ dy) => {
          const [px, py] = [
            Math.min(Math.max(x + dx, 0), innerWidth - 1),
            Math.min(Math.max(y + dy, 0), innerHeight - 1),
          ]
          const hit = document.elementFromPoint(px, py)
          return hit !== null && one.contains(hit)
        }
        const half = target / 2 - 1
        const wide = box.width >= target || (hits(-half, 0) && hits(half, 0))
        const high = box.height >= target || (hits(0, -half) && hits(0, half))
        if (!wide || !high) found.push(`${one.tagName} ${one.className} ${one.textContent?.trim().slice(0, 20)}`)
      }
      return found
    })
    expect(small, path).toEqual([])
  }
})

test("a conversation weighs less than 100 KB in all, and paints without a script", async ({
  page: seller,
  newPerson,
}) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  for (let n = 0; n < 50; n++) await write(seller, `Message ${n} of a conversation that goes on for a while`)
  await expect(bubbles(seller, "Message 49")).toHaveAttribute("data-state", /sent|delivered|read/, { timeout: 20_000 })
  const fresh = await buyer.context().newPage()
  /** @type {Promise<number>[]} */
  const sizes = []
  fresh.on("requestfinished", (request) => sizes.push(request.sizes().then((size) => size.responseBodySize)))
  await fresh.goto(url)
  await connected(fresh)
  await fresh.waitForLoadState("networkidle")
  const total = (await Promise.all(sizes)).reduce((a, b) => a + b, 0)
  expect(sizes.length).toBeGreaterThan(10)
  console.log(`${sizes.length} files, ${(total / 1024).toFixed(1)} KB`)
  expect(total).toBeLessThan(100 * 1024)
})

test("the page of the system before this one works against this server", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  const id = url.match(/(\d+)\/$/)?.[1]
  await buyer.goto("/shop/")
  // What that page did: one socket, two kinds of frames each way, and nothing else.
  await buyer.evaluate((id) => {
    /** @type {string[]} */
    const drawn = []
    let typing = ""
    let greeted = false
    const socket = new WebSocket(`ws://${location.host}/ws/chat/${id}/`)
    socket.onmessage = (event) => {
      const data = JSON.parse(event.data)
      if (data.type === "hello") greeted = true
      else if (data.type === "message")
        drawn.push(`${data.sender_name}: ${data.message} (${typeof data.message_id}, ${data.is_read})`)
      else if (data.type === "typing") typing = data.is_typing ? `${data.user} is typing` : ""
    }
    Object.assign(globalThis, { original: { socket, drawn, typing: () => typing, greeted: () => greeted } })
  }, id)
  const drawn = () => buyer.evaluate(() => /** @type {any} */ (globalThis).original.drawn)
  const typing = () => buyer.evaluate(() => /** @type {any} */ (globalThis).original.typing())
  // Only then is it told what happens: an open socket is not there yet.
  await expect.poll(() => buyer.evaluate(() => /** @type {any} */ (globalThis).original.greeted())).toBe(true)
  await seller.getByRole("textbox", { name: "Message" }).pressSequentially("Wait")
  await expect.poll(typing).toBe("Meera is typing")
  await seller.getByRole("textbox", { name: "Message" }).fill("Here it is")
  await seller.keyboard.press("Enter")
  await expect.poll(drawn).toContain("Meera: Here it is (number, false)")
  await expect.poll(typing).toBe("")
  // It knows no edits, and is not disturbed by one.
  await seller.keyboard.press("ArrowUp")
  await seller.getByRole("textbox", { name: "Message" }).fill("Here it comes")
  await seller.keyboard.press("Enter")
  await expect(bubbles(seller, "Here it comes")).toHaveCount(1)
  await buyer.evaluate(() => {
    const { socket } = /** @type {any} */ (globalThis).original
    socket.send(JSON.stringify({ typing: true }))
  })
  await expect(seller.locator(".typing-shown")).toBeVisible()
  await buyer.evaluate(() => {
    const { socket } = /** @type {any} */ (globalThis).original
    socket.send(JSON.stringify({ message: "From the old page" }))
  })
  await expect(bubbles(seller, "From the old page")).toHaveCount(1)
  const both = ["Meera: Here it is (number, false)", "Aarav: From the old page (number, false)"]
  await expect.poll(drawn).toEqual(both)
})
