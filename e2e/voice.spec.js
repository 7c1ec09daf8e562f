// Voice messages: recorded with Chromium's microphone that beeps, and played.

import { readFile } from "node:fs/promises"
import { violations } from "./axe.js"
import { ask, connected, offer, register } from "./people.js"
import config from "./playwright.config.js"
import { expect, test } from "./test.js"

/** @typedef {import("@playwright/test").Page} Page */

const launch = config.use?.launchOptions
test.use({ launchOptions: { ...launch, args: [...(launch?.args ?? []), "--use-fake-device-for-media-stream"] } })

/** Two people who talk; the page is the buyer's, at the conversation. */
async function talk(/** @type {Page} */ seller, /** @type {Page} */ buyer) {
  await register(seller, "Meera")
  await register(buyer, "Aarav")
  const url = await ask(buyer, (await offer(seller, "Guitar")).id, "Does it sound well?")
  // What the microphone was asked for, and what was handed over.
  await buyer.addInitScript(() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    const seen = { streams: /** @type {MediaStream[]} */ ([]), attached: /** @type {any[]} */ ([]), refuse: "" }
    Object.assign(globalThis, { seen })
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      if (seen.refuse) throw new DOMException("", seen.refuse)
      const stream = await real(wanted)
      seen.streams.push(stream)
      return stream
    }
    document.addEventListener("attach", (event) => seen.attached.push(/** @type {CustomEvent} */ (event).detail))
  })
  await buyer.goto(url)
  await connected(buyer)
  return url
}

const microphone = (/** @type {Page} */ page) => page.getByRole("button", { name: "Record a voice message" })
const strip = (/** @type {Page} */ page) => page.getByRole("group", { name: "Voice message" })
const button = (/** @type {Page} */ page, /** @type {string} */ name) => strip(page).getByRole("button", { name })

/** How many microphones are on, and what was handed over. */
const seen = (/** @type {Page} */ page) =>
  page.evaluate(() => {
    const { streams, attached } = /** @type {any} */ (globalThis).seen
    const on = streams.flatMap((/** @type {MediaStream} */ stream) => stream.getTracks())
    return {
      on: on.filter((/** @type {MediaStreamTrack} */ track) => track.readyState === "live").length,
      attached: attached.map((/** @type {any} */ { files, send }) => {
        const [{ file, kind, duration_ms, waveform }] = files
        return {
          send,
          kind,
          duration_ms,
          waveform,
          count: files.length,
          name: file.name,
          type: file.type,
          size: file.size,
        }
      }),
    }
  })

test("one records, breaks off, listens and sends, or discards, by keyboard as well", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  test.slow() // It records as fast as one speaks.
  const buyer = await newPerson({ viewport: { width: 320, height: 568 }, permissions: ["microphone"] })
  await talk(seller, buyer)
  const box = buyer.getByRole("textbox", { name: "Message" })
  await box.fill("Who writes does not speak")
  await expect(microphone(buyer)).toBeHidden()
  await box.fill("")

  await microphone(buyer).press("Enter")
  const time = buyer.locator(".recorder-time")
  await expect(time).toHaveText(/0:0[1-9]/)
  await expect(box).toBeHidden()
  await expect(strip(buyer).locator("..").getByRole("status")).toHaveText("Recording")
  const heights = () =>
    strip(buyer)
      .locator(".wave rect")
      .evaluateAll((all) => Math.max(...all.map((rect) => Number(rect.getAttribute("height")))))
  await expect.poll(heights, { message: "it beeps" }).toBeGreaterThan(20)
  expect(await buyer.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await violations(buyer)).toEqual([])

  await button(buyer, "Pause").press("Enter")
  await expect(button(buyer, "Go on recording")).toBeFocused()
  await buyer.keyboard.press("Enter")
  await expect(time).toHaveText(/0:0[3-9]|0:1/)
  await button(buyer, "Stop and listen").press("Enter")
  await expect(button(buyer, "Send the recording")).toBeFocused()
  expect((await seen(buyer)).on, "microphones that are on").toBe(0)
  await button(buyer, "Play voice message").click()
  await expect(button(buyer, "Pause voice message")).toBeVisible()
  await expect(button(buyer, "Play voice message"), "it has come to its end").toBeVisible({ timeout: 10_000 })
  expect(await violations(buyer)).toEqual([])

  // Escape asks, and a second one takes it back.
  await buyer.keyboard.press("Escape")
  await expect(button(buyer, "Keep it")).toBeFocused()
  await buyer.keyboard.press("Escape")
  await button(buyer, "Send the recording").click()
  await expect(box).toBeVisible()
  await expect(strip(buyer)).toHaveCount(0)
  const [voice, ...others] = (await seen(buyer)).attached
  expect(others).toEqual([])
  expect(voice).toMatchObject({ send: true, kind: "voice", count: 1, name: "voice-message.webm", type: "audio/webm" })
  expect(voice.size).toBeGreaterThan(2_000)
  expect(voice.duration_ms).toBeGreaterThan(2_400)
  expect(voice.waveform).toHaveLength(48)
  expect(Math.max(...voice.waveform)).toBe(100)

  // What is discarded is gone, and the microphone off.
  await microphone(buyer).click()
  await expect(time).toHaveText(/0:0[1-9]/)
  await button(buyer, "Discard").click()
  await expect(strip(buyer)).toContainText("Discard it?")
  await button(buyer, "Discard").click()
  await expect(box).toBeVisible()
  expect(await seen(buyer)).toMatchObject({ on: 0, attached: [{}] })

  // It ends by itself, and nothing of it is lost; nor is it by a microphone that goes.
  await buyer.locator("swapnest-chat").evaluate((chat) => (chat.dataset.voiceMs = "1500"))
  await microphone(buyer).click()
  await expect(buyer.getByText("That is all that fits: 2 seconds.").first()).toBeVisible()
  await button(buyer, "Send the recording").click()
  await expect.poll(async () => (await seen(buyer)).attached.length).toBe(2)
  // It needs no line.
  await buyer.locator("swapnest-chat").evaluate((chat) => delete chat.dataset.voiceMs)
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  await buyer.context().setOffline(true)
  await microphone(buyer).click()
  await expect(time).toHaveText(/0:0[1-9]/)
  await buyer.evaluate(() => {
    const [track] = /** @type {any} */ (globalThis).seen.streams.at(-1).getTracks()
    track.stop()
    track.dispatchEvent(new Event("ended"))
  })
  await expect(buyer.getByText("The microphone was taken away.").first()).toBeVisible()
  await button(buyer, "Send the recording").click()
  await expect.poll(async () => (await seen(buyer)).attached.length).toBe(3)
  await expect(box).toBeVisible()
})

test("where nothing can be recorded it is said why, and what one does", async ({ page: seller, newPerson }) => {
  const buyer = await newPerson()
  const url = await talk(seller, buyer)
  const alert = buyer.locator(".recorder-fault")
  // Nobody has allowed it.
  await microphone(buyer).click()
  await expect(alert).toContainText("The microphone is not allowed.")
  await expect(buyer.getByRole("textbox", { name: "Message" })).toBeVisible()
  expect(await violations(buyer)).toEqual([])
  for (const [name, words] of [
    ["NotFoundError", "There is no microphone. Connect one"],
    ["NotReadableError", "Close other programs that use it"],
    ["TypeError", "The recording did not start."],
  ]) {
    await buyer.evaluate((refuse) => Object.assign(/** @type {any} */ (globalThis).seen, { refuse }), name)
    await microphone(buyer).click()
    await expect(alert).toContainText(words)
  }
  await expect(alert).toHaveCount(1)
  // The next time it works, it is forgotten.
  await buyer.context().grantPermissions(["microphone"])
  await buyer.evaluate(() => Object.assign(/** @type {any} */ (globalThis).seen, { refuse: "" }))
  await microphone(buyer).click()
  await expect(buyer.locator(".recorder-time")).toHaveText(/0:0[1-9]/)
  await expect(alert).toHaveCount(0)
  await button(buyer, "Discard").click()
  await button(buyer, "Discard").click()

  await buyer.addInitScript(() => Reflect.deleteProperty(globalThis, "MediaRecorder"))
  await buyer.goto(url)
  await connected(buyer)
  await microphone(buyer).click()
  await expect(alert).toContainText("This browser cannot record.")
})

test("voice messages are played, one at a time, at any speed and from any place", async ({
  page: seller,
  newPerson,
  problems,
}) => {
  const buyer = await newPerson({ viewport: { width: 360, height: 740 } })
  const url = await talk(seller, buyer)
  const cases = JSON.parse(await readFile(new URL("../internal/http/web/testdata/voice.json", import.meta.url), "utf8"))
  const sound = await readFile(new URL("../internal/voice/testdata/tags.ogg", import.meta.url))
  await buyer.route("**/attachments/*", async (route) => {
    if (route.request().url().endsWith("third")) await route.fulfill({ status: 404 })
    else await route.fulfill({ contentType: "audio/ogg", body: sound })
  })
  // Voice messages as the server draws them, at the end of its page.
  await buyer.route("**/drawn", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: cases
        .map(
          (/** @type {{ html: string }} */ { html }, /** @type {number} */ i) =>
            `<li class="message" id="v${i}" data-side="${i === 1 ? "mine" : "theirs"}" data-run="only"><div class="bubble" tabindex="0" data-kind="voice">${html}</div></li>`,
        )
        .join(""),
    }),
  )
  await buyer.goto(url)
  await connected(buyer)
  await buyer.evaluate(async () => {
    const ask = new XMLHttpRequest()
    ask.open("GET", "/drawn")
    ask.responseType = "document"
    await new Promise((resolve) => ((ask.onload = resolve), ask.send()))
    document.querySelector("message-list ol")?.append(...ask.response.body.children)
    const script = [...document.querySelectorAll("script")].find(({ src }) => src.endsWith("/js/chat.js"))
    await (await import(new URL("view/voice.js", script?.src).href)).loadVoice()
  })
  const note = (/** @type {number} */ i) => buyer.locator(`#v${i} voice-note`)
  const play = (/** @type {number} */ i) => note(i).getByRole("button", { name: /Play|Pause/ })
  await expect(play(0)).toBeEnabled()
  await expect(note(0).locator("audio")).toBeHidden()

  // The script draws what the server draws.
  for (const [i, voice] of cases.entries()) {
    const [server, script] = await note(i).evaluate(async (old, { url, duration_ms, waveform }) => {
      const script = [...document.querySelectorAll("script")].find(({ src }) => src.endsWith("/js/chat.js"))
      const { drawVoice } = await import(new URL("view/voice.js", script?.src).href)
      const drawn = drawVoice({ url, duration_ms, waveform })
      old.parentElement?.append(drawn)
      const both = [old, drawn].map((one) => new XMLSerializer().serializeToString(one))
      drawn.remove()
      return both
    }, voice)
    expect(script).toBe(server)
  }

  expect(await violations(buyer)).toEqual([])
  const speed = (/** @type {number} */ i) => note(i).getByRole("button", { name: "speed" })
  await speed(0).click()
  await expect(speed(1)).toHaveText("1.5× speed")
  await speed(1).click()
  await speed(1).click()
  await expect(speed(0)).toHaveText("1× speed")

  // From the middle on, by pointer and by keys.
  const slider = note(0).getByRole("slider", { name: "Position" })
  const room = await slider.boundingBox()
  if (!room) throw new Error("there is no slider")
  await slider.click({ position: { x: room.width / 2, y: room.height / 2 } })
  await expect(slider).toHaveAttribute("aria-valuetext", "0:01 of 0:02")
  await expect(note(0).locator(".played")).toHaveCount(24)
  await slider.press("Home")
  await expect(slider).toHaveAttribute("aria-valuetext", "0:00 of 0:02")
  await slider.press("ArrowRight")
  await expect(slider).toHaveAttribute("aria-valuetext", "0:02 of 0:02")
  await slider.press("Home")

  // The first one plays, the second one interrupts it, plays on by itself, and the third is not there.
  problems.allow(/404/)
  await play(0).click()
  await expect(play(0)).toHaveAccessibleName("Pause voice message, 0:02")
  await play(1).click()
  await expect(play(0)).toHaveAccessibleName("Play voice message, 0:02")
  await expect(play(1)).toHaveAccessibleName("Pause voice message, 1:00")
  await expect(note(2).getByRole("status")).toHaveText("This recording is not there any more.")
  await expect(play(1)).toHaveAccessibleName("Play voice message, 1:00")
})
