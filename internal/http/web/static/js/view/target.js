const form = /^#m(\d+)$/

/** The message that the address names, null when it names none or it is not loaded. */
export function targetOf() {
  return form.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null
}

/** A message that the address names and that is not loaded comes with a page of its own. */
export function loadTarget() {
  const [, id] = form.exec(location.hash) ?? []
  if (id && new URLSearchParams(location.search).get("message") !== id) location.replace(`?message=${id}#m${id}`)
}

/**
 * Goes to the message that a link leads to, with eyes and with the focus. One that is not loaded
 * comes with a page of its own, as the link says.
 * @param {Event} event
 * @param {HTMLAnchorElement} link
 * @param {import("./place.js").Place} place
 */
export function showTarget(event, link, place) {
  const message = document.getElementById(link.hash.slice(1))
  const bubble = message?.querySelector(".bubble")
  if (!message || !(bubble instanceof HTMLElement)) return
  event.preventDefault()
  place.around(message)
  bubble.focus({ preventScroll: true })
  // It is marked for as long as one stays with it.
  message.toggleAttribute("data-shown", true)
  bubble.addEventListener("blur", () => message.removeAttribute("data-shown"), { once: true })
}
