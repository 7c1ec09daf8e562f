// What the worker keeps in a browser, and somebody of whom it keeps two conversations.

import { expect } from "@playwright/test"
import { ask, connected, offer, register } from "./people.js"

/** @typedef {import("@playwright/test").Page} Page */

/** Waits until the worker answers for a page. */
export async function controlled(/** @type {Page} */ page) {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
}

/** The paths of the pages that are kept in a browser. */
export function keptIn(/** @type {Page} */ page) {
  return page.evaluate(async () => {
    const paths = []
    for (const name of await caches.keys())
      if (name.startsWith("swapnest.pages."))
        for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname)
    return paths.sort()
  })
}

/** The names of the caches of a browser. */
export const cachesOf = (/** @type {Page} */ page) => page.evaluate(() => caches.keys())

/** Somebody with two conversations, of whom both pages are kept, at the second. */
export async function twoKept(/** @type {Page} */ seller, /** @type {Page} */ buyer, base = "") {
  await register(seller, "Meera", base)
  const me = await register(buyer, "Aarav", base)
  const paths = []
  for (const title of ["Lamp", "Chair & <b>table</b>"]) {
    const url = await ask(buyer, (await offer(seller, title, base)).id, `About the ${title}`, base)
    paths.push(url)
    await buyer.goto(url)
    await connected(buyer)
    await controlled(buyer)
  }
  await expect.poll(() => keptIn(buyer)).toEqual(paths.map((url) => url.slice(base.length)).sort())
  return { paths, me }
}
