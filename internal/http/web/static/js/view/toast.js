import { sendJSON } from "../lib/api.js"

const kept = "swapnest.toast"
const lasts = 8_000

/** @typedef {{ text: string, undo: { path: string, change: object } }} Said */

/**
 * What has just been done is said on the next page of this tab, with the way back.
 * @param {Said} said
 */
export function say(said) {
  try {
    sessionStorage.setItem(kept, JSON.stringify(said))
  } catch {
    // It is done all the same.
  }
}

/**
 * Shows what the page before has left to say.
 * @param {Element} root
 */
export function showSaid(root) {
  /** @type {Said | null} */
  let said = null
  try {
    said = JSON.parse(sessionStorage.getItem(kept) ?? "null")
    sessionStorage.removeItem(kept)
  } catch {
    // There is nothing to say.
  }
  if (!said) return
  const { text, undo } = said
  const toast = document.createElement("div")
  toast.className = "toast"
  toast.setAttribute("role", "status")
  const words = document.createElement("span")
  const button = document.createElement("button")
  button.type = "button"
  button.textContent = "Undo"
  button.addEventListener("click", () => {
    button.disabled = true
    sendJSON("PATCH", undo.path, undo.change).then(
      () => toast.remove(),
      (error) => (words.textContent = String(error.message)),
    )
  })
  toast.append(words, button)
  root.append(toast)
  // A region speaks what comes into it, not what it came with.
  words.textContent = text
  setTimeout(() => toast.remove(), lasts)
}
