const emoji =
  /^(?:\p{Regional_Indicator}{2}|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})*(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})*)*){1,3}$/u

/**
 * Whether a message is one to three emoji and nothing else, and so is shown large.
 * @param {string} text
 */
export function isJumbo(text) {
  return text.length <= 40 && emoji.test(text)
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
