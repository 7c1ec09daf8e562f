// Photos and files: from choosing them to a message that is sent.

import { readFile } from "node:fs/promises"
import { violations } from "./axe.js"
import { fragile } from "./fragile.js"
import { ask, bubbles, connected, offer, register, write } from "./people.js"
import { picture } from "./pictures.js"
import { expect, test } from "./test.js"
import { kept, Uploads } from "./uploads.js"

/** @typedef {import("@playwright/test").Page} Page */

const pdf = (name = "invoice.pdf", size = 900_000) => ({
  name,
  mimeType: "application/pdf",
  // Bytes that are in another place than theirs are not the same.
  buffer: Buffer.concat([
    Buffer.from("%PDF-1.4\n"),
    Buffer.alloc(
      size - 9,
      Uint8Array.from({ length: 251 }, (_, n) => n),
    ),
  ]),
})

const strip = (/** @type {Page} */ page) => page.getByRole("list", { name: "Files to send" }).getByRole("listitem")
const bars = (/** @type {Page} */ page) => strip(page).getByRole("progressbar")
const box = (/** @type {Page} */ page) => page.getByRole("textbox", { name: "Message" })

/** A page of somebody in a conversation, what becomes of its uploads, and what it sends on its line. */
async function writer(/** @type {Page} */ seller, /** @type {Page} */ page, base = "") {
  await register(seller, "Meera", base)
  await register(page, "Aarav", base)
  const url = await ask(page, (await offer(seller, "Lamp", base)).id, "Hello", base)
  const uploads = new Uploads()
  await uploads.mind(page.context())
  /** @type {{ message: string, attachments?: string[] }[]} */
  const sent = []
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      const frame = JSON.parse(String(payload))
      if (frame.type === "send") sent.push(frame)
    }),
  )
  await page.goto(url)
  await connected(page)
  return { uploads, sent, url }
}

/** Presses the button, and gives the browser's own dialog these files. */
async function choose(
  /** @type {Page} */ page,
  /** @type {Parameters<import("@playwright/test").FileChooser["setFiles"]>[0]} */ files,
) {
  const asked = page.waitForEvent("filechooser")
  await page.getByRole("button", { name: "Attach photos or files" }).click()
  await (await asked).setFiles(files)
}

/** Hands files to the page as a paste or a drop does. */
function hand(
  /** @type {Page} */ page,
  /** @type {"paste" | "drop"} */ how,
  /** @type {{ name: string, type: string, size: number, text?: string }} */ file,
) {
  return page.evaluate(
    ({ how, file: { name, type, size, text } }) => {
      const data = new DataTransfer()
      data.items.add(new File([new Uint8Array(size)], name, { type }))
      if (text) for (const kind of ["text/plain", "text/html"]) data.setData(kind, text)
      const at = document.querySelector(how === "paste" ? "textarea" : ".timeline")
      const init = { bubbles: true, cancelable: true }
      if (how === "paste") at?.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: data }))
      else for (const kind of ["dragenter", "dragover", "drop"]) at?.dispatchEvent(new DragEvent(kind, { ...init, dataTransfer: data })) // prettier-ignore
    },
    { how, file },
  )
}

test("two pictures and a PDF are chosen, one is removed, and the others arrive with the text", async ({
  page: seller,
  newPerson,
}) => {
  const page = await newPerson()
  const { uploads, sent, url } = await writer(seller, page)
  await seller.goto(url)
  await connected(seller)
  uploads.hold(1)
  await choose(page, [picture("bicycle.png", [200, 80, 40]), picture("guitar.png", [40, 120, 80]), pdf()])
  await expect(strip(page)).toHaveCount(3)
  await expect(strip(page).getByRole("img", { name: "bicycle.png" })).toBeVisible()
  await expect(strip(page).nth(2)).toContainText("invoice.pdf PDF · 879 KB")
  await expect(page.getByRole("progressbar", { name: "Uploading invoice.pdf" })).toHaveJSProperty("value", 58)
  await expect(bars(page)).toHaveCount(1)
  await expect(box(page)).toBeFocused()
  expect(await violations(page)).toEqual([])
  await strip(page).getByRole("button", { name: "Remove guitar.png" }).click()
  await expect(strip(page)).toHaveCount(2)
  await expect(strip(page).getByRole("button", { name: "Remove bicycle.png" })).toBeFocused()
  await expect.poll(() => uploads.names).toEqual(["bicycle.png", "invoice.pdf"])

  // The bubble is there at once, and waits; what is written behind it waits as well.
  await write(page, "Here they are")
  await write(page, "And this")
  await expect(strip(page)).toHaveCount(0)
  await expect(bubbles(page, "Here they are")).toHaveAttribute("data-state", "sending")
  expect(sent).toEqual([])
  uploads.release()
  await expect(bubbles(page, "And this")).toHaveAttribute("data-state", /sent|delivered|read/)
  expect(sent.map(({ message, attachments }) => ({ message, attachments }))).toEqual([
    { message: "Here they are", attachments: uploads.ids("bicycle.png", "invoice.pdf") },
    { message: "And this", attachments: undefined },
  ])

  // The other one sees the picture, the document and the text, live and later.
  const shown = async () => {
    const bubble = bubbles(seller, "Here they are")
    await expect(bubble.getByRole("img", { name: "bicycle.png" })).toHaveJSProperty("naturalWidth", 400)
    await expect(bubble.locator("a.attachment")).toHaveText(/invoice\.pdf PDF · 879 KB/)
    return bubble
  }
  const saved = seller.waitForEvent("download")
  await (await shown()).locator("a.attachment").click()
  expect((await saved).suggestedFilename()).toBe("invoice.pdf")
  expect((await readFile(await (await saved).path())).equals(pdf().buffer)).toBe(true)
  await seller.reload()
  await connected(seller)
  await shown()

  // What is said is a message of its own at once, whatever stands at the composer.
  await choose(page, pdf("later.pdf", 100))
  await expect(page.locator('.composer-file[data-state="ready"]')).toHaveCount(1)
  const sound = await readFile(new URL("../internal/voice/testdata/tags.ogg", import.meta.url), "base64")
  await page.locator("message-composer form").evaluate((form, sound) => {
    const bytes = Uint8Array.from(atob(sound), (one) => one.charCodeAt(0))
    const file = new File([bytes], "voice.ogg", { type: "audio/ogg" })
    const detail = { files: [{ file, kind: "voice", duration_ms: 1_000, waveform: [1, 2] }], send: true }
    form.dispatchEvent(new CustomEvent("attach", { bubbles: true, detail }))
  }, sound)
  await expect(bubbles(seller).locator("voice-note")).toHaveCount(1)
  const [voice] = [...uploads.all].find(([, { kind }]) => kind === "voice") ?? []
  expect(sent[2]).toMatchObject({ message: "", attachments: [voice] })
  await strip(page).getByRole("button", { name: "Remove later.pdf" }).click()
  await expect(strip(page)).toHaveCount(0)
  await expect.poll(() => kept(page)).toBe(0)
  await page.reload()
  await connected(page)
  // With the next one would come what was kept.
  await choose(page, pdf("next.pdf", 100))
  await expect(strip(page)).toHaveText([/next\.pdf/])
})

test("files are pasted and dropped; what cannot be sent is said before anything is", async ({
  page: seller,
  newPerson,
}) => {
  const page = await newPerson()
  const { uploads, url } = await writer(seller, page)
  // Enter comes before what takes the file is loaded: it goes all the same.
  /** @type {(value?: unknown) => void} */
  let load = () => {}
  const gate = new Promise((resolve) => (load = resolve))
  await page.route("**/composer-files.js", (route) => gate.then(() => route.continue()))
  await hand(page, "paste", { name: "first.txt", type: "text/plain", size: 100 })
  await write(page, "At once")
  load()
  await expect(bubbles(page, "At once")).toHaveAttribute("data-state", /sent|delivered|read/)
  await expect(bubbles(page, "At once").locator("a.attachment")).toHaveText(/first\.txt/)
  await hand(page, "paste", { name: "image.png", type: "image/png", size: 100 })
  await expect(strip(page)).toHaveCount(1)
  await hand(page, "drop", { name: "plan.txt", type: "text/plain", size: 2_000 })
  await expect(strip(page)).toHaveCount(2)
  await hand(page, "paste", { name: "table.png", type: "image/png", size: 100, text: "a cell" })
  const asked = () => uploads.asked.filter((one) => one === "POST").length
  await hand(page, "drop", { name: "holiday.mov", type: "video/quicktime", size: 26 << 20 })
  const said = page.locator("composer-files").getByRole("alert")
  await expect(said).toHaveText("holiday.mov has 26 MB; a file can have at most 25 MB.")
  await hand(page, "drop", { name: "empty.txt", type: "text/plain", size: 0 })
  await expect(said).toHaveText("empty.txt is empty.")
  await choose(
    page,
    Array.from({ length: 10 }, (_, n) => pdf(`${n}.pdf`, 100)),
  )
  await expect(said).toHaveText("A message can have at most 10 files: 2 were left out.")
  await expect(strip(page)).toHaveCount(10)
  await expect(bars(page)).toHaveCount(0)
  expect(asked()).toBe(11)
  const named = ["first.txt", "image.png", "plan.txt", ...Array.from({ length: 8 }, (_, n) => `${n}.pdf`)]
  expect(uploads.names).toEqual(named.sort())
  expect(await violations(page)).toEqual([])

  // Where they would fall is shown; a text that is dragged is none of theirs.
  const drag = (/** @type {string} */ type) =>
    page.evaluate((type) => {
      const data = new DataTransfer()
      if (type === "text/plain") data.setData(type, "words")
      else data.items.add(new File(["x"], "x.txt"))
      const event = new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: data })
      document.querySelector(".timeline")?.dispatchEvent(event)
      return event.defaultPrevented
    }, type)
  expect(await drag("text/plain")).toBe(false)
  await expect(page.locator(".conversation[data-over]")).toHaveCount(0)
  expect(await drag("Files")).toBe(true)
  await expect(page.locator(".conversation[data-over]")).toHaveCount(1)
  await page.evaluate(() => document.dispatchEvent(new DragEvent("dragleave", { dataTransfer: new DataTransfer() })))

  // They belong to where they were chosen, and stay there like a draft.
  const other = await ask(page, (await offer(seller, "Chair")).id, "Another thing")
  await page.goto(other)
  await connected(page)
  await expect(page.locator("composer-files")).toBeHidden()
  await page.goto(url)
  await expect(strip(page)).toHaveCount(10)
  await expect(strip(page).nth(1)).toContainText("plan.txt")
})

test("what a browser keeps from before there were files is still sent", async ({ page: seller, newPerson }) => {
  const page = await newPerson()
  await register(seller, "Meera")
  const { id: user } = await register(page, "Aarav")
  const url = await ask(page, (await offer(seller, "Lamp")).id, "Hello")
  // A page without a script, that nothing of now is kept beside it.
  await page.goto("/healthz")
  await page.evaluate(
    ({ user, conversation }) =>
      new Promise((resolve, reject) => {
        indexedDB.deleteDatabase("swapnest")
        const request = indexedDB.open("swapnest", 1)
        request.onerror = reject
        request.onupgradeneeded = () =>
          request.result.createObjectStore("outbox", { keyPath: "client_id" }).createIndex("user_id", "user_id")
        request.onsuccess = () => {
          const at = request.result.transaction("outbox", "readwrite")
          const one = { client_id: "old", user_id: user, conversation_id: conversation, text: "From before", order: 1 }
          at.objectStore("outbox").put({ ...one, at: new Date().toISOString(), state: "waiting" })
          at.oncomplete = () => resolve(request.result.close())
        }
      }),
    { user, conversation: Number(/(\d+)\/$/.exec(url)?.[1]) },
  )
  await page.goto(url)
  await expect(bubbles(page, "From before")).toHaveAttribute("data-state", /sent|delivered/)
})

test("a line that is cut, and a page that is reloaded, go on where they were", async ({
  page: seller,
  newPerson,
  problems,
  baseURL,
}) => {
  problems.allow(
    /ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_EMPTY_RESPONSE|ERR_CONNECTION|ERR_SOCKET|closed before receiving a handshake/,
  )
  const line = await fragile(/** @type {string} */ (baseURL))
  try {
    const page = await newPerson()
    const { uploads, sent, url } = await writer(seller, page, line.url)
    const long = pdf("long.pdf", 4 << 20)
    const half = long.buffer.length / 2
    // Behind three quarters it waits for this test.
    uploads.hold(1.5 * half)
    line.arm(half)
    // Chromium sends a request once more by itself when a kept connection breaks under it: that one shall fail as well.
    const failed = page.waitForEvent("requestfailed", (request) => request.method() === "PATCH")
    await choose(page, long)
    await failed
    expect(line.cuts).toBe(1)
    line.mend()
    const last = () => Number(uploads.asked.at(-1)?.split(" ")[1])
    await expect.poll(last, { timeout: 15_000 }).toBeGreaterThanOrEqual(1.5 * half)
    const cut = uploads.parts.findIndex(({ from, bytes }, n) => uploads.parts[n + 1].from < from + bytes)
    const [broken, next] = uploads.parts.slice(cut)
    // It was cut within this part, and goes on behind all that had come of it.
    expect(next.from).toBeGreaterThan(half - (256 << 10))
    expect(next.from).toBeLessThan(half)
    const { from: waits } = uploads.parts[uploads.parts.length - 1]
    const carried = uploads.parts.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0)
    expect(carried - waits).toBe(broken.from + broken.bytes - next.from)
    expect(line.bytes - waits, "of heads, and what was under way").toBeLessThan(256 << 10)

    await write(page, "With a file")
    await page.context().setOffline(true)
    await expect(bubbles(page, "With a file")).toHaveAttribute("data-state", "waiting")
    await page.context().setOffline(false)
    await connected(page)
    await expect(bubbles(page, "With a file")).toHaveAttribute("data-state", "sending")

    // Reloaded while its message waits for it.
    uploads.asked = []
    await page.reload()
    await expect.poll(() => uploads.asked).toEqual(["HEAD", `PATCH ${waits}`])
    await expect(bubbles(page, "With a file")).toHaveAttribute("data-state", "sending")
    await expect(page.locator("composer-files")).toBeHidden()
    uploads.release()
    await expect(bubbles(page, "With a file")).toHaveAttribute("data-state", /sent|delivered/)
    await expect(bubbles(page, "With a file")).toHaveCount(1)
    expect(sent.map(({ attachments }) => attachments)).toEqual([[...uploads.all.keys()]])
    await seller.goto(url)
    const came = await seller.request.get((await seller.locator("a.attachment").getAttribute("href")) ?? "")
    expect((await came.body()).equals(long.buffer)).toBe(true)
  } finally {
    line.close()
  }
})

test("a file that is refused fails its message with the reason, and can be given up", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/status of 415/)
  const page = await newPerson()
  const { uploads, sent } = await writer(seller, page)
  // A program, whatever it is called.
  const program = { ...pdf("setup.pdf"), buffer: Buffer.from("MZ\0\0".repeat(25)) }
  uploads.hold()
  await choose(page, [program, pdf("good.pdf", 100)])
  await expect(strip(page)).toHaveCount(2)
  await write(page, "Take this")
  await write(page, "And that")
  uploads.release()
  const failed = bubbles(page, "Take this")
  await expect(failed).toContainText("Not sent. setup.pdf: Programs, installers")
  await expect(bubbles(page, "And that")).toHaveAttribute("data-state", /sent|delivered/)
  await failed.getByRole("button", { name: "Delete" }).click()
  await expect(failed).toHaveCount(0)
  await expect.poll(() => uploads.names, "the good one is taken away").toEqual(["setup.pdf"])

  // At the composer it says so as well, and nothing is sent without it.
  await choose(page, [program, pdf("good.pdf", 100)])
  const alert = page.locator("composer-files").getByRole("alert")
  await expect(alert).toContainText("setup.pdf: Programs, installers")
  expect(await violations(page)).toEqual([])
  await write(page, "Once more")
  await expect(page.locator(".composer-fault")).toContainText("setup.pdf was not uploaded. Try it again, or remove it.")
  await expect(box(page)).toHaveValue("Once more")
  uploads.asked = []
  await strip(page).getByRole("button", { name: "Retry setup.pdf" }).click()
  await expect.poll(() => uploads.asked).toEqual(["POST", "PATCH 0"])
  await expect(alert, "it is refused again").toContainText("setup.pdf: Programs, installers")
  await strip(page).getByRole("button", { name: "Remove setup.pdf" }).click()
  await expect(page.locator('.composer-file[data-state="ready"]')).toHaveCount(1)
  await box(page).press("Enter")
  await expect(bubbles(page, "Once more")).toHaveAttribute("data-state", /sent|delivered/)
  expect(sent.map(({ message }) => message)).toEqual(["And that", "Once more"])
})

test("on a phone there is a camera, and the strip fits", async ({ page: seller, newPerson }) => {
  const page = await newPerson({ viewport: { width: 320, height: 700 }, hasTouch: true, isMobile: true })
  const { uploads } = await writer(seller, page)
  const button = page.getByRole("button", { name: "Attach photos or files" })
  // Pressed twice before what it leads to is loaded, it opens once.
  /** @type {(value?: unknown) => void} */
  let load = () => {}
  const gate = new Promise((resolve) => (load = resolve))
  await page.route("**/composer-files.js", (route) => gate.then(() => route.continue()))
  for (let press = 0; press < 2; press++) await button.tap()
  load()
  const menu = page.getByRole("group", { name: "Attach" })
  await expect(menu.getByRole("button")).toHaveText(["Take a photo", "Photos and files"])
  expect(await violations(page)).toEqual([])
  await menu.press("Escape")
  await expect(menu).toHaveCount(0)
  await expect(button).toBeFocused()
  await button.tap()
  const asked = page.waitForEvent("filechooser")
  await menu.getByRole("button", { name: "Take a photo" }).tap()
  const camera = await asked
  expect(
    await camera.element().evaluate((input) => [input.getAttribute("accept"), input.getAttribute("capture")]),
  ).toEqual(["image/*", "environment"])
  uploads.hold()
  await camera.setFiles(picture("photo.png", [90, 60, 160]))
  await button.tap()
  const more = page.waitForEvent("filechooser")
  await menu.getByRole("button", { name: "Photos and files" }).tap()
  const files = await more
  expect(files.isMultiple()).toBe(true)
  const wide = picture("wide.png", [20, 90, 160], 800, 200)
  await files.setFiles([pdf("a very long name of a document.pdf"), wide, pdf()])
  await expect(strip(page)).toHaveCount(4)
  for (const [width, colorScheme] of /** @type {const} */ ([
    [320, "light"],
    [390, "dark"],
  ])) {
    await page.setViewportSize({ width, height: 700 })
    await page.emulateMedia({ colorScheme })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    for (const part of [".composer-input", ".composer-send"])
      await expect(page.locator(part)).toBeInViewport({ ratio: 1 })
    expect(await violations(page)).toEqual([])
  }
  uploads.release()
  await expect(bars(page)).toHaveCount(0)
})
