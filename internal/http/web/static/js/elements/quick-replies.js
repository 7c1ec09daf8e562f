import { one } from "../view/query.js"

/** <quick-replies> puts the text that one presses into the box of its form; one sends it oneself. */
export class QuickReplies extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    this.addEventListener("click", (event) => this.#clicked(event), { signal: this.#removed.signal })
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Event} event */
  #clicked(event) {
    const chip = event.target instanceof Element ? event.target.closest("a") : null
    const form = this.closest("form")
    if (!chip || !form) return
    event.preventDefault()
    const box = one(form, "textarea", HTMLTextAreaElement)
    const text = chip.textContent.trim()
    const offered = [...this.querySelectorAll("a")].map((one) => one.textContent.trim())
    // What somebody has written themselves stays.
    const own = box.value.trim() !== "" && box.value !== box.defaultValue && !offered.includes(box.value)
    box.value = own ? `${box.value.trimEnd()}\n${text}` : text
    box.dispatchEvent(new Event("input", { bubbles: true }))
    box.focus()
  }
}
