import { takeShared } from "../lib/shared.js"
import { numberOf, one } from "./query.js"

/**
 * Puts what another app has shared where one writes in this conversation: the words into the box, the pictures
 * beside it. Nothing is sent. Without a box it goes on waiting.
 * @returns {Promise<void>}
 */
export async function takeHere() {
  const chat = one(document, "swapnest-chat", HTMLElement)
  const form = chat.querySelector("message-composer form")
  if (!form) return
  const shared = await takeShared(numberOf(chat.dataset.userId)).catch(() => undefined)
  // A reload is no second time.
  history.replaceState(history.state, "", location.pathname + location.hash)
  if (!shared) return
  const box = one(form, "textarea", HTMLTextAreaElement)
  if (shared.text !== "") {
    box.value = [box.value, shared.text].filter(Boolean).join("\n")
    box.dispatchEvent(new Event("input", { bubbles: true }))
  }
  const files = shared.files.map((file) => ({ file }))
  if (files.length > 0) form.dispatchEvent(new CustomEvent("attach", { bubbles: true, detail: { files } }))
}
