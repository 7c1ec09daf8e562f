// What somebody wants to be told of, by which way and when.

import { violations } from "./axe.js"
import { ask, call, offer, register } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("@playwright/test").Route} Route */

const preferences = "/notifications/preferences/"
const stored = async (/** @type {Page} */ page) => (await call(page, "GET", "/api/v1/me")).preferences
const toggle = (/** @type {Page} */ page, /** @type {string} */ name) => page.getByRole("switch", { name, exact: true })
const said = (/** @type {Page} */ page) => page.locator("preference-switches > [role=status]")
const lost = (/** @type {Route} */ route) => route.abort()
const answerLost = async (/** @type {Route} */ route) => {
  await route.fetch()
  await route.abort()
}

/** Has what a page sends to a path meet these fates, one after the other; then it goes through. */
async function fateOf(/** @type {Page} */ page, /** @type {string} */ path, /** @type {string} */ method) {
  /** @type {((route: Route) => Promise<void>)[]} */
  const fates = []
  await page.route(path, async (route) => {
    const fate = route.request().method() === method ? fates.shift() : undefined
    await (fate ? fate(route) : route.continue())
  })
  return fates
}

test("a cell of the table counts as it is pressed, and waits while its row or column is off", async ({ page }) => {
  await register(page, "Meera")
  await page.goto(preferences)
  const table = page.getByRole("table", { name: "Tell me about" })
  await expect(table.getByRole("rowheader")).toHaveCount(4)
  await expect(table.getByRole("columnheader", { name: "My devices" })).toBeVisible()
  expect(await violations(page)).toEqual([])

  const cell = toggle(page, "New messages, on my devices")
  await cell.focus()
  await page.keyboard.press("Space")
  await expect(said(page)).toHaveText("Saved.")
  expect(await stored(page)).toMatchObject({ new_message: true, push_new_message: false, push_price_update: true })

  // Its row is off: it keeps what it was, and says why it cannot be pressed.
  const lower = toggle(page, "Lower prices, on my devices")
  await toggle(page, "Lower prices, here").uncheck()
  await expect(said(page)).toHaveText("Saved.")
  await expect(lower).toHaveAttribute("aria-disabled", "true")
  await lower.click({ force: true })
  await expect(said(page)).toHaveText("This has no effect while “Lower prices, here” is off.")
  await expect(lower).toBeChecked()
  // So is its column.
  const previews = page.getByRole("switch", { name: "Show what was written on my devices" })
  await toggle(page, "My devices").uncheck()
  for (const waits of [cell, previews]) await expect(waits).toHaveAttribute("aria-disabled", "true")
  await expect(said(page)).toHaveText("Saved.")
  expect(await stored(page)).toMatchObject({
    push: false,
    price_update: false,
    push_price_update: true,
    previews: true,
  })
  expect(await violations(page)).toEqual([])
  await page.reload()
  await expect(previews).toHaveAttribute("aria-disabled", "true")
  await toggle(page, "My devices").check()
  await expect(previews).not.toHaveAttribute("aria-disabled")
  await expect(lower).toHaveAttribute("aria-disabled", "true")
  await toggle(page, "Lower prices, here").check()
  await expect(lower).not.toHaveAttribute("aria-disabled")
  await expect(lower).toBeChecked()
  await expect(cell).not.toBeChecked()
})

test("quiet hours are those of where one is, and what is wrong with them stands beside it", async ({
  page,
  problems,
}) => {
  problems.allow(/ERR_FAILED|422/)
  await register(page, "Meera")
  await page.goto(preferences)
  const quiet = page.getByRole("switch", { name: "Send nothing at these hours" })
  const from = page.getByLabel("From", { exact: true })
  const zone = page.getByLabel("Time zone")
  const line = page.locator("[data-quiet-line]")
  await expect(from).toBeHidden()
  await quiet.check()
  await expect(line).toHaveText("Nothing is sent between 22:00 and 07:30 in Europe/Zurich; it waits.")
  await from.fill("23:15")
  await expect(line).toContainText("23:15")
  const want = { quiet_from: "23:15", quiet_to: "07:30", time_zone: "Europe/Zurich" }
  expect(await stored(page)).toMatchObject(want)

  await zone.fill("Mars/Olympus")
  await zone.press("Enter")
  await expect(zone).toHaveAccessibleDescription(/There is no such time zone/)
  await expect(zone).toHaveValue("Mars/Olympus") // to be mended, not typed again
  expect(await violations(page)).toEqual([])
  await zone.fill("Asia/Kolkata")
  await zone.blur()
  await expect(line).toContainText("Asia/Kolkata")
  await expect(zone).not.toHaveAttribute("aria-invalid")
  await from.fill("")
  await expect(from).toHaveAccessibleDescription(/need both of their times/)
  await from.fill("07:30")
  await expect(page.getByText("Quiet hours need two different times.")).toBeVisible()
  expect(await stored(page)).toMatchObject({ ...want, time_zone: "Asia/Kolkata" })

  // An answer that is lost, and a request.
  const fates = await fateOf(page, "**/api/v1/me", "PATCH")
  fates.push(answerLost)
  await from.fill("21:00")
  await expect(line).toContainText("21:00")
  fates.push(lost)
  await from.fill("20:00")
  await expect(page.getByText("This was not saved. There is no connection")).toBeVisible()
  await expect(from).toHaveValue("21:00")
  expect((await stored(page)).quiet_from).toBe("21:00")
  await quiet.uncheck()
  await expect(line).toHaveText("")
  await expect(said(page)).toHaveText("Saved.")
  expect(await stored(page)).toMatchObject({ quiet_from: "", quiet_to: "", time_zone: "Asia/Kolkata" })
})

test("a pause begins and ends by a button, also over a line that loses answers", async ({ page, problems }) => {
  problems.allow(/ERR_FAILED|422/)
  await register(page, "Meera")
  await page.goto(preferences)
  const on = page.getByRole("button", { name: "Go on now" })
  const hour = page.getByRole("button", { name: "For an hour" })
  await hour.click()
  await expect(on).toBeFocused()
  await expect(said(page)).toHaveText(/^Paused until \d/)
  const left = Date.parse((await stored(page)).paused_until) - Date.now()
  expect(left).toBeGreaterThan(59 * 60_000)
  expect(left).toBeLessThan(61 * 60_000)
  await page.goto("/notifications/")
  await expect(page.getByText(/^Paused until \d/)).toBeVisible()
  expect(await violations(page)).toEqual([])
  await on.click()
  await expect(hour).toBeFocused()
  expect((await stored(page)).paused_until).toBeUndefined()

  await page.goto(preferences)
  await page.getByRole("button", { name: "Until tomorrow, 8:00" }).click()
  await expect(on).toBeVisible()
  const { paused_until: until } = await stored(page)
  const clock = new Date(until).toLocaleTimeString("en-GB", { timeZone: "Europe/Zurich", timeStyle: "short" })
  expect(clock).toBe("08:00")
  const fates = await fateOf(page, `**${preferences}`, "POST")
  fates.push(lost)
  await on.click()
  await expect(page.getByText("It is still paused. There is no connection")).toBeVisible()
  await expect(on).toBeVisible()
  fates.push(answerLost)
  await on.click()
  await expect(hour).toBeVisible()
  const moment = page.getByLabel("Until", { exact: true })
  await moment.fill("2020-01-01T08:00")
  await page.getByRole("button", { name: "Pause until then" }).click()
  await expect(moment).toHaveAccessibleDescription(/This time is over/)
  await expect(moment).toBeFocused()
  const colors = await page.evaluate(() => {
    const [fault, words] = document.querySelectorAll("#paused_until-fault, .pause [data-while=running] > p")
    return [fault, words].map((one) => getComputedStyle(one).color)
  })
  expect(colors[0]).not.toBe(colors[1])
  const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  await moment.fill(`${day}T12:00`)
  await moment.press("Enter")
  await expect(on).toBeVisible()
  const noon = new Date((await stored(page)).paused_until)
  expect(noon.toLocaleString("sv-SE", { timeZone: "Europe/Zurich" })).toBe(`${day} 12:00:00`)
})

for (const [colorScheme, width] of /** @type {const} */ ([
  ["dark", 320],
  ["light", 1280],
])) {
  test(`all of it without a script, in either direction: ${colorScheme}, ${width} px`, async ({
    page,
    newPerson,
    problems,
  }) => {
    problems.allow(/422/) // a form that is refused
    test.slow()
    const seller = await newPerson()
    await register(seller, "Aarav")
    await register(page, "Meera")
    const url = await ask(page, (await offer(seller, "Lamp")).id, "Hello")
    await call(page, "PATCH", `/api/v1/conversations/${url.match(/(\d+)\/$/)?.[1]}`, { muted: true })
    const look = await newPerson({ viewport: { width, height: 800 }, colorScheme, reducedMotion: "reduce" })
    const plain = await newPerson({ viewport: { width, height: 800 }, colorScheme, javaScriptEnabled: false })
    for (const other of [look, plain]) await other.context().addCookies(await page.context().cookies())

    await plain.goto(preferences)
    await toggle(plain, "Saved things, on my devices").uncheck()
    await plain.getByRole("switch", { name: "Send nothing at these hours" }).check()
    await plain.getByLabel("Time zone").fill("Nowhere")
    await plain.getByRole("button", { name: "Save" }).click()
    await expect(plain.getByLabel("Time zone")).toHaveAccessibleDescription(/There is no such time zone/)
    await expect(plain.getByLabel("Time zone")).toHaveValue("Nowhere")
    await expect(toggle(plain, "Saved things, on my devices")).not.toBeChecked()
    await plain.getByLabel("Time zone").fill("Asia/Kolkata")
    await plain.getByLabel("Time zone").press("Enter")
    await expect(plain.getByText("between 22:00 and 07:30 in Asia/Kolkata; it waits.")).toBeVisible()
    expect(await stored(page)).toMatchObject({ push_wishlist: false, quiet_from: "22:00", time_zone: "Asia/Kolkata" })
    await plain.getByRole("button", { name: "Until tomorrow, 8:00" }).click()
    await expect(plain.getByText(/^Paused until .*08:00 \(Asia\/Kolkata\)/)).toBeVisible()

    for (const path of [preferences, "/notifications/"]) {
      await look.goto(path)
      for (const dir of ["ltr", "rtl"]) {
        await look.evaluate((dir) => (document.documentElement.dir = dir), dir)
        expect(await violations(look), `${path} ${dir}`).toEqual([])
        const small = await look
          .locator("[data-preferences] label:has(input)")
          .evaluateAll((all) =>
            all.filter((one) => Math.min(one.clientWidth, one.clientHeight) < 44).map((one) => one.textContent),
          )
        expect(small, `${path} ${dir}: too small for a finger`).toEqual([])
        expect(await look.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} ${dir}`).toBe(
          true,
        )
      }
    }
    await plain.getByRole("button", { name: "Go on now" }).click()
    await expect(plain.getByRole("button", { name: "For an hour" })).toBeVisible()
    await plain.getByRole("button", { name: "Unmute Aarav: Lamp" }).click()
    await expect(plain.getByText("There are none")).toBeVisible()
    await expect(plain).toHaveURL(preferences)
  })
}
