// Pictures and files in messages: how they come, how a picture is looked at, and what is shown
// where one is not there.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, reconnected, register } from "./people.js"
import { picture } from "./pictures.js"
import { paper, share } from "./share.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const [red, green, blue] = [
  picture("red.png", [190, 60, 60], 800, 600),
  picture("green.png", [60, 150, 90], 600, 800),
  picture("blue.png", [60, 90, 190], 640, 480),
]

/** Two people at one conversation. */
async function two(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Camera with a strap")).id, "Is it still there?")
  for (const page of [seller, buyer]) {
    await page.goto(url)
    await connected(page)
  }
  return url
}

/** The pictures of a page that are drawn. */
const drawn = (/** @type {Page} */ page) =>
  page
    .locator(".pictures img")
    .evaluateAll((all) => all.filter((one) => one instanceof HTMLImageElement && one.naturalWidth > 0).length)

/** What a page has of attachments, whoever has drawn it. */
const markup = (/** @type {Page} */ page) =>
  page.locator(".pictures, .attachment").evaluateAll((all) => {
    const line = (/** @type {Element} */ node) =>
      [...node.attributes]
        .filter(({ name }) => name !== "loading" && name !== "tabindex")
        .map(({ name, value }) => `${name}=${value}`)
        .sort()
        .join(" ")
    const text = (/** @type {Element} */ node) => (node.childElementCount ? "" : (node.textContent ?? ""))
    return all.map((one) =>
      [one, ...one.querySelectorAll("*")].map((node) => `${node.localName} ${line(node)} ${text(node)}`),
    )
  })

test("two people send each other photos and a PDF", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  const entry = buyer.locator(".inbox-item", { hasText: "Camera with a strap" }).locator(".inbox-last bdi")
  await share(seller, url, [red, green, blue], "From all sides")
  const three = bubbles(buyer, "From all sides")
  await expect(three.locator('.pictures[data-count="3"] > a')).toHaveCount(3)
  await expect(entry).toHaveText("From all sides")
  await share(seller, url, [red, blue])
  const pair = bubbles(buyer).filter({ has: buyer.locator('.pictures[data-count="2"]') })
  await expect(pair.locator(".text")).toHaveCount(0)
  await expect(pair.locator(".bubble > .meta time")).toHaveText(/\d/)
  await expect(entry).toHaveText("2 photos")
  // To who listens it is said as to who looks, for ten seconds.
  await expect(buyer.locator("message-announcer")).toContainText("Meera: 2 photos")
  await expect.poll(() => drawn(buyer)).toBe(5)

  await share(buyer, url, [paper("Bill of 2023.pdf")])
  const file = seller.locator("a.attachment")
  await expect(file).toHaveText(/Bill of 2023\.pdf PDF · 1 KB/)
  const saved = seller.waitForEvent("download")
  await file.click()
  expect((await saved).suggestedFilename()).toBe("Bill of 2023.pdf")

  // What the script has drawn is what the server draws.
  await expect(buyer.locator("a.attachment")).toHaveCount(1)
  const live = await markup(buyer)
  expect(live).toHaveLength(3)
  await buyer.reload()
  await connected(buyer)
  expect(await markup(buyer)).toEqual(live)
  await expect.poll(() => drawn(buyer)).toBe(5)
  await expect(entry).toHaveText("Bill of 2023.pdf")
  expect(await violations(buyer)).toEqual([])

  // Words are copied where there are some, files saved where there are some.
  const offered = async (/** @type {import("@playwright/test").Locator} */ message) => {
    await message.locator(".bubble").focus()
    await buyer.keyboard.press("Enter")
    const items = await message.locator(".menu-item:visible").allTextContents()
    await buyer.keyboard.press("Escape")
    return items
  }
  expect(await offered(pair)).toEqual(["Reply", "Save", "Delete for me"])
  expect(await offered(three)).toEqual(["Reply", "Copy text", "Save", "Delete for me"])

  // An answer quotes what it answers, live and when it is loaded.
  await pair.locator(".bubble").focus()
  await buyer.keyboard.press("r")
  await expect(buyer.locator(".composer-reply .quote-text")).toHaveText("2 photos")
  await buyer.keyboard.type("Nice ones")
  await buyer.keyboard.press("Enter")
  await expect(bubbles(seller, "Nice ones").locator(".quote-text")).toHaveText("2 photos")

  // What is deleted for both is gone for both.
  const { attachments, message_id: id } = await share(seller, url, [green])
  const last = buyer.locator(`#m${id}`)
  await expect(last.locator(".pictures")).toHaveCount(1)
  await call(seller, "DELETE", `/api/v1/conversations/${url.match(/(\d+)\/$/)?.[1]}/messages/${id}`)
  await expect(last.locator(".text")).toContainText("This message was deleted")
  await expect(last.locator(".pictures")).toHaveCount(0)
  expect((await buyer.request.get(attachments[0].url)).status()).toBe(404)
})

test("a picture is looked at by mouse and by keys", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  await share(seller, url, [red, green])
  await share(buyer, url, [blue])
  const links = buyer.locator(".pictures > a")
  await expect(links).toHaveCount(3)
  await expect.poll(() => drawn(buyer)).toBe(3)
  const viewer = buyer.getByRole("dialog", { name: "Photos of this chat" })
  const image = viewer.locator("img")
  await links.first().click()
  await expect(viewer).toBeVisible()
  await expect(viewer).toContainText("Meera")
  await expect(viewer).toContainText("red.png")
  await expect(viewer.locator(".viewer-count")).toHaveText("1 / 3")
  await expect(image).toHaveAttribute("src", /\/attachments\/[a-z2-7]{26}$/)
  expect(await violations(buyer)).toEqual([])
  await expect(viewer.getByRole("button", { name: "Photo before" })).toBeHidden()
  await viewer.getByRole("button", { name: "Next photo" }).click()
  await expect(viewer.locator(".viewer-count")).toHaveText("2 / 3")
  await buyer.keyboard.press("ArrowRight")
  await expect(viewer).toContainText("You")
  await expect(viewer).toContainText("blue.png")
  await expect(viewer.getByRole("button", { name: "Next photo" })).toBeHidden()
  await buyer.keyboard.press("ArrowLeft")
  await expect(viewer.getByRole("status")).toHaveText("Photo 2 of 3: green.png")

  // Closer, aside, and back: by keys, by the wheel, by two clicks, by the button.
  const scale = () => image.evaluate((node) => new DOMMatrix(getComputedStyle(node).transform).a)
  const height = () => image.evaluate((node) => new DOMMatrix(getComputedStyle(node).transform).f)
  await buyer.keyboard.press("+")
  await buyer.keyboard.press("+")
  expect(await scale()).toBeCloseTo(2.25)
  await buyer.keyboard.press("ArrowDown")
  expect(await height()).toBeLessThan(0)
  await expect(viewer.locator(".viewer-count")).toHaveText("2 / 3")
  await buyer.keyboard.press("0")
  expect(await scale()).toBe(1)
  const middle = await viewer.locator(".viewer-stage").boundingBox()
  if (!middle) throw new Error("no stage")
  const [x, y] = [middle.x + middle.width / 2, middle.y + middle.height / 2]
  await buyer.mouse.move(x, y)
  await buyer.mouse.wheel(0, -300)
  await expect.poll(scale).toBeGreaterThan(1.1)
  // As fast as a hand, however slow the machine is.
  const cdp = await buyer.context().newCDPSession(buyer)
  const types = /** @type {const} */ (["mousePressed", "mouseReleased", "mousePressed", "mouseReleased"])
  const press = { x, y, button: /** @type {const} */ ("left"), clickCount: 1 }
  const from = Date.now() / 1_000
  for (const [i, type] of types.entries())
    await cdp.send("Input.dispatchMouseEvent", { ...press, type, timestamp: from + i / 20 })
  await expect.poll(scale).toBe(1)
  await viewer.getByRole("button", { name: "Enlarge" }).click()
  await expect(viewer.getByRole("button", { name: "Enlarge" })).toHaveAttribute("aria-pressed", "true")
  await buyer.mouse.move(x, y)
  await buyer.mouse.down()
  await buyer.mouse.move(x, y - 90, { steps: 3 })
  await buyer.mouse.up()
  expect(await height()).toBeLessThan(-50)

  // Escape closes it, and so does Back; the focus is where one was.
  await buyer.keyboard.press("Escape")
  await expect(viewer).toBeHidden()
  await expect(links.nth(1)).toBeFocused()
  await buyer.keyboard.press("Enter")
  await expect(viewer).toBeVisible()
  await expect(viewer.locator(".viewer-count")).toHaveText("2 / 3")
  // Who opens the next one as soon as it is closed is not taken back by what closed it.
  await viewer.evaluate((dialog) => {
    const first = /** @type {HTMLElement} */ (document.querySelector(".pictures > a"))
    dialog.addEventListener("close", () => first.click(), { once: true })
  })
  await buyer.keyboard.press("Escape")
  await expect(viewer.locator(".viewer-count")).toHaveText("1 / 3")
  await expect(viewer).toBeVisible()
  await buyer.goBack()
  await expect(viewer).toBeHidden()
  expect(buyer.url()).toContain(url)
  await expect(links.first()).toBeFocused()
})

test("a picture is looked at by finger, and a script is not needed to see it", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  const options = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true }
  const buyer = await newPerson(options)
  const url = await two(seller, buyer)
  await share(seller, url, [red, green])
  await expect.poll(() => drawn(buyer)).toBe(2)
  const viewer = buyer.getByRole("dialog", { name: "Photos of this chat" })
  await buyer.locator(".pictures > a").first().tap()
  await expect(viewer.locator(".viewer-count")).toHaveText("1 / 2")
  expect(await violations(buyer)).toEqual([])
  for (const button of await viewer.locator("[data-act]:visible").all())
    await expect(button).toBeInViewport({ ratio: 1 })
  const cdp = await buyer.context().newCDPSession(buyer)
  const fingers = (/** @type {string} */ type, /** @type {[number, number][]} */ ...points) =>
    cdp.send("Input.dispatchTouchEvent", {
      type: /** @type {"touchStart"} */ (type),
      touchPoints: points.map(([x, y], id) => ({ x, y, id })),
    })
  await fingers("touchStart", [250, 300])
  for (const x of [200, 150, 100]) await fingers("touchMove", [x, 305])
  await fingers("touchEnd")
  await expect(viewer.locator(".viewer-count")).toHaveText("2 / 2")
  const image = viewer.locator("img")
  const scale = () => image.evaluate((node) => new DOMMatrix(getComputedStyle(node).transform).a)
  await fingers("touchStart", [140, 300], [180, 300])
  for (const by of [20, 40, 60]) await fingers("touchMove", [140 - by, 300], [180 + by, 300])
  await fingers("touchEnd")
  await expect.poll(scale).toBeGreaterThan(2)
  await expect(viewer.locator(".viewer-count")).toHaveText("2 / 2")
  await viewer.getByRole("button", { name: "Close" }).tap()
  await expect(viewer).toBeHidden()

  // A browser's own page around a picture has a style, which the sandbox of files keeps out.
  problems.allow(/Applying inline style|Blocked script execution|status of 422/)
  const plain = await newPerson({ ...options, javaScriptEnabled: false })
  await plain.context().addCookies(await buyer.context().cookies())
  await plain.goto(url)
  await expect.poll(() => drawn(plain)).toBe(2)
  // Files go with the form, too; those that came are kept when another one was refused.
  const empty = { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.from("") }
  await plain.getByLabel("Photos or files").setInputFiles([empty, blue])
  await plain.getByRole("button", { name: "Send" }).click()
  await expect(plain.getByRole("alert")).toHaveText(/empty/)
  await expect(plain.getByRole("checkbox", { name: "blue.png" })).toBeChecked()
  await plain.getByLabel("Photos or files").setInputFiles([paper("Bill.pdf")])
  await plain.getByRole("button", { name: "Send" }).click()
  await expect(plain.locator(".attachment-name")).toHaveText("Bill.pdf")
  for (const page of [plain, seller]) await expect.poll(() => drawn(page)).toBe(3)
  await expect(seller.locator(".attachment-name")).toHaveText("Bill.pdf")
  await plain.goto(url)
  await plain.locator(".pictures > a").first().click()
  await expect(plain).toHaveURL(/\/attachments\/[a-z2-7]{26}$/)
})

test("a picture that comes late moves nothing, nor one that was on its way, and one that is gone says so", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/404|net::ERR_FAILED/)
  const buyer = await newPerson({ viewport: { width: 390, height: 844 } })
  const url = await two(seller, buyer)
  const { attachments } = await share(seller, url, [red, green])
  await share(seller, url, [blue], "And the last one")
  const path = (/** @type {number} */ n) => attachments[n].url
  // Of the three the first is not there any more, the second comes when this test lets it.
  let free = () => {}
  const held = new Promise((resolve) => (free = () => resolve(undefined)))
  await buyer.route(`**${path(0)}**`, (route) => route.fulfill({ status: 404, body: "gone" }))
  await buyer.route(`**${path(1)}/thumb`, async (route) => {
    await held
    await route.fallback()
  })
  await buyer.goto(url)
  await connected(buyer)
  const gone = buyer.locator(".pictures > a").first()
  await expect(gone).toHaveText("This photo is not there any more")
  await expect.poll(() => drawn(buyer)).toBe(1)
  const place = () => bubbles(buyer, "And the last one").boundingBox()
  const [before, square] = [await place(), await gone.boundingBox()]
  expect(square?.height).toBeCloseTo(square?.width ?? 0, 0)
  free()
  await expect.poll(() => drawn(buyer)).toBe(2)
  expect(await place()).toEqual(before)

  // The viewer passes it by, and says the same of one that goes while one looks.
  await buyer.route(`**${path(1)}`, (route) => route.fulfill({ status: 404, body: "gone" }))
  await buyer.locator(".pictures > a").nth(1).click()
  const viewer = buyer.getByRole("dialog", { name: "Photos of this chat" })
  await expect(viewer.locator(".viewer-count")).toHaveText("1 / 2")
  await expect(viewer.locator(".viewer-gone")).toHaveText("This photo is not there any more")
  await buyer.keyboard.press("ArrowRight")
  await expect(viewer.locator(".viewer-gone")).toBeHidden()
  await expect(viewer.locator("img")).toHaveAttribute("alt", "Photo: blue.png")

  // What is on its way stays in its place when it has come.
  await buyer.keyboard.press("Escape")
  const { attachments: own, message_id: id } = await share(seller, url, [red], "Here it is")
  const whole = bubbles(buyer, "Here it is").locator(".pictures img")
  await expect(whole).not.toHaveJSProperty("naturalWidth", 0)
  // The module that draws bubbles is given what the outbox gives it.
  const steps = await buyer.evaluate(
    async ({ attachment, id }) => {
      const script = document.querySelector('script[src$="/chat.js"]')?.getAttribute("src") ?? ""
      const { updateAttachments } = await import(script.replace("chat.js", "attachments.js"))
      const bubble = document.querySelector(`#m${id} .bubble`)
      const image = bubble?.querySelector("img")
      if (!(bubble instanceof HTMLElement) || !image) throw new Error("no picture")
      const blob = await (await fetch(attachment.url)).blob()
      const local = { ...attachment, id: "job", url: URL.createObjectURL(blob), thumb_url: undefined }
      const look = () => ({
        src: image.src.replace(/:.*/, ""),
        same: bubble.querySelector("img") === image,
        height: Math.round(bubble.getBoundingClientRect().height),
        dim: bubble.querySelector(".pictures")?.getAttribute("data-state"),
        sent: bubble.querySelector("progress")?.position,
        cancel: bubble.querySelector('[data-act="discard"]')?.textContent,
      })
      const draw = (/** @type {object} */ one, state = "sending") =>
        updateAttachments(bubble, { attachments: [one], state })
      const drawnOf = async (/** @type {string} */ begins) => {
        while (!image.src.startsWith(begins) || !image.complete) await new Promise(requestAnimationFrame)
      }
      draw({ ...local, job: { state: "sending", sent: attachment.size / 4 } })
      await drawnOf("blob:")
      const sending = look()
      draw({ ...local, job: { state: "failed", sent: 0 } }, "failed")
      const failed = look()
      draw({ ...local, job: { state: "ready", sent: attachment.size } })
      const ready = look()
      draw(attachment, "sent")
      const sent = look()
      await drawnOf("http")
      return { sending, failed, ready, sent, shown: look() }
    },
    { attachment: own[0], id },
  )
  const still = { same: true, height: steps.ready.height, dim: null, sent: undefined, cancel: undefined }
  expect(steps.sending).toMatchObject({ src: "blob", same: true, dim: "sending", sent: 0.25, cancel: "Cancel" })
  expect(steps.failed).toEqual({ ...still, src: "blob" })
  expect(steps.ready).toEqual({ ...still, src: "blob" })
  // Until the server's can be drawn the one that was chosen stays.
  expect(steps.sent).toEqual({ ...still, src: "blob" })
  expect(steps.shown).toEqual({ ...still, src: "http" })
})

test("a photo that did not come is asked for again by a press, and with the next line", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  problems.allow(/ERR_FAILED/)
  const buyer = await newPerson()
  const url = await two(seller, buyer)
  let broken = true
  let free = () => {}
  let held = Promise.resolve()
  await buyer.route("**/thumb", async (route) => {
    if (route.request().method() === "HEAD") await held
    else if (broken) return route.abort()
    await route.continue()
  })
  await share(seller, url, [red])
  const photos = buyer.locator(".pictures > a")
  await expect(photos).toHaveText("This photo could not be loaded")
  broken = false
  await photos.click()
  await expect.poll(() => drawn(buyer)).toBe(1)
  await expect(buyer.getByRole("dialog", { name: "Photos of this chat" })).toBeHidden()

  // The line is back before it is known why the next one failed.
  broken = true
  held = new Promise((resolve) => (free = resolve))
  const asked = buyer.waitForRequest((request) => request.method() === "HEAD")
  await share(seller, url, [green])
  await asked
  broken = false
  await buyer.evaluate(() => dispatchEvent(new Event("offline")))
  await reconnected(buyer)
  await expect.poll(() => drawn(buyer)).toBe(2)
  const known = buyer.waitForResponse((answer) => answer.request().method() === "HEAD")
  free()
  await known
  await photos.last().click()
  await expect(buyer.getByRole("dialog", { name: "Photos of this chat" })).toBeVisible()
})
