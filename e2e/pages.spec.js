import { violations } from "./axe.js"
import { ask, call, connected, offer, register } from "./people.js"
import { picture } from "./pictures.js"
import { expect, test } from "./test.js"

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

for (const [colorScheme, width] of /** @type {const} */ ([
  ["light", 320],
  ["dark", 1280],
])) {
  test(`no page of the marketplace has a fault that axe finds: ${colorScheme}, ${width} px`, async ({ newPerson }) => {
    const page = await newPerson({ colorScheme, viewport: { width, height: 800 }, reducedMotion: "reduce" })
    /** @param {string} path */
    const look = async (path) => {
      await page.goto(path)
      expect(await violations(page), path).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is too wide`).toBe(
        true,
      )
    }
    const filtered = "/shop/?q=x&category=books&condition=good&min_price=abc&max_price=9&place=y"
    for (const path of ["/", filtered, "/categories/", "/categories/furniture/", "/accounts/password-reset/"])
      await look(path)
    const seller = await newPerson()
    await register(seller, "Meera")
    const thing = await offer(seller, "Camera")
    const me = await register(page, "Aarav")
    await look(thing.url)
    await call(page, "PUT", `/api/v1/wishlist/${thing.id}`)
    const photos = await Promise.all(
      [1, 2].map(async (n) => {
        const { buffer, mimeType } = picture("", [n * 90, 60, 60])
        const answer = await page.request.post("/api/v1/photos", {
          data: buffer,
          headers: { "Content-Type": mimeType },
        })
        return (await answer.json()).photo.id
      }),
    )
    const own = await offer(page, "Lamp")
    await call(page, "PATCH", `/api/v1/listings/${own.id}`, { photos, price: { amount: 700_000, currency: "INR" } })
    for (const path of ["", "edit/", "delete/", "mark-sold/"]) await look(own.url + path)
    for (const path of ["", "edit/", `${me.username}/`]) await look(`/accounts/profile/${path}`)
    await ask(page, thing.id, "Does it come with its strap?")
    for (const words of ["strap", "nothing+of+this"]) await look(`/chat/search/?q=${words}`)
    for (const path of ["my-products", "my-wishlist", "saved-replies", "devices", "password-change", "close", "logout"])
      await look(`/accounts/${path}/`)
  })
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

test("a name that is taken is said so before the form is sent", async ({ page, newPerson }) => {
  const other = await newPerson()
  const taken = await register(other, "Meera")
  await page.goto("/accounts/register/")
  await page.getByLabel("Username").fill(taken.username.toUpperCase())
  await page.getByLabel("Your name").focus()
  await expect(page.getByText("This username is taken")).toBeVisible()
  await page.getByLabel("Username").fill("x")
  await expect(page.getByText("This username is taken")).toBeHidden()
  await page.getByLabel("Your name").focus()
  await expect(page.getByText("A username has 3 to 30 characters")).toBeVisible()
})

test("one finds what was said, and goes there", async ({ page, newPerson }) => {
  const seller = await newPerson()
  await register(seller, "Meera")
  await register(page, "Aarav")
  await ask(page, (await offer(seller, "Camera")).id, "Does it come with its STRAP?")
  await seller.goto("/chat/")
  await seller.getByRole("link", { name: "Search your chats" }).click()
  // It is in the index within a second, on a machine that has nothing else to do.
  await expect(async () => {
    await seller.getByPlaceholder("Words, a thing or a name").fill("strap come")
    await seller.keyboard.press("Enter")
    await expect(seller.locator(".hit")).toHaveCount(1, { timeout: 1_000 })
  }).toPass({ timeout: 15_000 })
  await seller.getByRole("link", { name: /Does it come with its STRAP/ }).click()
  await seller.waitForURL("**/chat/conversation/*/?message=*")
  await expect(seller.locator("message-list .message:target, message-list .message").first()).toContainText("STRAP")
})
