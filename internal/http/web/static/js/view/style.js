/**
 * Has the page take a style that only what is loaded later needs.
 * @param {string} name of the file below css, without the ending
 * @returns {Promise<unknown>} settled once it counts; one that could not be loaded may be asked for again
 */
export async function loadStyle(name) {
  const href = new URL(`../../css/${name}.css`, import.meta.url).href
  const links = [...document.querySelectorAll('link[rel="stylesheet"]')]
  if (links.some((link) => link instanceof HTMLLinkElement && link.href === href && link.sheet)) return
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href })
  await new Promise((resolve, reject) => {
    style.onload = resolve
    style.onerror = () => (style.remove(), reject(new Error("no style")))
    document.head.append(style)
  })
}
