import { bestType, levelOf, Stopwatch } from "../lib/recording.js"

/** Enough for speech, and 5 minutes of it are 1.2 MB. */
const bitRate = 32_000

/** The microphone cannot be had; its name says why (see whyNot). */
class Refused extends Error {
  /** @param {string} name */
  constructor(name) {
    super(name)
    this.name = name
  }
}

/**
 * Asks for the microphone. Throws an error whose name whyNot knows.
 * @returns {Promise<Microphone>}
 */
export async function openMicrophone() {
  if (!navigator.mediaDevices) throw new Refused(isSecureContext ? "unsupported" : "insecure")
  const type = "MediaRecorder" in globalThis ? bestType((one) => MediaRecorder.isTypeSupported(one)) : undefined
  if (!type) throw new Refused("unsupported")
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  })
  return new Microphone(stream, type)
}

/** A recording under way. Whoever has it ends it by stop or drop, which give the microphone back. */
export class Microphone {
  #stream
  #recorder
  #watch = new Stopwatch(() => performance.now())
  /** @type {Blob[]} */
  #parts = []
  /** @type {AudioContext | undefined} */
  #context
  /** @type {AnalyserNode | undefined} */
  #analyser
  /** Nearly all that is heard between two ticks. */
  #samples = new Float32Array(4096)

  /** How loud it was, once a tick. @type {number[]} */
  levels = []

  /**
   * @param {MediaStream} stream
   * @param {string} type
   */
  constructor(stream, type) {
    this.#stream = stream
    this.#recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: bitRate })
    this.#recorder.addEventListener("dataavailable", ({ data }) => this.#parts.push(data))
    this.#listen()
    // What was heard is in memory each second, whatever happens to the microphone.
    this.#recorder.start(1000)
    this.#watch.go()
  }

  get elapsed() {
    return this.#watch.elapsed
  }

  get paused() {
    return this.#recorder.state === "paused"
  }

  /**
   * Calls run when the system has taken the microphone away.
   * @param {() => void} run
   */
  onLost(run) {
    for (const track of this.#stream.getTracks()) track.addEventListener("ended", run)
    this.#recorder.addEventListener("error", run)
  }

  /**
   * Calls run about once a second, whoever looks at the page.
   * @param {() => void} run
   */
  onPart(run) {
    this.#recorder.addEventListener("dataavailable", run)
  }

  /** How loud it is now, 0 to 100; it is remembered for the waveform. */
  level() {
    if (!this.#analyser || this.paused) return 0
    this.#analyser.getFloatTimeDomainData(this.#samples)
    const level = levelOf(this.#samples)
    this.levels.push(level)
    return level
  }

  pause() {
    if (this.#recorder.state !== "recording") return
    this.#recorder.pause()
    this.#watch.halt()
  }

  resume() {
    if (this.#recorder.state !== "paused") return
    this.#recorder.resume()
    this.#watch.go()
  }

  /**
   * Ends it.
   * @returns {Promise<Blob>} what was recorded
   */
  async stop() {
    this.#watch.halt()
    if (this.#recorder.state !== "inactive")
      await new Promise((resolve) => {
        this.#recorder.addEventListener("stop", resolve, { once: true })
        this.#recorder.stop()
      })
    this.#release()
    return new Blob(this.#parts, { type: this.#recorder.mimeType.split(";")[0] })
  }

  /** Ends it, and keeps nothing. */
  drop() {
    if (this.#recorder.state !== "inactive") this.#recorder.stop()
    this.#release()
    this.#parts = []
  }

  #listen() {
    try {
      this.#context = new AudioContext()
      this.#analyser = this.#context.createAnalyser()
      this.#analyser.fftSize = this.#samples.length
      this.#context.createMediaStreamSource(this.#stream).connect(this.#analyser)
    } catch {
      // Without a level it is recorded all the same.
    }
  }

  #release() {
    for (const track of this.#stream.getTracks()) track.stop()
    void this.#context?.close().catch(() => {})
    this.#context = this.#analyser = undefined
  }
}
