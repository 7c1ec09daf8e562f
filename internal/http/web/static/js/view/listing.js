import { formatMoney } from "../lib/money.js"
import { one } from "./query.js"

/** @typedef {import("../lib/frames.js").Listing} Listing */

const drawn = new Set(["cycles", "furniture", "phones", "kitchen", "books", "sport", "music", "garden"])

/** What a label says of a listing, as the server words it. */
const labels = {
  active: { kind: "active", word: "Active" },
  reserved: { kind: "reserved", word: "Reserved" },
  sold: { kind: "sold", word: "Sold" },
  inactive: { kind: "gone", word: "No longer available" },
}

/**
 * The small picture of a listing, or a drawn one of its category.
 * @param {Listing} listing
 */
export function photoOf({ photos, category }) {
  if (photos.length > 0) return photos[0].thumb_url
  const name = drawn.has(category) ? category : "thing"
  return new URL(`../../art/${name}.svg`, import.meta.url).href
}

/**
 * Shows on the strip above a conversation how its listing stands. Of one that is gone it
 * keeps what was known.
 * @param {Element} strip
 * @param {Listing | null} listing
 */
export function updateStrip(strip, listing) {
  const status = listing?.status ?? "inactive"
  const { kind, word } = labels[status]
  strip.toggleAttribute("data-state", false)
  if (kind === "gone") strip.setAttribute("data-state", "gone")
  const label = one(strip, ".label", HTMLElement)
  label.dataset.kind = kind
  label.textContent = word
  const price = strip.querySelector(".price")
  price?.toggleAttribute("data-state", false)
  if (kind === "sold" || kind === "gone") price?.setAttribute("data-state", "off")
  if (!listing?.id) {
    strip.querySelector(":scope > a")?.remove()
    return
  }
  one(strip, "img", HTMLImageElement).src = photoOf(listing)
  one(strip, ".pinned-title bdi", HTMLElement).textContent = listing.title
  if (price) price.textContent = formatMoney(listing.price)
}
