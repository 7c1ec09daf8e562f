import { sendJSON } from "../lib/api.js"

const kept = "swapnest.toast"
const lasts = 8_000

/**
 * What was done, and the way back where there is one.
 * @typedef {object} Said
 * @property {string} text
 * @property {{ path: string, method?: string, change?: object }} [undo]
 */

/**
 * What has just been done is said on the next page of this tab, with the way back.
 * @param {Said} said
 */
function say(said) {
  try {
    sessionStorage.setItem(kept, JSON.stringify(said))
  } catch {
    // It is done all the same.
  }
}

/**
 * Says it where one goes from a conversation: to look on would read it again at once.
 * @param {HTMLElement | null} menu of the conversation; where its data-back is empty one stays
 * @param {Element} root of this page
 * @param {Said} said
 */
export function leave(menu, root, said) {
  const back = menu?.dataset.back
  if (!back) return show(root, said)
  say(said)
  location.assign(back)
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
  if (said) show(root, said)
}

/**
 * Shows what was done, for a while.
 * @param {Element} root
 * @param {Said} said
 * @param {(answer: any) => void} [undone] it was taken back
 */
export function show(root, { text, undo }, undone) {
  const toast = document.createElement("div")
  toast.className = "toast"
  toast.setAttribute("role", "status")
  const words = document.createElement("span")
  toast.append(words)
  /** @type {number | undefined} */
  let timer
  const appear = (/** @type {string} */ text) => {
    // One at a time: what was done before has its way back no more.
    const before = root.querySelector(":scope > .toast:not([data-told])")
    if (before !== toast) {
      before?.remove()
      root.append(toast)
    }
    // A region speaks what comes into it, not what it came with.
    words.textContent = text
    timer = setTimeout(() => toast.remove(), lasts)
  }
  if (undo) {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = "Undo"
    button.addEventListener("click", () => {
      // An answer may take longer than this is shown, and that there was none is to be seen.
      clearTimeout(timer)
      button.disabled = true
      sendJSON(undo.method ?? "PATCH", undo.path, undo.change).then(
        (answer) => (toast.remove(), undone?.(answer)),
        (error) => {
          button.disabled = false
          const say = () => appear(String(error.message))
          // A newer one keeps its own way back for its time.
          if (toast.isConnected) say()
          else setTimeout(say, lasts)
        },
      )
    })
    toast.append(button)
  }
  appear(text)
}
