/** What stands before an amount. A currency without one shows its code. */
const signs = new Map([
  ["INR", "₹"],
  ["USD", "$"],
  ["EUR", "€"],
  ["GBP", "£"],
  ["SGD", "S$"],
  ["BDT", "৳"],
])

/** The highest price, in minor units. */
const most = 1_000_000_000_000

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

/**
 * The minor units of what somebody typed for a price, as the server reads it: "8500",
 * "8,500.50", "₹ 1,25,000".
 * @param {string} typed
 * @param {string} currency
 * @returns {number | null} null for what the server would ask about
 */
export function parsePrice(typed, currency) {
  const sign = signs.get(currency) ?? ""
  const figures = (typed.trim().startsWith(sign) ? typed.trim().slice(sign.length) : typed).trim()
  const parts = /^(\d+|\d{1,3}(?:,\d{2,3})*,\d{3})(?:\.(\d{1,2}))?$/.exec(figures)
  if (!parts) return null
  const whole = parts[1].replaceAll(",", "")
  const amount = Number(whole) * 100 + Number((parts[2] ?? "").padEnd(2, "0"))
  return Number.isSafeInteger(amount) && amount <= most ? amount : null
}
