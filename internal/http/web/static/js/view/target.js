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
