import { cloneTemplate, one } from "./query.js"

/** @typedef {{ id: number, type: string, title: string, text: string, url: string, read: boolean, created_at: string }} Notice */

/** The icon of each kind of notice and how it is coloured, as the server draws them. */
const looks = {
  product_inquiry: ["bag", "message"],
  new_message: ["chat", "message"],
  price_drop: ["tag", "price"],
  sold: ["heart", "plain"],
}

/**
 * A row of the page of notices.
 * @param {Notice} notice
 */
export function noticeRow({ id, type, title, text, url, read, created_at }) {
  const row = cloneTemplate("notice-template")
  const [icon, tone] = looks[/** @type {keyof typeof looks} */ (type)] ?? looks.new_message
  row.dataset.notice = String(id)
  row.toggleAttribute("data-unread", !read)
  const mark = one(row, ".notification-icon", HTMLElement)
  mark.dataset.kind = tone
  one(mark, "use", SVGUseElement).setAttribute("href", `#i-${icon}`)
  one(row, ".notification-text > .sr", HTMLElement).hidden = read
  const link = one(row, "a", HTMLAnchorElement)
  link.href = url
  one(link, "bdi", HTMLElement).textContent = title
  one(row, ".notification-more > bdi", HTMLElement).textContent = text
  one(row, "time", HTMLElement).setAttribute("datetime", created_at)
  const form = one(row, "form", HTMLFormElement)
  form.action = `/notifications/${read ? "delete" : "read"}/${id}/`
  one(form, "use", SVGUseElement).setAttribute("href", read ? "#i-bin" : "#i-check")
  one(form, ".sr", HTMLElement).textContent = `${read ? "Delete" : "Mark as read"}: ${title}`
  return row
}
