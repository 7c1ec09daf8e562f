import { expect, test } from "./test.js"

test("the shop opens and the server is well", async ({ page, request }) => {
  await page.goto("/shop/")
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible()

  const health = await request.get("/healthz")
  expect(health.status()).toBe(200)
})
