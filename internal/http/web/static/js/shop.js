// What the pages with things for sale gain from a script. They work without it.
import { PhotoGallery } from "./elements/photo-gallery.js"
import { ShareButton } from "./elements/share-button.js"
import { WishButton } from "./elements/wish-button.js"

/** Counts that somebody looks at the listing of the page: a page that is fetched ahead is not looked at. */
function countView() {
  // At the address of a listing that is gone there is an error page.
  if (!/^\/product\/[^/]+\/$/.test(location.pathname) || !document.querySelector("photo-gallery")) return
  const tell = () => {
    if (document.visibilityState !== "visible") return
    document.removeEventListener("visibilitychange", tell)
    // It is a number; nobody waits for it.
    void fetch(`${location.pathname}view/`, { method: "POST", keepalive: true }).catch(() => {})
  }
  document.addEventListener("visibilitychange", tell)
  tell()
}

countView()
customElements.define("photo-gallery", PhotoGallery)
customElements.define("share-button", ShareButton)
customElements.define("wish-button", WishButton)
