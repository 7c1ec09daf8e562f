import { cleanText, countCharacters } from "../lib/text.js"
import { cloneTemplate, numberOf, one } from "./query.js"

const nearLimit = 200
const lineHeight = 24

/**
 * The box in which one writes grows with the text, and what is left is counted near the limit.
 * @param {HTMLTextAreaElement} input
 * @param {HTMLElement} count
 * @param {number} limit
 */
export function fitBox(input, count, limit) {
  if (!CSS.supports("field-sizing", "content")) {
    input.style.blockSize = "auto"
    input.style.blockSize = `${Math.max(input.scrollHeight, lineHeight)}px`
  }
  const { value } = input
  // Counting is only worth its time when the limit may be near.
  const left = value.length < limit - nearLimit ? nearLimit + 1 : limit - countCharacters(cleanText(value))
  count.hidden = left > nearLimit
  count.toggleAttribute("data-state", left < 0)
  if (left < 0) count.dataset.state = "over"
  count.textContent = left < 0 ? `${-left} too many` : `${left} left`
}

/** @param {HTMLTextAreaElement} input where one goes on writing */
export function focusEnd(input) {
  input.focus({ preventScroll: true })
  input.setSelectionRange(input.value.length, input.value.length)
}

/**
 * Says at a composer what does not work; one that is closed has no place for it.
 * @param {Element} composer
 * @param {string} text "" for nothing
 */
export function showFault(composer, text) {
  const fault = composer.querySelector(".composer-fault")
  if (!(fault instanceof HTMLElement)) return
  one(fault, "span", HTMLElement).textContent = text
  fault.hidden = text === ""
}

/**
 * Nothing can be written in a conversation any more: its composer says why.
 * @param {HTMLElement} composer
 * @param {{ conversation: number, detail: string }} end
 */
export function showEnd(composer, { conversation, detail }) {
  if (conversation !== numberOf(composer.dataset.conversation)) return
  const closed = cloneTemplate("closed-template")
  one(closed, "p", HTMLElement).textContent = detail
  one(composer, ".composer-inner", HTMLElement).replaceChildren(closed)
}
