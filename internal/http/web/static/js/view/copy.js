import { tell } from "./tell.js"

/** @param {string} text a message, for the clipboard */
export async function copy(text) {
  if (!text) return
  try {
    await navigator.clipboard.writeText(text)
    tell("Copied")
  } catch {
    // Where the page is not secure, or the browser was told so.
    tell("Your browser does not let the page copy. Select the text and copy it yourself.")
  }
}
