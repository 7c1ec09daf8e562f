import { showOnIcon } from "./favicon.js"

/** The title without a count, as the server wrote it. */
const plain = document.title.replace(/^\(\d+\+?\) /, "")

/**
 * Shows how many conversations have something unread: in the title, on the icon and on
 * every mark of the page that counts them.
 * @param {number} total
 */
export function showUnread(total) {
  const words = total > 99 ? "99+" : String(total)
  showOnIcon(total)
  document.title = total > 0 ? `(${words}) ${plain}` : plain
  for (const number of document.querySelectorAll("[data-unread-number]")) {
    number.toggleAttribute("hidden", total === 0)
    number.textContent = ` ${words}`
  }
  for (const mark of document.querySelectorAll(".count[data-unread-count]")) {
    if (!(mark instanceof HTMLElement)) continue
    mark.dataset.unreadCount = String(total)
    mark.hidden = total === 0
    const number = mark.firstElementChild
    if (number) number.textContent = words
  }
}
