import { defineConfig } from "@playwright/test"
import { existsSync } from "node:fs"

// Playwright cannot always fetch a browser of its own, so the system's Chromium is used;
// CHROMIUM names one that lives elsewhere. Debian also builds it without windows, which takes a
// quarter less time for the same pages; what needs the whole of it, such as a microphone, says so.
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium"
const shell = process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell"
for (const browser of [chromium, shell])
  if (!existsSync(browser)) throw new Error(`There is no browser at ${browser}: run scripts/bootstrap or set CHROMIUM.`)

const args = [
  "--no-sandbox", // Chromium refuses to run as root otherwise; it opens our own pages only.
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const whole = ["**/voice.spec.js", "**/push*.spec.js"]

export default defineConfig({
  testDir: ".",
  testMatch: "**/*.spec.js",
  globalSetup: "./server.js",
  outputDir: "../test-results",
  // One server and one town serve all tests. Those of a file follow one another; two files
  // at once take a quarter less time, and what they make does not meet. What measures
  // is tagged @alone, and runs by itself in scripts/test.
  workers: 2,
  fullyParallel: false,
  // A test that passes only the second time has found something.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  // Some take ten seconds on a quiet machine.
  timeout: 90_000,
  // What comes late on a busy machine has come. Where it shows something that it comes soon, the test says how soon.
  expect: { timeout: 10_000 },
  globalTimeout: 15 * 60_000,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    locale: "en-GB",
    timezoneId: "Europe/Zurich",
    // What a page asks for goes to the server, where tests count and hold it up; those of the worker allow it.
    serviceWorkers: "block",
    screenshot: "only-on-failure",
    // Recording costs a quarter of the time of all tests: TRACE=1 when one looks for a fault.
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    launchOptions: { executablePath: chromium, args },
  },
  projects: [
    { name: "pages", testIgnore: whole, use: { launchOptions: { executablePath: shell, args } } },
    { name: "devices", testMatch: whole },
  ],
})
