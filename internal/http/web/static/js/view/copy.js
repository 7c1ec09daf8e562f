import { tell } from "./tell.js"

/**
 * Puts words where one can paste them from, and says so.
 * @param {string} text
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    tell("Copied")
  } catch {
    tell("This browser does not let the page copy. Select the words instead.")
  }
}
