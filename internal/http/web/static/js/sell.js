// What the form of a listing gains from a script: photos are sent while one writes, and the
// price is shown as others will see it.
import { PhotoPicker } from "./elements/photo-picker.js"
import { formatMoney, parsePrice } from "./lib/money.js"
import { one } from "./view/query.js"

customElements.define("photo-picker", PhotoPicker)

const price = one(document, "#price", HTMLInputElement)
const currency = one(document, "#currency", HTMLSelectElement)
const shown = one(document, "[data-price]", HTMLOutputElement)

function show() {
  const amount = parsePrice(price.value, currency.value)
  shown.hidden = amount === null
  shown.textContent = amount === null ? "" : formatMoney({ amount, currency: currency.value })
}
for (const input of [price, currency]) input.addEventListener("input", show)
show()
