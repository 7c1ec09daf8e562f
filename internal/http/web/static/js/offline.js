// What the page gains that says that one is offline. It stands at the addresses of other pages.
import { KeptPages } from "./elements/kept-pages.js"

const own = location.pathname === "/offline/"
const [heading, say, way] = document.querySelectorAll(".empty > :is(h1, p, a)")
if (!own) {
  way.textContent = "Try again"
  way.setAttribute("href", location.href)
} else if (navigator.onLine) {
  heading.textContent = "Kept for when you are offline"
  say.textContent = "What you have opened lately is on this device, for when there is no connection."
}
/** The page that was wanted comes by itself, once the server is there. */
async function look() {
  if (own || !navigator.onLine || document.visibilityState !== "visible") return
  const there = await fetch(location.href, { method: "HEAD" }).catch(() => undefined)
  if (there) location.reload()
}
addEventListener("online", look)
document.addEventListener("visibilitychange", look)
void look()
customElements.define("kept-pages", KeptPages)
