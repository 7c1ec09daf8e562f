// The site on a line that breaks or hangs: what is said of it, and what is done once it is back.

import { cachesOf, keptIn, twoKept } from "./kept.js"
import { bubbles } from "./people.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

test.use({ serviceWorkers: "allow" })

test("who logs out without a line stays signed in, is told so, and loses nothing", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  const buyer = await newPerson({ serviceWorkers: "allow" })
  const { paths } = await twoKept(seller, buyer)
  await buyer.goto("/accounts/logout/")
  await buyer.context().setOffline(true)
  await buyer.getByRole("main").getByRole("button", { name: "Log out" }).click()
  await expect(buyer.getByText("You are still signed in: there is no connection. Log out again when it is back.")).toBeVisible() // prettier-ignore
  expect(await keptIn(buyer)).toEqual([...paths].sort())
  await buyer.getByRole("list").getByRole("link").last().click()
  await expect(bubbles(buyer, "About the Lamp")).toBeVisible()
  await buyer.goBack()
  await buyer.context().setOffline(false)
  await buyer.getByRole("link", { name: "Log out again" }).click()
  await buyer.getByRole("main").getByRole("button", { name: "Log out" }).click()
  await buyer.waitForURL("**/")
  await expect.poll(async () => (await cachesOf(buyer)).filter((one) => /pages|pictures/.test(one))).toEqual([])
  // Any other form.
  await buyer.goto("/accounts/login/")
  await buyer.getByLabel("Username").fill("somebody")
  await buyer.getByLabel("Password", { exact: true }).fill("correct horse")
  await buyer.context().setOffline(true)
  await buyer.getByRole("button", { name: "Log in", exact: true }).click()
  await expect(buyer.getByText("it is not known whether what you sent has arrived")).toBeVisible()
  await expect(buyer.getByRole("link", { name: "Go back" })).toBeVisible()
})
