// What the worker keeps in a browser, and somebody of whom it keeps two conversations.

import { expect, test } from "@playwright/test"
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

/** What is kept in a browser of a page, by its path: its HTML. */
export function keptText(/** @type {Page} */ page, /** @type {string} */ path) {
  return page.evaluate(async (path) => (await (await caches.match(path, { ignoreVary: true }))?.text()) ?? "", path)
}

/** What the worker of a page's site keeps under a name from one start to the next. */
export const workerKeeps = (/** @type {Page} */ page, /** @type {string} */ name) =>
  page.evaluate(
    (name) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("swapnest.worker", 1)
        request.onupgradeneeded = () => request.transaction?.abort()
        request.onerror = () => resolve(undefined)
        request.onsuccess = () => {
          const got = request.result.transaction("kept").objectStore("kept").get(name)
          got.onsuccess = () => (request.result.close(), resolve(got.result))
          got.onerror = () => reject(got.error)
        }
      }),
    name,
  )

/** The names of the caches of a browser. */
export const cachesOf = (/** @type {Page} */ page) => page.evaluate(() => caches.keys())

/** Somebody with two conversations, of whom both pages are kept, at the second. */
export async function twoKept(/** @type {Page} */ seller, /** @type {Page} */ buyer, base = "") {
  // The caches of a browser are cold, and each page has many files.
  test.slow()
  await register(seller, "Meera", base)
  const me = await register(buyer, "Aarav", base)
  const paths = []
  // Before any is open: a page that hears of another conversation is kept anew, and would be the newest.
  for (const title of ["Lamp", "Chair & <b>table</b>"])
    paths.push(await ask(buyer, (await offer(seller, title, base)).id, `About the ${title}`, base))
  for (const url of paths) {
    await buyer.goto(url)
    await connected(buyer)
    await controlled(buyer)
  }
  const kept = paths.map((url) => url.slice(base.length)).sort()
  await expect.poll(() => keptIn(buyer), { timeout: 20_000 }).toEqual(kept)
  return { paths, me }
}
