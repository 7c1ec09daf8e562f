import { pagesName } from "../lib/kept.js"
import { openStorage } from "../lib/outbox-storage.js"
import { peekShared } from "../lib/shared.js"
import { formatMoment } from "../lib/time.js"
import { waitingOf, waitingWords } from "../lib/waiting.js"
import { one } from "../view/query.js"

/** <kept-pages> lists the conversations that the service worker has kept on this device, and what waits to be sent. */
export class KeptPages extends HTMLElement {
  connectedCallback() {
    void this.#list().catch(() => {}) // a browser that keeps nothing lists nothing
  }

  async #list() {
    const name = (await caches.keys()).find((one) => one.startsWith(pagesName))
    if (!name) return
    const person = Number(name.slice(pagesName.length))
    const shared = await peekShared(person).catch(() => undefined)
    const storage = await openStorage({ onChange: () => {} })
    const waiting = waitingOf(await storage.all(person).catch(() => []))
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
      const count = waiting.get(Number(pathname.match(/\d+/)?.[0])) ?? 0
      const waits = count > 0 ? waitingWords(count, "waits", "wait") : ""
      const facts = [about, waits, `kept ${formatMoment(new Date(at))}`].filter(Boolean)
      one(item, "span", HTMLElement).textContent = facts.join(" · ")
      one(this, "ul", HTMLElement).append(item)
    }
    const all = [...waiting.values()].reduce((sum, one) => sum + one, 0)
    const waits = one(this, ".kept-waits", HTMLElement)
    if (all > 0) waits.textContent = `${waitingWords(all, "waits", "wait")} here to be sent once there is a connection.`
    waits.hidden = all === 0
    one(this, ".kept-shared", HTMLElement).hidden = !shared
    this.hidden = kept.length === 0
  }
}
