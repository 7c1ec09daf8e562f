// Voice messages: recorded with Chromium's microphone that beeps, and played.

import { violations } from "./axe.js"
import { ask, bubbles, call, connected, offer, register } from "./people.js"
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

// What records is loaded first, and a machine that is busy records more than one wanted.
const begun = { timeout: 15_000 }
const played = { timeout: 40_000 }
const spoken = /0:(0[1-9]|[1-5]\d)/

/** Speaks for a moment, which the recorder takes for a second. */
async function record(/** @type {Page} */ page) {
  await microphone(page).click()
  await expect(page.locator(".recorder-time")).toHaveText(spoken, begun)
}

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
  await expect(time).toHaveText(spoken, begun)
  await expect(box).toBeHidden()
  await expect(strip(buyer).locator("..").getByRole("status")).toHaveText("Recording")
  const heights = () =>
    strip(buyer)
      .locator(".wave rect")
      .evaluateAll((all) => Math.max(...all.map((rect) => Number(rect.getAttribute("height")))))
  await expect.poll(heights, { message: "it beeps" }).toBeGreaterThan(20)
  expect(await buyer.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await violations(buyer)).toEqual([])

  // From here on it needs no line.
  problems.allow(/ERR_INTERNET_DISCONNECTED/)
  await buyer.context().setOffline(true)
  await button(buyer, "Pause").press("Enter")
  await expect(button(buyer, "Go on recording")).toBeFocused()
  await buyer.keyboard.press("Enter")
  await expect(time).toHaveText(/0:(0[2-9]|[1-5]\d)/)
  await button(buyer, "Stop and listen").press("Enter")
  await expect(button(buyer, "Send the recording")).toBeFocused()
  expect((await seen(buyer)).on, "microphones that are on").toBe(0)
  await button(buyer, "Play voice message").click()
  await expect(button(buyer, "Pause voice message")).toBeVisible()
  await expect(button(buyer, "Play voice message"), "it has come to its end").toBeVisible(played)
  expect(await violations(buyer)).toEqual([])

  // Escape asks, and a second one takes it back.
  await buyer.keyboard.press("Escape")
  await expect(button(buyer, "Keep it")).toBeFocused()
  await buyer.keyboard.press("Escape")
  await button(buyer, "Send the recording").click()
  await expect(box).toBeVisible()
  await expect(strip(buyer)).toHaveCount(0)
  const last = buyer.locator(".message").last()
  await expect(last).toHaveAttribute("data-state", "waiting")
  await expect(last.getByRole("button", { name: /Play voice message, 0:(0[2-9]|[1-5]\d)/ })).toBeVisible()
  await buyer.context().setOffline(false)
  const [voice, ...others] = (await seen(buyer)).attached
  expect(others).toEqual([])
  expect(voice).toMatchObject({ send: true, kind: "voice", count: 1, name: "voice-message.webm", type: "audio/webm" })
  expect(voice.size).toBeGreaterThan(2_000)
  expect(voice.duration_ms).toBeGreaterThan(1_400)
  expect(voice.waveform).toHaveLength(48)
  expect(Math.max(...voice.waveform)).toBe(100)
  await expect(last).toHaveAttribute("data-state", "sent")

  // What is discarded is gone, and the microphone off.
  await microphone(buyer).click()
  await expect(time).toHaveText(spoken, begun)
  await button(buyer, "Discard").click()
  await expect(strip(buyer)).toContainText("Discard it?")
  await button(buyer, "Discard").click()
  await expect(box).toBeVisible()
  expect(await seen(buyer)).toMatchObject({ on: 0, attached: [{}] })

  // It ends by itself, and nothing of it is lost, even if a message is edited meanwhile.
  await buyer.locator("swapnest-chat").evaluate((chat) => (chat.dataset.voiceMs = "1500"))
  await microphone(buyer).click()
  await expect(buyer.getByText("That is all that fits: 2 seconds.").first()).toBeVisible(begun)
  await bubbles(buyer, "Does it sound well?").locator(".bubble").press("e")
  await button(buyer, "Send the recording").click()
  await expect(buyer.locator(".message voice-note")).toHaveCount(2)
  await expect(box).toHaveValue("Does it sound well?")
  await box.press("Escape")
  // Nor is anything lost by a microphone that goes.
  await buyer.locator("swapnest-chat").evaluate((chat) => delete chat.dataset.voiceMs)
  await microphone(buyer).click()
  await expect(time).toHaveText(spoken, begun)
  await buyer.evaluate(() => {
    const [track] = /** @type {any} */ (globalThis).seen.streams.at(-1).getTracks()
    track.stop()
    track.dispatchEvent(new Event("ended"))
  })
  await expect(buyer.getByText("The microphone was taken away.").first()).toBeVisible()
  await button(buyer, "Send the recording").click()
  await expect(buyer.locator(".message voice-note")).toHaveCount(3)
  await expect(last).toHaveAttribute("data-state", "sent")
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
  await expect(buyer.locator(".recorder-time")).toHaveText(spoken, begun)
  await expect(alert).toHaveCount(0)
  await button(buyer, "Discard").click()
  await button(buyer, "Discard").click()

  await buyer.addInitScript(() => Reflect.deleteProperty(globalThis, "MediaRecorder"))
  await buyer.goto(url)
  await connected(buyer)
  await microphone(buyer).click()
  await expect(alert).toContainText("This browser cannot record.")
})

/** Notes what begins and ends to sound on a page: "play 0" of the first of its voice messages. */
async function hear(/** @type {Page} */ page) {
  await page.evaluate(() => {
    /** @type {string[]} */
    const heard = []
    Object.assign(globalThis, { heard })
    for (const what of ["play", "ended"])
      document.addEventListener(
        what,
        // Once the page has done with it.
        ({ target }) =>
          setTimeout(() => {
            const all = [...document.querySelectorAll("ol audio")]
            const on = all.filter((one) => one instanceof HTMLAudioElement && !one.paused).length
            heard.push(`${what} ${all.indexOf(/** @type {Element} */ (target))}${on > 1 ? " with another one" : ""}`)
          }),
        { capture: true },
      )
  })
  return () => page.evaluate(() => /** @type {any} */ (globalThis).heard)
}

/** The markup of a page's voice messages, whoever has drawn it. */
const markup = (/** @type {Page} */ page) =>
  page
    .locator("voice-note")
    .evaluateAll((all) =>
      all.map((one) =>
        new XMLSerializer().serializeToString(one).replaceAll(/ (tabindex="-?\d"|preload="none"|controls="")/g, ""),
      ),
    )

test("two people talk by voice: live, one after the other, from any place, and when it is loaded again", async ({
  page: listener,
  newPerson,
  problems,
}) => {
  test.slow() // So does this, and listens.
  const speaker = await newPerson({ viewport: { width: 360, height: 740 }, permissions: ["microphone"] })
  const url = await talk(listener, speaker)
  await listener.goto(url)
  await connected(listener)
  const entry = (/** @type {Page} */ page) => page.locator(".inbox-item .inbox-last bdi").first()
  /** @type {string[]} */
  const fetched = []
  for (const page of [listener, speaker])
    page.on("request", (request) => {
      if (/\/attachments\/[a-z2-7]{26}$/.test(request.url())) fetched.push(new URL(request.url()).pathname)
    })

  // The first one is refused, and goes when it is tried again. Until it is there it stands where it will.
  problems.allow(/status of 415/)
  let release = () => {}
  const held = new Promise((resolve) => (release = () => resolve(undefined)))
  let asked = 0
  await speaker.route("**/api/v1/uploads/*", async (route) => {
    if (route.request().method() !== "PATCH") return route.fallback()
    if (++asked === 1) return route.fulfill({ status: 415, json: { code: "unsupported_media", detail: "Not today." } })
    await held
    return route.fallback()
  })
  await record(speaker)
  await button(speaker, "Send the recording").click()
  const own = speaker.locator(".message").last()
  await expect(own).toContainText("Not sent. Not today.")
  await expect(own.getByRole("button", { name: "Play voice message" })).toBeVisible()
  await own.getByRole("button", { name: "Retry" }).click()
  await expect(own.getByRole("progressbar", { name: "Sent so far" })).toBeVisible()
  await expect(own.getByRole("button", { name: "Cancel" })).toBeInViewport({ ratio: 1 })
  expect(await violations(speaker)).toEqual([])
  const box = () => own.locator(".bubble").boundingBox()
  const before = await box()
  const player = await own.locator("voice-note").elementHandle()
  release()
  await expect(own).toHaveAttribute("data-state", /delivered|read/)
  expect(await box()).toEqual(before)
  expect(await player?.evaluate((node) => node.isConnected), "what plays goes on").toBe(true)

  // It is there at once for who reads, and is played to its end, with what follows it.
  const note = (/** @type {number} */ i) => listener.locator("voice-note").nth(i)
  const play = (/** @type {number} */ i) => note(i).getByRole("button", { name: /Play|Pause/ })
  await expect(play(0)).toBeEnabled()
  const length = (await play(0).textContent())?.slice(-4) ?? ""
  expect(length).toMatch(spoken)
  await expect(entry(listener)).toHaveText(`Voice message, ${length}`)
  await expect(listener.locator("message-announcer")).toContainText(`Aarav: Voice message, ${length}`)
  await record(speaker)
  await button(speaker, "Send the recording").click()
  await expect(play(1)).toBeEnabled()
  const heard = await hear(listener)
  await play(0).click()
  await expect.poll(heard, played).toEqual(["play 0", "ended 0", "play 1", "ended 1"])
  const heardByOneself = await hear(speaker)
  await speaker.locator("ol voice-note").first().getByRole("button", { name: "Play" }).click()
  await expect.poll(heardByOneself).toContain("play 0")
  const { messages } = await call(listener, "GET", `/api/v1/conversations/${url.match(/(\d+)\/$/)?.[1]}/messages`)
  const sent = messages.flatMap((/** @type {any} */ { attachments = [] }) => attachments)
  // Who has recorded it has it, and nobody gets it twice.
  expect(fetched).toEqual(sent.map((/** @type {{ url: string }} */ one) => one.url))

  // Nothing in it says by what it was made, and nobody else gets it.
  const got = await listener.request.get(sent[0].url)
  expect(got.headers()["content-type"]).toBe(sent[0].type)
  expect((await got.body()).length).toBe(sent[0].size)
  expect((await got.body()).includes("Chrome")).toBe(false)
  const stranger = await newPerson()
  expect((await stranger.request.get(sent[0].url)).status()).toBe(404)
  await register(stranger, "Kabir")
  expect((await stranger.request.get(sent[0].url)).status()).toBe(404)

  // Loaded again it is the same, and styled before any script runs.
  const live = await markup(listener)
  const [head] = (await (await listener.request.get(url)).text()).split("</head>")
  expect(head).toMatch(/<link rel="stylesheet" href="[^"]+\/voice\.css">/)
  problems.allow(/404/)
  await listener.route(`**${sent[1].url}`, (route) => route.fulfill({ status: 404 }))
  await listener.reload()
  await connected(listener)
  await expect(play(1)).toBeEnabled()
  await note(0).scrollIntoViewIfNeeded()
  expect(live).toHaveLength(2)
  expect(await markup(listener)).toEqual(live)
  await expect(entry(listener)).toHaveText(/^Voice message, 0:(0[1-9]|[1-5]\d)$/)
  expect(await violations(listener)).toEqual([])
  const speed = (/** @type {number} */ i) => note(i).getByRole("button", { name: "speed" })
  await speed(0).click()
  await expect(speed(1)).toHaveText("1.5× speed")
  await speed(1).click()
  await expect(speed(0)).toHaveText("2× speed")
  await speed(1).click()
  await expect(speed(0)).toHaveText("1× speed")

  // From the middle on, by pointer and by keys; the next one is not there any more, and says so.
  const slider = note(0).getByRole("slider", { name: "Position" })
  const room = await slider.boundingBox()
  if (!room) throw new Error("there is no slider")
  // Five seconds at a time.
  for (let at = 0; at <= Number(length.slice(2)); at += 5) await slider.press("ArrowRight")
  await expect(slider).toHaveAttribute("aria-valuetext", `${length} of ${length}`)
  await expect(note(0).locator(".played")).toHaveCount(48)
  await slider.press("Home")
  await expect(note(0).locator(".played")).toHaveCount(0)
  await slider.click({ position: { x: room.width / 2, y: room.height / 2 } })
  await expect(note(0).locator(".played")).toHaveCount(24)
  const again = await hear(listener)
  await slider.press("Enter")
  await expect.poll(again, played).toEqual(["play 0", "ended 0", "play 1"])
  await expect(note(1).getByRole("status")).toHaveText("This recording is not there any more.")
  await expect(play(1)).toHaveAccessibleName(/^Play/)

  // One plays at a time.
  await listener.unroute(`**${sent[1].url}`)
  await play(1).click()
  await play(0).click()
  await expect(play(1)).toHaveAccessibleName(/^Play/)
  expect((await again()).join()).not.toContain("with")

  // Without a script the browser's own player is there; who was away reads of it in the notices.
  const plain = await newPerson({ javaScriptEnabled: false })
  await plain.context().addCookies(await listener.context().cookies())
  await listener.goto("/notifications/")
  await record(speaker)
  await button(speaker, "Send the recording").click()
  await expect(speaker.locator(".message voice-note")).toHaveCount(3)
  await expect(own).toHaveAttribute("data-state", /sent|delivered|read/)
  await expect(listener.locator(".notification").first()).toContainText(/sent a voice message/i)
  await plain.goto(url)
  await expect(plain.locator("voice-note > audio")).toHaveCount(3)
  await expect(plain.locator("voice-note > audio[controls]").last()).toBeVisible()
  await expect(plain.locator("voice-note > button").last()).toBeHidden()
})
