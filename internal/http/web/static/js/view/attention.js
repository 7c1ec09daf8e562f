import { showOnApp } from "./app-badge.js"
import { showOnIcon } from "./favicon.js"

/** The title without a count, as the server wrote it. */
const plain = document.title.replace(/^\(\d+\+?\) /, "")

/**
 * Shows how many notices are unread, on every bell of the page, and says "bell" to the
 * document when that has changed or one is new.
 * @param {{ unread: number, fresh: boolean }} rung
 */
export function showRung({ unread, fresh }) {
  let changed = fresh
  for (const mark of document.querySelectorAll(".count[data-bell-count]")) {
    changed ||= mark.getAttribute("data-bell-count") !== String(unread)
    show(mark, "bellCount", unread)
  }
  for (const number of document.querySelectorAll("[data-bell-number]")) {
    number.toggleAttribute("hidden", unread === 0)
    number.textContent = ` ${words(unread)}`
  }
  for (const tool of document.querySelectorAll("[data-while-unread]")) tool.toggleAttribute("hidden", unread === 0)
  if (changed) document.dispatchEvent(new CustomEvent("bell"))
}

/**
 * @param {number} total
 */
function words(total) {
  return total > 99 ? "99+" : String(total)
}

/**
 * @param {Element} mark
 * @param {"bellCount" | "unreadCount"} name
 * @param {number} total
 */
function show(mark, name, total) {
  if (!(mark instanceof HTMLElement)) return
  mark.dataset[name] = String(total)
  mark.hidden = total === 0
  const number = mark.firstElementChild
  if (number) number.textContent = words(total)
}

/**
 * Shows how many conversations have something unread: in the title, on the icons and on
 * every mark of the page that counts them.
 * @param {number} total
 */
export function showUnread(total) {
  showOnIcon(total)
  showOnApp(total)
  document.title = total > 0 ? `(${words(total)}) ${plain}` : plain
  for (const number of document.querySelectorAll("[data-unread-number]")) {
    number.toggleAttribute("hidden", total === 0)
    number.textContent = ` ${words(total)}`
  }
  for (const mark of document.querySelectorAll(".count[data-unread-count]")) show(mark, "unreadCount", total)
}
