/**
 * Defines an element when somebody first wants it, so that nobody else loads it.
 * @param {string} name of the element
 * @param {() => Promise<CustomElementConstructor>} load
 * @param {string} link a selector for what asks for it, which is pressed again once it is there
 * @returns {() => Promise<void>} defines it now
 */
export function defineLater(name, load, link) {
  const define = async () => {
    const element = await load()
    if (!customElements.get(name)) customElements.define(name, element)
  }
  /** @type {HTMLElement | undefined} pressed last while it is loaded */
  let wanted
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest(link) : null
    if (!(pressed instanceof HTMLElement) || customElements.get(name)) return
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    const loading = wanted !== undefined
    wanted = pressed
    // Who presses once more while nothing seems to happen wants it once: what opens would close again.
    if (loading) return
    // Where it cannot be loaded the link leads to a page that does the same.
    define()
      .then(
        () => wanted?.click(),
        () => wanted instanceof HTMLAnchorElement && location.assign(wanted.href),
      )
      .finally(() => (wanted = undefined))
  })
  return define
}
