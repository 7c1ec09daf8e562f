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
  let loading = false
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest(link) : null
    if (!(pressed instanceof HTMLElement) || customElements.get(name)) return
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    // Who presses once more while nothing seems to happen wants the same: what opens would close again.
    if (loading) return
    loading = true
    // Where it cannot be loaded the link leads to a page that does the same.
    define()
      .finally(() => (loading = false))
      .then(
        () => pressed.click(),
        () => pressed instanceof HTMLAnchorElement && location.assign(pressed.href),
      )
  })
  return define
}
