// The words of people: in their own direction, never wider than the page, and typed on phones.

import { ask, bubbles, call, connected, offer, register, write } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const fits = (/** @type {Page} */ page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)

/** What stands on the page in Arabic letters outside of an element that gives it its own direction. */
const astray = (/** @type {Page} */ page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found = []
    while (walker.nextNode()) {
      const { parentElement: parent, nodeValue: text } = walker.currentNode
      if (
        /\p{Script=Arabic}/u.test(text ?? "") &&
        !parent?.closest('bdi, [dir="auto"], .avatar, .sr, script, template')
      )
        found.push(`${parent?.localName}.${parent?.className}: ${text}`)
    }
    for (const field of document.querySelectorAll("input[type=search], input:not([type]), textarea"))
      if (field.getAttribute("dir") !== "auto" && !field.matches('[name="username"], [inputmode]'))
        found.push(`${field.localName} ${field.getAttribute("name")}`)
    return found
  })

test("names, things and words stand in their own direction on every page", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const { username } = await register(seller, "ليلى الشامي (Leyla)")
  await register(buyer, "عمر (Omar)")
  const thing = await offer(seller, "مصباح نحاسي, 40 cm!")
  await call(seller, "PATCH", `/api/v1/listings/${thing.id}`, { description: "قديم (1960).\n\nجميل!", city: "عمّان, 3" })
  const url = await ask(buyer, thing.id, "هل المصباح متوفر (still)?")
  await seller.goto(url)
  await connected(seller)
  const message = bubbles(seller, "المصباح")
  await message.hover()
  await message.getByRole("button", { name: "Message options" }).click()
  await message.getByRole("button", { name: "Reply" }).click()
  await write(seller, "نعم (yes)!")
  await expect(bubbles(seller, "نعم").locator(".quote")).toContainText("المصباح")
  expect(await astray(seller), "what the script has drawn").toEqual([])
  await expect(message.locator(".text").first()).toHaveCSS("direction", "rtl")
  for (const path of [
    url,
    "/chat/",
    "/shop/",
    thing.url,
    "/notifications/",
    `/accounts/profile/${username}/`,
    "/categories/",
  ]) {
    for (const page of [seller, buyer]) {
      await page.goto(path)
      expect(await astray(page), path).toEqual([])
    }
  }
})

test("no word widens a small phone, and its keyboard is the one for writing", async ({ page: seller, newPerson }) => {
  const word = "Donaudampfschifffahrtsgesellschaft".repeat(5)
  const buyer = await newPerson({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true })
  await register(seller, word.slice(0, 60))
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, word.slice(0, 120))).id, word)
  const id = url.match(/(\d+)\/$/)?.[1]
  const path = `/api/v1/conversations/${id}/messages`
  const [{ message_id }] = (await call(buyer, "GET", path)).messages
  const link = `https://bank.test@${"evil".repeat(15)}.test/${"%20".repeat(100)}`
  const more = await call(seller, "POST", path, { client_id: "a", message: link, reply_to: message_id })
  await call(buyer, "POST", path, { client_id: "b", message: "😀😀😀", reply_to: more.message.message_id })
  for (const page of ["/chat/", url]) {
    await buyer.goto(page)
    await connected(buyer)
    expect(await fits(buyer), page).toBe(true)
  }
  await expect(bubbles(buyer, link).locator(".host")).toContainText("evilevil")
  const message = bubbles(buyer).filter({ has: buyer.locator(".text", { hasText: link }) })
  await message.locator(".bubble").tap()
  await message.getByRole("button", { name: "Message options" }).tap()
  expect(await fits(buyer)).toBe(true)
  await message.getByRole("button", { name: "Reply" }).tap()
  await expect(buyer.locator(".composer-reply")).toBeVisible()
  expect(await fits(buyer)).toBe(true)
  // Two lines of it at most, in the bar as in the bubbles.
  for (const quote of await buyer.locator(".quote-text:visible").all())
    expect(
      await quote.evaluate((node) => node.clientHeight / parseFloat(getComputedStyle(node).lineHeight)),
    ).toBeLessThan(2.1)
  // Large alone, although it answers something.
  await expect(bubbles(buyer, "😀😀😀").locator(".text")).toHaveCSS("font-size", "38px")

  const box = buyer.getByRole("textbox", { name: "Message" })
  await expect(box).toHaveAttribute("enterkeyhint", "enter") // it makes a line there
  await expect(box).toHaveAttribute("autocapitalize", "sentences")
  // A smaller letter has an iPhone zoom in.
  for (const page of [url, "/shop/", "/create/", "/accounts/profile/edit/", "/chat/search/"]) {
    await buyer.goto(page)
    const small = await buyer
      .locator("input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea, select")
      .evaluateAll((all) =>
        all
          .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16)
          .map((one) => `${one.localName} ${one.getAttribute("name")}`),
      )
    expect(small, page).toEqual([])
  }
})
