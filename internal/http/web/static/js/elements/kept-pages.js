import { pagesName } from "../lib/kept.js"
import { peekShared } from "../lib/shared.js"
import { formatMoment } from "../lib/time.js"
import { one } from "../view/query.js"

/** <kept-pages> lists the conversations that the service worker has kept on this device. */
export class KeptPages extends HTMLElement {
  connectedCallback() {
    void this.#list().catch(() => {}) // a browser that keeps nothing lists nothing
  }

  async #list() {
    const name = (await caches.keys()).find((one) => one.startsWith(pagesName))
    if (!name) return
    const person = Number(name.slice(pagesName.length))
    const shared = await peekShared(person).catch(() => undefined)
    const cache = await caches.open(name)
    const kept = []
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url)
      const answer = await cache.match(request, { ignoreVary: true })
      const said = (/** @type {string} */ key) => decodeURIComponent(answer?.headers.get(`Kept-${key}`) ?? "")
      if (pathname !== "/chat/") kept.push({ pathname, at: said("At"), name: said("Name"), about: said("About") })
    }
    kept.sort((a, b) => (a.at < b.at ? 1 : -1))
    const template = one(this, "template", HTMLTemplateElement)
    for (const { pathname, at, name, about } of kept) {
      const item = document.importNode(template.content, true)
      one(item, "a", HTMLAnchorElement).href = shared ? `${pathname}?shared` : pathname
      one(item, "bdi", HTMLElement).textContent = name
      one(item, "span", HTMLElement).textContent = [about, `kept ${formatMoment(new Date(at))}`]
        .filter(Boolean)
        .join(" · ")
      one(this, "ul", HTMLElement).append(item)
    }
    one(this, ".kept-shared", HTMLElement).hidden = !shared
    this.hidden = kept.length === 0
  }
}
