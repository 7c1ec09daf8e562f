// Pages that are no chats over a bad line: nothing is done twice, nothing is said that is
// not so, and nobody is left in front of the browser's own error page.

import { ask, call, connected, offer, register } from "./people.js"
import { picture } from "./pictures.js"
import { expect, test } from "./test.js"

test("a form that is pressed again while it is on its way is sent once", async ({ page }) => {
  await register(page, "Meera")
  await page.goto("/create/")
  await page.getByLabel("Title").fill("Pressed twice")
  await page.getByLabel("Price", { exact: true }).fill("850")
  await page.getByLabel("Category").selectOption("furniture")
  await page.getByLabel("Condition").selectOption("good")
  let posts = 0
  let arrived = () => {}
  const pressedTwice = new Promise((resolve) => (arrived = () => resolve(undefined)))
  await page.route("**/create/", async (route) => {
    posts++
    const response = await route.fetch({ maxRedirects: 0 })
    await pressedTwice
    await route.fulfill({ response }).catch(() => {})
  })
  // Two touches of one place: nothing waits for the page between them.
  const button = page.getByRole("button", { name: "Put it up" })
  await button.scrollIntoViewIfNeeded()
  const box = await button.boundingBox()
  if (!box) throw new Error("no button")
  for (let n = 0; n < 2; n++) {
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    await expect.poll(() => posts).toBeGreaterThan(0)
  }
  arrived()
  await page.waitForURL("**/product/pressed-twice-*/")
  expect(posts).toBe(1)
})

/** Waits until somebody has so many notices: a page of them that has none is loaded again as the first one comes. */
const told = (/** @type {import("@playwright/test").Page} */ page, /** @type {number} */ notices) =>
  expect.poll(async () => (await call(page, "GET", "/api/v1/me")).unread.notifications).toBe(notices)

test("without a network the page of notices stays as it is, and says why", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  await ask(buyer, (await offer(seller, "Lamp")).id, "Hello")
  await told(seller, 1)
  await seller.goto("/notifications/")
  const read = seller.getByRole("button", { name: /^Mark as read/ })
  await expect(read).toHaveCount(1)
  await seller.context().setOffline(true)
  await read.click()
  await expect(seller.getByText("There is no connection to SwapNest.")).toBeVisible()
  await expect(read).toHaveCount(1)
  await seller.context().setOffline(false)
  await read.click()
  await expect(seller.getByRole("button", { name: /^Delete/ })).toBeFocused()
})

test("a notice that is deleted by two presses is deleted, and one stays on the page", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/status of 404/)
  const buyer = await newPerson()
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  for (const title of ["Lamp", "Chair"]) await ask(buyer, (await offer(seller, title)).id, "Hello")
  await told(seller, 2)
  await seller.goto("/notifications/")
  const notices = seller.locator(".notification")
  await expect(notices).toHaveCount(2)
  await seller.getByRole("button", { name: "Mark all as read" }).click()
  await expect(seller.getByRole("button", { name: /^Delete/ })).toHaveCount(2)
  let asked = 0
  await seller.route("**/api/v1/notifications/*", async (route) => {
    asked++
    const response = await route.fetch()
    await new Promise((done) => setTimeout(done, 300))
    await route.fulfill({ response })
  })
  await notices.filter({ hasText: "Lamp" }).getByRole("button").dblclick()
  await expect(notices).toHaveCount(1)
  await expect(seller.getByRole("status").getByText("Deleted.")).toBeAttached()
  expect(asked).toBe(1)

  // Deleted already, by a press whose answer was lost: it is gone all the same.
  await seller.unroute("**/api/v1/notifications/*")
  await seller.route("**/api/v1/notifications/*", async (route) => {
    await route.fetch()
    await route.continue()
  })
  await notices.getByRole("button").click()
  await expect(seller.getByRole("heading", { name: "Nothing yet" })).toBeVisible()
  await expect(seller).toHaveURL(/\/notifications\/$/)
})

test("a switch shows what is stored, however often it is pressed and whatever fails", async ({ page, problems }) => {
  problems.allow(/ERR_FAILED|ERR_CONNECTION/)
  await register(page, "Meera")
  await page.goto("/notifications/preferences/")
  const news = page.getByRole("switch", { name: "New messages, here" })
  const stored = async () => (await call(page, "GET", "/api/v1/me")).preferences.new_message
  /** @type {((route: import("@playwright/test").Route) => Promise<void>)[]} what becomes of each save */
  const fates = []
  await page.route("**/api/v1/me", async (route) => {
    if (route.request().method() === "PATCH") await fates.shift()?.(route)
    else await route.continue()
  })
  const lost = (/** @type {import("@playwright/test").Route} */ route) => route.abort()

  // Pressed twice, and nothing arrives: it is on as before.
  /** @type {() => void} */
  let go = () => {}
  const pressed = new Promise((resolve) => (go = () => resolve(undefined)))
  fates.push(async (route) => {
    await pressed
    await lost(route)
  }, lost)
  await news.click()
  await news.click()
  go()
  await expect(page.locator("preference-switches").getByText("Saving…")).toBeHidden()
  await expect(news).toBeChecked()
  expect(await stored()).toBe(true)

  // Nothing arrives: it says so, and is on as before.
  fates.splice(0, fates.length, lost)
  await news.click()
  await expect(page.getByText("This was not saved. There is no connection")).toBeVisible()
  await expect(news).toBeChecked()

  // Only the answer is lost: it is off.
  fates.splice(0, fates.length, async (route) => {
    await route.fetch()
    await lost(route)
  })
  await news.click()
  await expect(page.getByText("Saved.", { exact: true })).toBeVisible()
  await expect(news).not.toBeChecked()
  expect(await stored()).toBe(false)
})

test("without a network the heart stays as it was, and so does the page", async ({ page, newPerson, problems }) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const seller = await newPerson()
  await register(seller, "Meera")
  const thing = await offer(seller, "Heart in a tunnel")
  await register(page, "Aarav")
  await page.goto("/shop/?q=tunnel")
  await expect(page.getByRole("link", { name: thing.title, exact: true })).toBeVisible()
  await page.context().setOffline(true)
  const heart = page.getByRole("button", { name: `Save “${thing.title}”` })
  await heart.click()
  await expect(page.getByText("There is no connection to SwapNest.")).toBeVisible()
  await expect(heart).toHaveAttribute("aria-pressed", "false")
})

test("a photo that did not arrive is tried again, and the form does not leave without it", async ({
  page,
  problems,
}) => {
  problems.allow(/ERR_FAILED|ERR_CONNECTION|blob/)
  await register(page, "Meera")
  await page.goto("/create/")
  await page.getByLabel("Title").fill("Lamp with photos")
  await page.getByLabel("Price", { exact: true }).fill("850")
  await page.getByLabel("Category").selectOption("furniture")
  await page.getByLabel("Condition").selectOption("good")
  let dead = true
  await page.route("**/api/v1/photos", (route) => (dead ? route.abort() : route.continue()))
  await page.locator("#photos").setInputFiles([picture("red.png", [200, 30, 30]), picture("blue.png", [40, 60, 200])])
  const photos = page.locator(".photos-list .photo")
  await expect(photos.getByText("The line broke.")).toHaveCount(2)

  await page.getByRole("button", { name: "Put it up" }).click()
  await expect(page.getByText("Some photos did not arrive. Try again, or take them away.")).toBeInViewport()
  await expect(page).toHaveURL(/\/create\/$/)
  await photos.nth(1).getByRole("button", { name: "Take away" }).click()

  dead = false
  await photos.getByRole("button", { name: "Try again" }).click()
  await expect(photos.locator('input[name="photo"]:enabled')).toHaveCount(1)
  await expect(photos.getByRole("button", { name: "Try again" })).toBeHidden()
  await expect(photos.getByRole("button", { name: "Take away" })).toBeFocused()

  // The network that is back has it tried again, and so does sending the form.
  const lose = async (/** @type {string} */ name) => {
    dead = true
    await page.locator("#photos").setInputFiles([picture(name, [30, 160, 60])])
    await expect(photos.getByText("The line broke.")).toHaveCount(1)
    dead = false
  }
  await lose("green.png")
  await page.evaluate(() => dispatchEvent(new Event("online")))
  await expect(photos.locator('input[name="photo"]:enabled')).toHaveCount(2)
  await lose("grey.png")
  await page.getByRole("button", { name: "Put it up" }).click()
  await page.waitForURL("**/product/lamp-with-photos-*/")
  await expect(page.locator(".gallery-strip img")).toHaveCount(3)
})

test("a photo on a line where nothing moves is given up, and can be tried again", async ({ page, problems }) => {
  problems.allow(/blob/)
  await register(page, "Meera")
  await page.clock.install()
  await page.goto("/create/")
  await page.route("**/api/v1/photos", () => {})
  const asked = page.waitForRequest("**/api/v1/photos")
  await page.locator("#photos").setInputFiles([picture("red.png", [200, 30, 30])])
  await asked
  await page.clock.fastForward(61_000)
  await expect(page.locator(".photo").getByText("The line broke.")).toBeVisible()
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible()
})

test("on a small phone without a line one still sees whom one writes to", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true })
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Lamp")).id, "Hello")
  await buyer.goto(url)
  await connected(buyer)
  await buyer.context().setOffline(true)
  await expect(buyer.locator("line-badge")).toHaveText(/Reconnecting/)
  const box = await buyer.locator(".conversation-who").boundingBox()
  expect(box?.width).toBeGreaterThan(48)
  await expect(buyer.locator(".menu-box summary")).toBeInViewport({ ratio: 1 })
  expect(await buyer.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
})
