import { mayBeTold } from "./person.js"
import { tellWorker } from "./worker.js"

/** @typedef {import("../lib/frames.js").Frame} Frame */

const together = 500

/**
 * Has the worker take away the notifications of what one has read or deleted, on whichever device: the line
 * of every page says so.
 * @param {EventTarget} line
 * @param {number} me
 * @param {AbortSignal} signal
 */
export function mindShown(line, me, signal) {
  let waits = false
  /** @param {Frame} frame */
  const heard = (frame) => {
    const read = frame.type === "read" && frame.user_id === me
    const fewer = frame.type === "notification" && !frame.notification
    if (waits || !(read || fewer || frame.type === "hello") || !mayBeTold()) return
    waits = true
    setTimeout(() => {
      waits = false
      void tellWorker({ type: "look" })
    }, together)
  }
  line.addEventListener("frame", (event) => heard(/** @type {CustomEvent<Frame>} */ (event).detail), { signal })
}
