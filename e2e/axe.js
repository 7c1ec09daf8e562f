// What axe finds wrong with a page.
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/**
 * The faults of a page, each with the elements that have it.
 * @param {import("@playwright/test").Page} page
 * @returns {Promise<string[]>}
 */
export async function violations(page) {
  // What is still moving has colours of the way.
  await page.evaluate(async () => {
    const ends = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
    await Promise.all(ends.map((one) => one.finished.catch(() => {})))
  })
  // Evaluated rather than added as a script, which the page's policy would refuse.
  await page.evaluate(axe)
  const found = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run())
  return found.violations.map(
    (/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ n) => n.target).join(", ")}`,
  )
}
