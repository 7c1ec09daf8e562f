// What every browser test imports instead of "@playwright/test": a page error,
// a console error, a warning of the Content-Security-Policy or an answer of 5xx
// fails the test, unless the test said beforehand that it provokes it.

import { test as base, expect } from "@playwright/test"

/**
 * What went wrong in the pages of a test.
 * @typedef {object} Problems
 * @property {(context: import("@playwright/test").BrowserContext) => Promise<void>} watch
 *   also looks at a context that the test made itself
 * @property {(pattern: RegExp) => void} allow problems that match are expected from here on
 * @property {() => string[]} seen what has been noted and not been allowed
 */

/**
 * @typedef {object} Fixtures
 * @property {Problems} problems
 * @property {(options?: import("@playwright/test").BrowserContextOptions) => Promise<import("@playwright/test").Page>} newPerson
 *   opens a page in a browser context of its own: somebody else, with cookies of their own
 */

/** @type {import("@playwright/test").TestType<import("@playwright/test").PlaywrightTestArgs & import("@playwright/test").PlaywrightTestOptions & Fixtures, import("@playwright/test").PlaywrightWorkerArgs & import("@playwright/test").PlaywrightWorkerOptions>} */
export const test = base.extend({
  // Playwright reads from the first parameter which fixtures one needs, so it
  // has to be a pattern, even an empty one.
  // eslint-disable-next-line no-empty-pattern
  baseURL: async ({}, use) => {
    await use(process.env.SWAPNEST_URL)
  },

  problems: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const seen = []
      const allowed = []
      const note = (problem) => {
        if (!allowed.some((pattern) => pattern.test(problem))) seen.push(problem)
      }
      await use({
        async watch(context) {
          context.on("weberror", (event) => note(`page error: ${event.error().stack ?? event.error()}`))
          context.on("console", (message) => {
            if (message.type() !== "error") return
            note(`console error: ${message.text()} (${message.location().url})`)
          })
          context.on("response", (response) => {
            if (response.status() >= 500) note(`answer ${response.status()}: ${response.url()}`)
          })
          // Chromium prints most violations as console errors too, but not all.
          await context.addInitScript(() => {
            addEventListener("securitypolicyviolation", (event) =>
              console.error(`CSP violation of ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`),
            )
          })
        },
        allow: (pattern) => allowed.push(pattern),
        seen: () => [...seen],
      })
      expect(seen, "problems in the pages").toEqual([])
    },
    { auto: true },
  ],

  context: async ({ context, problems }, use) => {
    await problems.watch(context)
    await use(context)
  },

  newPerson: async ({ browser, problems }, use) => {
    const contexts = []
    await use(async (options) => {
      const context = await browser.newContext(options)
      contexts.push(context)
      await problems.watch(context)
      return context.newPage()
    })
    for (const context of contexts) await context.close()
  },
})

export { expect }
