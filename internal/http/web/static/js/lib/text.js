/** The ranges that the server takes for emoji as well, a flag, and what joins, colours and names them. */
const one = "[\\u{1F000}-\\u{1F1E5}\\u{1F200}-\\u{1F3FA}\\u{1F400}-\\u{1FAFF}\\u2600-\\u27BF\\u2B00-\\u2BFF]"
const dress = "(?:\\uFE0F|[\\u{1F3FB}-\\u{1F3FF}]|[\\u{E0020}-\\u{E007F}])*"
const whole = `(?:[\\u{1F1E6}-\\u{1F1FF}]{2}|${one}${dress}(?:\\u200D${one}${dress})*)`
const emoji = new RegExp(`^${whole}{1,3}$`, "u")

/**
 * Whether a message is one to three emoji and nothing else, and so is shown large.
 * @param {string} text
 */
export function isJumbo(text) {
  return text.length <= 120 && emoji.test(text)
}

/**
 * How many characters a message has, as the server counts them.
 * @param {string} text
 */
export function countCharacters(text) {
  // A pair of surrogates is one character.
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0)
}

/**
 * A message as it will be stored: one kind of line end, nothing blank around it.
 * @param {string} text
 */
export function cleanText(text) {
  return text.replace(/\r\n?/g, "\n").replace(/^[\s\u0085\u200B\u2060\uFEFF]+|[\s\u0085\u200B\u2060\uFEFF]+$/gu, "")
}

/** What stands where a deleted message was. */
export const deletedText = "This message was deleted"
