import { formatAge, formatUntil } from "../lib/time.js"

/**
 * Times were rendered in UTC, since the server does not know the reader's zone.
 * @param {ParentNode} root
 */
export function localTimes(root) {
  const now = new Date()
  for (const time of root.querySelectorAll("time[data-age], time[data-until]")) {
    const at = new Date(time.getAttribute("datetime") ?? "")
    if (Number.isNaN(at.getTime())) continue
    time.textContent = time.hasAttribute("data-until") ? formatUntil(at, now) : formatAge(at, now)
    time.setAttribute("title", at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" }))
  }
}
