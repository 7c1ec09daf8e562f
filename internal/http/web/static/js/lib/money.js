/** What stands before an amount. A currency without one shows its code. */
const signs = new Map([
  ["INR", "₹"],
  ["USD", "$"],
  ["EUR", "€"],
  ["GBP", "£"],
  ["SGD", "S$"],
  ["BDT", "৳"],
])

/**
 * An amount as the server shows it: ₹8,500 and ₹1,25,000.50.
 * @param {{ amount: number, currency: string }} money in minor units
 * @returns {string} "" for a price that is not known
 */
export function formatMoney({ amount, currency }) {
  if (!currency) return ""
  const sign = signs.get(currency) ?? `${currency}\u00a0`
  const whole = Math.trunc(amount / 100)
  const cents = amount % 100
  const lakhs = currency === "INR" || currency === "BDT" || currency === "NPR"
  const digits = whole.toLocaleString(lakhs ? "en-IN" : "en")
  return sign + digits + (cents === 0 ? "" : `.${String(cents).padStart(2, "0")}`)
}
