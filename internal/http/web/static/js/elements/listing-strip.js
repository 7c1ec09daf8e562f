import { updateStrip } from "../view/listing.js"
import { numberOf } from "../view/query.js"

/** @typedef {import("../lib/frames.js").Listing} Listing */

/**
 * <listing-strip data-listing> shows on top of a conversation what it is about, and follows
 * "listing" and "entry-listing" of the host: when the thing is sold, everybody sees it at once. What the
 * page says at its end follows, too.
 */
export class ListingStrip extends HTMLElement {
  #removed = new AbortController()

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = this.closest("swapnest-chat")
    const listen = (/** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      chat?.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail), { signal })
    listen("listing", ({ listing_id: id, listing }) => id === numberOf(this.dataset.listing) && this.#draw(listing))
    listen("entry-listing", ({ listing }) => this.#draw(listing.id ? listing : null))
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  /** @param {Listing | null} listing */
  #draw(listing) {
    updateStrip(this, listing)
    const status = listing?.status ?? "inactive"
    for (const line of document.querySelectorAll("[data-ending]"))
      if (line instanceof HTMLElement) line.hidden = line.dataset.ending !== status
  }
}
