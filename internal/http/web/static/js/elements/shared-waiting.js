import { dropShared, inWords, peekShared } from "../lib/shared.js"
import { numberOf, one } from "../view/query.js"

/**
 * <shared-waiting> says what another app has shared with the site and waits for a conversation, and discards it.
 */
export class SharedWaiting extends HTMLElement {
  connectedCallback() {
    const button = one(this, "button", HTMLButtonElement)
    button.addEventListener("click", async () => {
      await dropShared().catch(() => {})
      this.#say("It is discarded. You can share it again from the other app.")
    })
    // Who comes back has given it to somebody.
    addEventListener("pageshow", ({ persisted }) => persisted && void this.#look())
    void this.#look()
  }

  async #look() {
    const shared = await peekShared(numberOf(document.body.dataset.person)).catch(() => undefined)
    if (shared) this.#say(`Waiting here: ${inWords(shared)}.`, true)
    else this.#say("Nothing waits here. Share it again from the other app.")
  }

  /**
   * @param {string} text
   * @param {boolean} [waits]
   */
  #say(text, waits = false) {
    this.hidden = false
    one(this, "p", HTMLElement).textContent = text
    one(this, "button", HTMLButtonElement).hidden = !waits
    // There is nothing to choose somebody for.
    for (const part of document.querySelectorAll(".share-items, .share-lead")) part.toggleAttribute("hidden", !waits)
  }
}
