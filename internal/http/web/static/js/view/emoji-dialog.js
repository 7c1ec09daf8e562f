import { makeIcon } from "./icon.js"
import { loadStyle } from "./style.js"

/** @typedef {import("../lib/emoji.js").Group} Group */

/** @type {Promise<Group[]> | undefined} */
let loaded

/**
 * All emoji, and the style of their dialog. What could not be loaded is asked for again.
 * @returns {Promise<Group[]>}
 */
export function loadEmoji() {
  loaded ??= load().catch((error) => {
    loaded = undefined
    throw error
  })
  return loaded
}

async function load() {
  const styled = loadStyle("emoji-picker")
  const answer = await fetch(new URL("../../data/emoji.json", import.meta.url))
  if (!answer.ok) throw new Error("no emoji")
  const [{ groups }] = await Promise.all([answer.json(), styled])
  return groups
}

/**
 * The dialog, with nothing in its list.
 * @param {Group[]} groups
 */
export function makePicker(groups) {
  const dialog = document.createElement("dialog")
  dialog.className = "emoji-picker"
  dialog.setAttribute("aria-label", "Choose an emoji")
  const search = Object.assign(document.createElement("input"), {
    type: "search",
    placeholder: "Search",
    autocomplete: "off",
  })
  search.setAttribute("aria-label", "Search emoji")
  const close = Object.assign(document.createElement("button"), {
    type: "button",
    className: "icon-button emoji-close",
  })
  close.append(
    makeIcon("i-close"),
    Object.assign(document.createElement("span"), { className: "sr", textContent: "Close" }),
  )
  const head = document.createElement("div")
  head.className = "emoji-head"
  head.append(search, close)
  const tabs = document.createElement("fieldset")
  const legend = Object.assign(document.createElement("legend"), { className: "sr", textContent: "Group" })
  tabs.append(legend, ...groups.map(makeTab))
  const said = document.createElement("p")
  said.setAttribute("role", "status")
  const list = document.createElement("div")
  list.className = "emoji-list"
  list.setAttribute("role", "listbox")
  const name = Object.assign(document.createElement("p"), { className: "emoji-name" })
  name.setAttribute("aria-hidden", "true")
  const inner = document.createElement("div")
  inner.append(head, tabs, said, list, name)
  dialog.append(inner)
  return dialog
}

/**
 * @param {Group} group
 * @param {number} i
 */
function makeTab({ name, emoji }, i) {
  const tab = document.createElement("label")
  const input = Object.assign(document.createElement("input"), {
    type: "radio",
    name: "emoji-group",
    value: String(i),
    checked: i === 0,
  })
  input.setAttribute("aria-label", name)
  const face = document.createElement("span")
  face.setAttribute("aria-hidden", "true")
  face.textContent = name === "Recently used" ? "🕘" : emoji[0][0]
  tab.title = name
  tab.append(input, face)
  return tab
}
