/**
 * How it stands in this browser; "held" is on, while the person's preference holds back what goes to any device.
 * @typedef {import("./push-device.js").State | "held"} State
 */

/**
 * What a switch says of itself.
 * @typedef {object} Words
 * @property {string} text
 * @property {string} [button]
 */

/** @type {Readonly<Record<State, Words>>} */
const words = {
  off: { text: "Get told on this device when something happens, also while SwapNest is closed.", button: "Turn on" },
  on: { text: "You are told on this device, also while SwapNest is closed.", button: "Turn off" },
  held: {
    text: "This device would be told, but “My devices” is off: nothing is sent to any of yours.",
    button: "Turn on",
  },
  blocked: {
    text:
      "This browser blocks notifications from SwapNest. Press the sign in front of the address, allow notifications " +
      "for this site, and reload the page.",
  },
  "home-screen": {
    text:
      "On an iPhone or iPad, first put SwapNest on the home screen: press Share, then Add to Home Screen. " +
      "Open it from there and come back to this page.",
  },
  browser: {
    text: "This browser cannot show what happens here. Private windows cannot, and neither can old versions.",
  },
  none: { text: "This site sends nothing to devices." },
}

/**
 * What to say of a state.
 * @param {State} state
 * @param {string} [fault] a sentence: why the last press has not worked
 * @returns {Words}
 */
export function wordsFor(state, fault) {
  const { text, button } = words[state]
  return fault && button
    ? { text: `It did not work. ${fault}`, button: "Try again" }
    : { text, ...(button && { button }) }
}

/**
 * What to say of this browser beside what goes to all of somebody's devices.
 * @param {State} state
 * @returns {string} "" where it is one of them
 */
export function hereWords(state) {
  if (state === "on" || state === "held") return ""
  return state === "blocked" ? " This browser blocks it: nothing comes here." : " This browser is not one of them."
}
