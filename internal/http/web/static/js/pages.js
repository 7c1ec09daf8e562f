// What the pages other than the chats gain from a script. They work without it.
import { QuickReplies } from "./elements/quick-replies.js"
import { UnreadWatch } from "./elements/unread-watch.js"
import { defineLater } from "./view/later.js"
import { offerInstall } from "./view/install.js"
import { checkName } from "./view/name-check.js"
import { sendOnce } from "./view/once.js"
import { mindPerson } from "./view/person.js"
import { localTimes } from "./view/times.js"

/**
 * Lets people look at the password they type. The button is hidden without a
 * script, for it would do nothing.
 * @param {HTMLButtonElement} button
 */
function passwordReveal(button) {
  const input = document.getElementById(button.getAttribute("aria-controls") ?? "")
  if (!(input instanceof HTMLInputElement)) return
  button.hidden = false
  button.addEventListener("click", () => {
    const shown = input.type === "text"
    input.type = shown ? "password" : "text"
    button.setAttribute("aria-pressed", String(!shown))
  })
  // A password that is sent as plain text would be offered as an ordinary entry.
  input.form?.addEventListener("submit", () => (input.type = "password"))
}

localTimes(document)
// It may hold back a form, which is not on its way then.
mindPerson()
sendOnce()
offerInstall()
for (const button of document.querySelectorAll("button[data-reveal]")) {
  if (button instanceof HTMLButtonElement) passwordReveal(button)
}
for (const input of document.querySelectorAll("input[data-check]")) {
  if (input instanceof HTMLInputElement) checkName(input)
}
customElements.define("unread-watch", UnreadWatch)
customElements.define("quick-replies", QuickReplies)

const load = async () => (await import("./elements/saved-replies.js")).SavedReplies
const replies = defineLater("saved-replies", load, ".composer-saved")
// A stroke typed into the empty box wants them, too.
document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.value === "/" && target.closest("saved-replies"))
    replies().catch(() => {}) // without a line there is still the box
})
