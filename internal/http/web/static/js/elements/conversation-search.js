import { getJSON } from "../lib/api.js"
import { Finder } from "../lib/finder.js"
import { hitItem, paint } from "../view/highlight.js"
import { one } from "../view/query.js"

/**
 * <conversation-search data-conversation> looks for words in the open conversation while one
 * types, lists what it finds, and goes from one message to the next, with what fits painted. The
 * link of the header opens it; an address with q is one that a search has led to.
 */
export class ConversationSearch extends HTMLElement {
  #removed = new AbortController()
  #timer = 0
  #finder = new Finder(this.dataset.conversation ?? "", getJSON, () => this.#draw())

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.addEventListener("input", () => this.#later(), { signal })
    this.addEventListener("submit", (event) => void this.#submit(event), { signal })
    this.addEventListener("click", (event) => this.#clicked(event), { signal })
    this.addEventListener("keydown", (event) => this.#key(event), { signal })
    const chat = this.closest("swapnest-chat")
    chat?.addEventListener("click", (event) => this.#open(/** @type {MouseEvent} */ (event)), { signal })
    chat?.addEventListener("drawn", () => this.hidden || this.#paint(), { signal })
    chat?.addEventListener("line", (event) => void this.#line(/** @type {CustomEvent} */ (event).detail), { signal })
    const asked = new URLSearchParams(location.search)
    if (asked.get("q")) void this.#continue(asked.get("q") ?? "", Number(asked.get("message")))
  }

  disconnectedCallback() {
    this.#removed.abort()
    clearTimeout(this.#timer)
  }

  get #input() {
    return one(this, "input[type=search]", HTMLInputElement)
  }

  get #list() {
    return one(this, ".hits", HTMLElement)
  }

  /** @param {MouseEvent} event */
  #open(event) {
    const link = event.target instanceof Element ? event.target.closest("a[data-search]") : null
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    this.hidden = false
    this.#input.focus()
    this.#input.select()
  }

  #close() {
    this.hidden = true
    paint([])
    this.#ring(undefined)
    one(document, "a[data-search]", HTMLElement).focus()
  }

  /**
   * Goes on where the page before has left the reader.
   * @param {string} text
   * @param {number} message
   */
  async #continue(text, message) {
    this.hidden = false
    this.#input.value = text
    await this.#finder.find(text)
    const at = this.#finder.hits.findIndex((hit) => hit.message.message_id === message)
    if (at >= 0) {
      this.#finder.go(at)
      this.#show()
    }
    // Enter goes on. Where there is but a finger it would bring the keys up.
    if (matchMedia("(hover: hover)").matches) this.#input.focus({ preventScroll: true })
  }

  /** @param {import("../lib/socket.js").LineState} line */
  async #line({ state }) {
    if (state === "connected" && !this.hidden) await this.#finder.again()
  }

  #later() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#finder.find(this.#input.value), 200)
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault()
    clearTimeout(this.#timer)
    if (this.#finder.text !== this.#input.value.trim()) await this.#finder.find(this.#input.value)
    await this.#step(1)
  }

  /** @param {1 | -1} by */
  async #step(by) {
    await this.#finder.step(by)
    this.#show()
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = event.target instanceof Element ? event.target : null
    const step = target?.closest("[data-step]")?.getAttribute("data-step")
    if (step === "close") this.#close()
    else if (step) void this.#step(step === "older" ? 1 : -1)
    const link = target?.closest("a")
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    this.#finder.go([...this.#list.querySelectorAll("a")].indexOf(link))
    this.#input.focus()
    this.#show()
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return
    event.preventDefault()
    this.#close()
  }

  /** Shows the message one is at: a page of its own brings it when it is not loaded. */
  #show() {
    const { hits, at, text } = this.#finder
    if (at < 0) return
    const id = hits[at].message.message_id
    const message = document.getElementById(`m${id}`)
    if (message) this.dispatchEvent(new CustomEvent("show", { detail: message, bubbles: true }))
    else location.assign(`?message=${id}&q=${encodeURIComponent(text)}#m${id}`)
  }

  #draw() {
    const { hits, at, said } = this.#finder
    one(this, "[role=status]", HTMLElement).textContent = said
    this.#list.hidden = at >= 0 || hits.length === 0
    this.#list.replaceChildren(...hits.map((hit) => hitItem(hit, this.#finder.text)))
    one(this, "[data-step=older]", HTMLElement).toggleAttribute("disabled", !this.#finder.canGoBack)
    one(this, "[data-step=newer]", HTMLElement).toggleAttribute("disabled", hits.length === 0)
    this.#paint()
  }

  #paint() {
    const { hits, at } = this.#finder
    paint(hits.map(({ message, highlights }) => [message.message_id, highlights]))
    this.#ring(hits[at]?.message.message_id)
  }

  /** @param {number | undefined} id of the message one is at */
  #ring(id) {
    for (const was of document.querySelectorAll(".message[data-found]")) was.removeAttribute("data-found")
    document.getElementById(`m${id}`)?.setAttribute("data-found", "")
  }
}
