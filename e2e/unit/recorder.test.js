// A recording from the microphone to the message: its stages, its end, and what goes wrong.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Recorder } from "../../internal/http/web/static/js/lib/recorder.js"

/** A microphone whose time the test moves. */
class FakeMicrophone {
  elapsed = 0
  paused = false
  levels = []
  given = ""
  part = () => {}
  lost = () => {}
  /** Runs when stop is called, before it answers. */
  meanwhile = () => {}
  onPart = (run) => (this.part = run)
  onLost = (run) => (this.lost = run)
  pause = () => (this.paused = true)
  resume = () => (this.paused = false)
  drop = () => (this.given = "dropped")
  level() {
    this.levels.push(50)
    return 50
  }
  async stop() {
    this.given = "stopped"
    this.meanwhile()
    return new Blob(["sound"], { type: "audio/webm" })
  }
  /** @param {number} ms of speech */
  hear(ms) {
    this.elapsed += ms
    this.part()
  }
}

/** A recorder, what it told the page, and its microphone, which is on. */
function start(t, most = 60_000) {
  const told = []
  const page = {
    show: (stage, voice) => told.push(voice ? `${stage} ${voice.duration_ms}` : stage),
    say: (words) => words && told.push(`"${words}"`),
    meter: () => {},
    over: (word, fault) => told.push(`over "${word}" "${fault}"`),
    send: (voice) => told.push(`send ${voice.kind} ${voice.duration_ms} ${voice.file.name} ${voice.waveform.length}`),
  }
  const recorder = new Recorder(most, page)
  const microphone = new FakeMicrophone()
  recorder.begin(microphone)
  t.after(() => recorder.end())
  /** What was told since one last looked. */
  const news = () => told.splice(0)
  assert.deepEqual(news(), ["recording", '"Recording"'])
  return { recorder, microphone, news }
}

test("one breaks off, goes on, listens and sends", async (t) => {
  const { recorder, microphone, news } = start(t)
  microphone.hear(900)
  await recorder.do("pause")
  assert.deepEqual([news(), microphone.paused], [["paused", '"Paused"'], true])
  await recorder.do("resume")
  microphone.hear(400)
  assert.deepEqual([news(), microphone.paused], [["recording", '"Recording"'], false])
  await recorder.do("stop")
  assert.deepEqual(news(), ["stopped 1300", '"Stopped. Listen to it, or send it."'])
  assert.equal(microphone.given, "stopped")
  await recorder.do("send")
  assert.deepEqual(news(), ['over "" ""', "send voice 1300 voice-message.webm 48"])
  assert.equal(recorder.over, true)
})

test("what is to be discarded is asked about, and goes on as it was when it is kept", async (t) => {
  const { recorder, microphone, news } = start(t)
  microphone.hear(900)
  recorder.escape()
  assert.deepEqual([news(), microphone.paused], [["sure", '"Discard it?"'], true])
  recorder.escape()
  assert.deepEqual([news(), microphone.paused], [["recording", '"Recording"'], false])
  for (const [what, stage] of [
    ["pause", "paused"],
    ["stop", "stopped 900"],
  ]) {
    await recorder.do(what)
    await recorder.do("discard")
    news()
    await recorder.do("keep")
    assert.deepEqual(news(), [stage])
  }
  await recorder.do("discard")
  await recorder.do("drop")
  assert.deepEqual(news().slice(-1), ['over "Discarded" ""'])
  await recorder.do("send")
  assert.deepEqual(news(), [])
})

test("a slip of a finger is no recording, and is discarded without a question", async (t) => {
  const sent = start(t)
  sent.microphone.hear(499)
  await sent.recorder.do("send")
  assert.deepEqual(sent.news(), [
    'over "" "That was too short. Press the button, speak, and press send when you are done."',
  ])
  const left = start(t)
  left.microphone.hear(499)
  left.recorder.escape()
  assert.deepEqual([left.news(), left.microphone.given], [['over "Discarded" ""'], "dropped"])
})

test("it is told once that the end comes, and what was said until then is kept", async (t) => {
  const { microphone, news } = start(t, 120_000)
  microphone.hear(109_000)
  assert.deepEqual(news(), [])
  for (const ms of [1_000, 1_000, 8_000]) microphone.hear(ms)
  assert.deepEqual(news(), ['"10 seconds are left."'])
  microphone.hear(1_000)
  await new Promise(setImmediate)
  assert.deepEqual(news(), ["stopped 120000", '"That is all that fits: 2 minutes. Listen to it, or send it."'])
})

test("a microphone that is taken away takes nothing with it", async (t) => {
  const { microphone, news } = start(t)
  microphone.hear(2_000)
  microphone.lost()
  await new Promise(setImmediate)
  assert.deepEqual(news(), ["stopped 2000", '"The microphone was taken away. What was recorded until then is here."'])
})

test("what is discarded while its last sounds come is not sent", async (t) => {
  const { recorder, microphone, news } = start(t)
  microphone.hear(2_000)
  microphone.meanwhile = () => recorder.escape()
  await recorder.do("send")
  assert.deepEqual(news(), ['over "Discarded" ""'])
})
