// From nothing to a sale: what people walk through to reach a conversation.
import { bubbles, call, connected, offer, register } from "./people.js"
import { picture } from "./pictures.js"
import { expect, test } from "./test.js"

const phone = { width: 390, height: 844 }
const desk = { width: 1280, height: 800 }

/** @param {import("@playwright/test").Page} page */
async function join(page, name) {
  const username = `w${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  await page.goto("/accounts/register/?next=/create/")
  await page.getByLabel("Username").fill(username)
  await page.getByLabel("Your name").fill(name)
  await page.getByLabel("Password", { exact: true }).fill("correct horse")
  await page.getByRole("button", { name: "Make the account" }).click()
  await page.waitForURL("**/create/")
  return username
}

for (const [place, viewport] of Object.entries({ phone, desk })) {
  for (const javaScriptEnabled of [true, false]) {
    test(`a newcomer sells and another buys: ${place}, ${javaScriptEnabled ? "with" : "without"} a script`, async ({
      newPerson,
    }) => {
      const title = `Walking sofa ${place} ${javaScriptEnabled}`
      const options = { viewport, javaScriptEnabled, hasTouch: place === "phone" }
      const seller = await newPerson(options)
      await join(seller, "Sunita Patil")
      await seller.getByLabel("Title").fill(title)
      await seller.getByLabel("Price", { exact: true }).fill("8,500")
      await seller.getByLabel("Category").selectOption("furniture")
      await seller.getByLabel("Condition").selectOption("good")
      await seller.getByLabel("Description").fill("Three seats, one cat.")
      await seller.getByLabel("Where it is").fill("Aundh, Pune")
      await seller
        .locator("#photos")
        .setInputFiles([
          picture("red.png", [200, 30, 30]),
          picture("green.png", [30, 160, 60], 300, 400),
          picture("blue.png", [40, 60, 200]),
        ])
      await seller.getByRole("button", { name: "Put it up" }).click()
      await seller.waitForURL("**/product/walking-sofa-*/")
      await expect(seller.getByRole("heading", { level: 1 })).toHaveText(title)
      await expect(seller.locator(".gallery-strip img")).toHaveCount(3)
      await expect(seller.locator(".gallery-main")).toContainText("1 of 3")

      const buyer = await newPerson(options)
      await buyer.goto("/shop/")
      await buyer.locator(`.search-input:visible`).fill(title.toUpperCase())
      await buyer.locator(`.search-input:visible`).press("Enter")
      await buyer.getByRole("link", { name: title, exact: true }).click()
      await buyer.getByRole("link", { name: "Photo 2" }).click()
      await expect(buyer.locator(".gallery-main")).toContainText("2 of 3")
      await buyer.locator("a", { hasText: "Log in to chat" }).locator("visible=true").first().click()
      await buyer.getByRole("link", { name: "Make an account" }).click()
      await buyer.getByLabel("Username").fill(`b${process.pid}_${Math.random().toString(36).slice(2, 8)}`)
      await buyer.getByLabel("Password", { exact: true }).fill("correct horse")
      await buyer.getByRole("button", { name: "Make the account" }).click()
      await buyer.waitForURL("**/chat/start/*/")
      await buyer.getByLabel("Your message").fill("May I come and sit on it?")
      await buyer.getByRole("button", { name: /^Send to/ }).click()
      await buyer.waitForURL("**/chat/conversation/*/*")
      await expect(buyer.locator(".pinned .label")).toHaveText("Active")

      await seller.goto("/chat/")
      await seller.getByRole("link", { name: /^[wb]\d/ }).click()
      await expect(bubbles(seller, "May I come and sit on it?")).toBeVisible()
      await seller.getByRole("link", { name: "View the listing" }).click()
      await seller.getByRole("button", { name: "Mark as sold" }).click()
      await expect(seller.locator(".listing-price .label")).toHaveText("Sold")

      if (!javaScriptEnabled) await buyer.reload()
      await expect(buyer.locator(".pinned .label")).toHaveText("Sold")
      await expect(buyer.locator(".ending:visible")).toContainText("This is sold")
      await buyer.goto("/shop/?q=" + encodeURIComponent(title))
      await expect(buyer.getByText("Nothing found for")).toBeVisible()
    })
  }
}

test("what changes at a listing shows at once in every open conversation and list about it", async ({
  page,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const seller = await newPerson({ viewport: desk })
  await register(seller, "Meera")
  const thing = await offer(seller, "Live lamp")
  const name = await register(page, "Aarav")
  const answer = await call(page, "POST", "/api/v1/conversations", {
    listing_id: thing.id,
    client_id: "live",
    message: "Hello",
  })
  await page.setViewportSize(desk)
  await page.goto(answer.conversation.url)
  await seller.goto("/chat/")
  await connected(page)
  await connected(seller)
  const change = (/** @type {object} */ patch) => call(seller, "PATCH", `/api/v1/listings/${thing.id}`, patch)
  await change({ status: "reserved", title: "Live lamp, brass", price: { amount: 700_000, currency: "INR" } })
  await expect(page.locator("listing-strip .label")).toHaveText("Reserved")
  await expect(page.locator("listing-strip")).toContainText("Live lamp, brass")
  await expect(page.locator("listing-strip .price")).toHaveText("₹7,000")
  const entry = seller.locator(".inbox-item", { hasText: name.name })
  await expect(entry).toContainText("Live lamp, brass")
  await change({ status: "sold" })
  await expect(page.locator("listing-strip .label")).toHaveText("Sold")
  await expect(page.locator("listing-strip .price")).toHaveAttribute("data-state", "off")
  await expect(page.locator(".ending:visible")).toContainText("You can still write here")
  await expect(entry).toHaveAttribute("data-sold", "")
  // While nobody listens it is put up again: the page finds out when it is back.
  await page.context().setOffline(true)
  await page.evaluate(() => dispatchEvent(new Event("offline")))
  await expect(page.locator("swapnest-chat")).not.toHaveAttribute("data-line", "connected")
  await change({ status: "active" })
  await page.context().setOffline(false)
  await page.evaluate(() => dispatchEvent(new Event("online")))
  await connected(page)
  await expect(page.locator("listing-strip .label")).toHaveText("Active")
  await expect(page.locator(".ending:visible")).toHaveCount(0)
  await call(seller, "DELETE", `/api/v1/listings/${thing.id}`)
  await expect(page.locator("listing-strip .label")).toHaveText("No longer available")
  await expect(page.locator("listing-strip > a")).toHaveCount(0)
  await expect(page.locator("listing-strip")).toContainText("Live lamp, brass")
})

test("photos are sent while one writes, moved, taken away, and kept when the form is refused", async ({
  page,
  problems,
}) => {
  problems.allow(/status of 4(15|22)/)
  // The recorder of traces asks for the previews itself, which the page's policy refuses.
  problems.allow(/blob/)
  await register(page, "Meera")
  await page.goto("/create/")
  const photos = page.locator(".photos-list .photo")
  const broken = { name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture at all") }
  await page
    .locator("#photos")
    .setInputFiles([picture("red.png", [200, 30, 30]), broken, picture("blue.png", [30, 30, 200], 3000, 2000)])
  await expect(photos).toHaveCount(3)
  await expect(photos.nth(1)).toContainText("This is no picture that can be shown here")
  await photos.nth(1).getByRole("button", { name: "Take away" }).click()
  await expect(photos.locator('input[name="photo"]:enabled')).toHaveCount(2)
  await photos.nth(1).getByRole("button", { name: "Move forward" }).click()
  const names = () => photos.locator("input").evaluateAll((all) => all.map((one) => /** @type {any} */ (one).value))
  const [blue, red] = await names()
  await expect(photos.nth(0).getByRole("button", { name: "Move forward" })).toBeDisabled()

  // The price is one that the browser lets through and the server does not.
  await page.getByLabel("Title").fill("Lamp")
  await page.getByLabel("Price", { exact: true }).fill("1,25,000.50")
  await expect(page.locator("[data-price]")).toHaveText("₹1,25,000.50")
  await page.getByLabel("Price", { exact: true }).fill("8,50")
  await expect(page.locator("[data-price]")).toBeHidden()
  await page.getByLabel("Category").selectOption("furniture")
  await page.getByLabel("Condition").selectOption("good")
  await page.getByRole("button", { name: "Put it up" }).click()
  await expect(page.getByText("Write the price in figures")).toBeVisible()
  // The script puts its buttons in place of the boxes that a photo has without it.
  await expect.poll(names).toEqual([blue, red])
  await expect(page.getByLabel("Title")).toHaveValue("Lamp")
  await page.getByLabel("Price", { exact: true }).fill("850")
  // One that is still on its way when the form is sent goes with it.
  let free = () => {}
  const held = new Promise((resolve) => (free = () => resolve(undefined)))
  await page.route("**/api/v1/photos", async (route) => {
    await held
    await route.continue()
  })
  await page.locator("#photos").setInputFiles([picture("late.png", [20, 120, 60])])
  await page.getByRole("button", { name: "Put it up" }).click()
  await expect(page.getByText("still on their way")).toBeVisible()
  free()
  await page.waitForURL("**/product/lamp-*/")
  await expect(page.locator(".gallery-strip img")).toHaveCount(3)
  const main = page.locator(".gallery-main img")
  expect(await main.getAttribute("src")).toBe(`/media/${blue}`)
  // It came as 3000 by 2000, and is known to be 1600 wide.
  await expect(main).toHaveAttribute("width", "1600")
  await page.locator(".gallery-strip a").first().focus()
  await page.keyboard.press("ArrowRight")
  await expect(page.locator(".gallery-main")).toContainText("2 of 3")
})

test("the heart saves a thing, and leads to logging in first", async ({ page, newPerson }) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  const thing = await offer(seller, "Heart-shaped box")
  await page.goto(thing.url)
  await page.getByRole("link", { name: "Log in to save" }).click()
  await expect(page).toHaveURL(new RegExp(`next=${encodeURIComponent(new URL(thing.url, page.url()).pathname)}`))
  await register(page, "Aarav")
  await page.goto("/shop/?q=heart-shaped")
  const heart = page.getByRole("button", { name: "Save “Heart-shaped box”" })
  const saved = () => page.waitForResponse((r) => r.url().includes("/api/v1/wishlist/"))
  await Promise.all([saved(), heart.click()])
  await expect(heart).toHaveAttribute("aria-pressed", "true")
  await page.goto("/accounts/my-wishlist/")
  await expect(page.getByRole("link", { name: "Heart-shaped box" })).toBeVisible()
  await Promise.all([saved(), heart.click()])
  await expect(heart).toHaveAttribute("aria-pressed", "false")
  await page.reload()
  await expect(page.getByText("Nothing saved yet")).toBeVisible()
})

test("a new password ends the other devices, and their pages say so", async ({ page, newPerson, problems }) => {
  problems.allow(/status of 422/)
  const me = await register(page, "Aarav")
  const other = await newPerson({ viewport: desk })
  await call(other, "POST", "/api/v1/session", { username: me.username, password: "correct horse" })
  await other.goto("/chat/")
  await connected(other)
  await page.goto("/accounts/devices/")
  await expect(page.locator(".device")).toHaveCount(2)
  await page.goto("/accounts/password-change/")
  await page.getByLabel("Your password").fill("wrong horse")
  await page.getByLabel("The new one").fill("battery staple")
  await page.getByRole("button", { name: "Change it" }).click()
  await expect(page.getByText("This is not your password")).toBeVisible()
  await page.getByLabel("Your password").fill("correct horse")
  await page.getByLabel("The new one").fill("battery staple")
  await page.getByRole("button", { name: "Change it" }).click()
  await expect(page.locator(".device")).toHaveCount(1)
  await expect(other.getByText("You were signed out.")).toBeVisible()
})
