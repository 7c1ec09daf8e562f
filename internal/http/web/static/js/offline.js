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
// The page that was wanted comes by itself.
addEventListener("online", () => !own && location.reload())
customElements.define("kept-pages", KeptPages)
