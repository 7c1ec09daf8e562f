/** @type {number | undefined} */
let shown

/**
 * Puts a count on the icon of the installed app, where browsers show one there.
 * @param {number} total 0 for none
 */
export function showOnApp(total) {
  if (!("setAppBadge" in navigator) || total === shown) return
  shown = total
  // A browser may refuse, and there is the title.
  void (total > 0 ? navigator.setAppBadge(total) : navigator.clearAppBadge()).catch(() => {})
}
