import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { formatMoney, parsePrice } from "../../internal/http/web/static/js/lib/money.js"

// The cases of the server's own test: an amount looks the same wherever it is drawn.
for (const [amount, currency, want] of [
  [70_000, "INR", "₹700"],
  [850_000, "INR", "₹8,500"],
  [12_500_050, "INR", "₹1,25,000.50"],
  [12_345_678_900, "INR", "₹12,34,56,789"],
  [850_050, "INR", "₹8,500.50"],
  [1, "INR", "₹0.01"],
  [0, "EUR", "€0"],
  [123_456_789, "USD", "$1,234,567.89"],
  [12_500_000, "BDT", "৳1,25,000"],
  [12_500_000, "NPR", "NPR\u00a01,25,000"],
  [120_000, "AED", "AED\u00a01,200"],
  [120_000, "SGD", "S$1,200"],
  [1_000_000_000_000, "GBP", "£10,000,000,000"],
]) {
  test(`${amount} ${currency} is ${want}`, () => assert.equal(formatMoney({ amount, currency }), want))
}

test("a price that is not known is nothing", () => {
  assert.equal(formatMoney({ amount: 0, currency: "" }), "")
})

// The server is held against the same file.
const prices = new URL("../../internal/http/web/testdata/prices.json", import.meta.url)
for (const { typed, amount } of JSON.parse(readFileSync(prices, "utf8")))
  test(`the price ${JSON.stringify(typed)}`, () => assert.equal(parsePrice(typed, "INR"), amount))
