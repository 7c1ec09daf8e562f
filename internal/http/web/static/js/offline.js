// What the page gains that says that one is offline. It stands at the addresses of other pages.
import { KeptPages } from "./elements/kept-pages.js"
import { backoff } from "./lib/backoff.js"
import { isDown, mostPatience } from "./lib/kept.js"

/** What is said of it, and what the button offers, by why it is shown. */
const words = {
  line: { button: "Try again" },
  late: {
    title: "This page does not come",
    text: "SwapNest does not answer on this line. Try again, or go on with what is on this device.",
    button: "Try again",
  },
  "log out": {
    title: "You are not logged out",
    text: "You are still signed in: there is no connection. Log out again when it is back.",
    button: "Log out again",
  },
  form: {
    text:
      "SwapNest has not answered, so it is not known whether what you sent has arrived. Go back and look, and " +
      "send it again when there is a connection.",
    button: "Go back",
  },
}

const own = location.pathname === "/offline/"
const why = /** @type {keyof typeof words} */ (document.body.dataset.why ?? "line")
/** Only the address of a page leads to it once more: a form would be sent again. */
const again = !own && (why === "line" || why === "late")
const [heading, say, way] = document.querySelectorAll(".empty > :is(h1, p, a)")
if (!own) {
  const { title, text, button } = { title: "", text: "", ...words[why] }
  if (title) heading.textContent = title
  if (text) say.textContent = text
  way.textContent = button
  way.setAttribute("href", why === "log out" ? "/accounts/logout/" : location.href)
} else if (navigator.onLine) {
  heading.textContent = "Kept for when you are offline"
  say.textContent = "What you have opened lately is on this device, for when there is no connection."
}
if (why === "form")
  way.addEventListener("click", (event) => {
    event.preventDefault()
    history.back()
  })

let failures = 0
/** @type {number | undefined} */
let timer

/** The page that was wanted comes by itself, once the server is there. */
async function look() {
  if (!again || !navigator.onLine || document.visibilityState !== "visible") return
  // On a line that only swallows nothing waits for ever.
  const signal = AbortSignal.timeout(mostPatience)
  const there = await fetch(location.href, { method: "HEAD", signal }).catch(() => undefined)
  if (there && !isDown(there.status)) return location.reload()
  // A server that was away does not say that it is back.
  clearTimeout(timer)
  timer = setTimeout(look, 500 + backoff(failures++))
}
addEventListener("online", look)
document.addEventListener("visibilitychange", look)
void look()
customElements.define("kept-pages", KeptPages)
