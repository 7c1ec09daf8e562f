import { systemClock } from "../lib/clock.js"
import { openStorage } from "../lib/outbox-storage.js"
import { Waiting, waitingWords } from "../lib/waiting.js"
import { make } from "./make.js"

/** What goes out at once is not worth a word. */
const patience = 2_000

/**
 * On a page that is no chat: sends what one has written in chats and what waits since, and says while it waits.
 * @param {import("../lib/socket.js").Line} line
 * @param {number} me
 * @param {AbortSignal} signal
 */
export async function mindWaiting(line, me, signal) {
  // Another tab is heard once this function has gone on.
  const storage = await openStorage({ onChange: (word) => void waiting.told(word) })
  if (!storage.shared || signal.aborted) return undefined
  const load = async (/** @type {import("../lib/pending.js").Storage} */ texts) => {
    const { Outbox } = await import("../lib/outbox.js")
    const send = (/** @type {object} */ frame) => line.send(frame)
    return new Outbox({ storage: texts, userId: me, send, clock: systemClock, locks: navigator.locks })
  }
  const waiting = new Waiting({ storage, me, load })
  const said = say()
  waiting.addEventListener("count", (event) => said(/** @type {CustomEvent} */ (event).detail), { signal })
  waiting.addEventListener("overdue", () => line.doubt(), { signal })
  await waiting.look()
  return waiting
}

/** The line below the bar that says what waits. */
function say() {
  const text = make("span", {})
  const link = make("a", {}, "Open the chat")
  const words = make("p", { class: "waits", role: "status" }, text, " ", link)
  /** @type {number | undefined} */
  let timer
  return (/** @type {import("../lib/waiting.js").Count} */ { count, first, files }) => {
    clearTimeout(timer)
    const draw = () => {
      text.textContent = `${waitingWords(count, "waits", "wait")} to be sent${files ? ": open the chat, it takes the files along." : "."}`
      link.href = `/chat/conversation/${first}/`
      document.querySelector(".bar")?.after(words)
    }
    if (count === 0) words.remove()
    else if (words.isConnected || !navigator.onLine) draw()
    else timer = setTimeout(draw, patience)
  }
}
