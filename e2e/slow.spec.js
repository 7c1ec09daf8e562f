// Pages that are no chats over a bad line: nothing is done twice, nothing is said that is
// not so, and nobody is left in front of the browser's own error page.

import { register } from "./people.js"
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
