import { one } from "../view/query.js"

/** <share-button data-title data-url> passes an address on, or copies it. */
export class ShareButton extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    this.hidden = false
    this.addEventListener("click", () => void this.#share(), { signal: this.#removed.signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  async #share() {
    const { title = "", url = location.href } = this.dataset
    try {
      if (navigator.share) return await navigator.share({ title, url })
      await navigator.clipboard.writeText(url)
      this.#say("The address is copied")
    } catch (error) {
      // Whoever has changed their mind needs no word.
      if (!(error instanceof DOMException && error.name === "AbortError")) this.#say(url)
    }
  }

  /** @param {string} text */
  #say(text) {
    const said = document.createElement("div")
    said.className = "toast"
    said.setAttribute("role", "status")
    document.body.append(said)
    // A region speaks what comes into it, not what it came with.
    said.append(Object.assign(document.createElement("span"), { textContent: text }))
    setTimeout(() => said.remove(), 4_000)
    one(this, "button", HTMLButtonElement).focus()
  }
}
