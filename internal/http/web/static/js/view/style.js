/** @type {Map<string, Promise<unknown>>} */
const loaded = new Map()

/**
 * Loads a file of styles that a page does without until something is opened. One that could not
 * be loaded is asked for again the next time.
 * @param {string} name below css, without its ending
 * @returns {Promise<unknown>}
 */
export function loadStyle(name) {
  const href = new URL(`../../css/${name}.css`, import.meta.url).href
  const there = [...document.querySelectorAll("link")].some((link) => link.href === href)
  if (there) return loaded.get(name) ?? Promise.resolve()
  const link = document.createElement("link")
  link.rel = "stylesheet"
  link.href = href
  const styled = new Promise((resolve, reject) => {
    link.onload = () => resolve(undefined)
    link.onerror = () => (link.remove(), reject(new Error("no style")))
  })
  loaded.set(name, styled)
  document.head.append(link)
  return styled
}
