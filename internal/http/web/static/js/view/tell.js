import { Refused } from "../lib/api.js"

const lasts = 6_000

/**
 * Says something over the page, for eyes and ears, for a while.
 * @param {string} text
 */
export function tell(text) {
  // One at a time: what was said before is out of date.
  document.querySelector(".toast[data-told]")?.remove()
  const said = document.createElement("div")
  said.className = "toast"
  said.dataset.told = ""
  said.setAttribute("role", "status")
  document.body.append(said)
  // A region speaks what comes into it, not what it came with.
  said.append(Object.assign(document.createElement("span"), { textContent: text }))
  setTimeout(() => said.remove(), lasts)
}

/**
 * Says why what a form is for was not done.
 * @param {HTMLFormElement} form
 * @param {unknown} error
 */
export function tellWhy(form, error) {
  // The form itself leads on: to logging in, say. Where nobody answers it would lead to the
  // browser's own error page.
  if (error instanceof Refused && error.status < 500) form.submit()
  else tell(/** @type {Error} */ (error).message)
}
