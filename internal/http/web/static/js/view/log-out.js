import { openStorage } from "../lib/outbox-storage.js"
import { waitingOf, waitingWords } from "../lib/waiting.js"
import { make } from "./make.js"
import { loadStyle } from "./style.js"

// By the time that it is asked there may be no line.
const styled = loadStyle("dialog").catch(() => {}) // it is asked all the same

/**
 * Whether somebody may be logged out: who has messages that wait is asked first.
 * @param {number} me
 * @returns {Promise<boolean>}
 */
export async function mayLogOut(me) {
  const storage = await openStorage({ onChange: () => {} })
  const all = await storage.all(me).catch(() => [])
  const count = [...waitingOf(all).values()].reduce((sum, one) => sum + one, 0)
  return count === 0 || ask(count)
}

/**
 * @param {number} count of messages
 * @returns {Promise<boolean>}
 */
async function ask(count) {
  await styled
  const title = `${waitingWords(count, "has", "have")} not been sent yet`
  const stay = make("button", { class: "button", type: "button" }, "Stay")
  const go = make("button", { class: "button", "data-kind": "primary", type: "button" }, "Log out all the same")
  const dialog = make(
    "dialog",
    { class: "dialog", "aria-labelledby": "log-out-title" },
    make("h2", { id: "log-out-title" }, title),
    make("p", {}, "Log out all the same? What waits stays on this device, and goes out once you log in here again."),
    make("div", { class: "dialog-acts" }, stay, go),
  )
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    stay.addEventListener("click", () => dialog.close())
    go.addEventListener("click", () => dialog.close("go"))
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue === "go")))
  })
}
