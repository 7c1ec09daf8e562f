import { one } from "../view/query.js"
import { tell } from "../view/tell.js"

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
    tell(text)
    one(this, "button", HTMLButtonElement).focus()
  }
}
