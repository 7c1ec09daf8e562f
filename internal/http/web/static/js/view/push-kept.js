/** @typedef {import("../lib/push-device.js").Told} Told */

const prefix = "swapnest.push."

/** @type {import("../lib/push-device.js").Kept} */
export const keptPush = {
  read(me) {
    try {
      return JSON.parse(localStorage.getItem(prefix + me) ?? "null") ?? undefined
    } catch {
      return undefined
    }
  },
  write(me, told) {
    try {
      if (told) localStorage.setItem(prefix + me, JSON.stringify(told))
      else localStorage.removeItem(prefix + me)
      return true
    } catch {
      return false
    }
  },
}

/** The session is over, and with it what the server knew: who signs in again and had wanted it has it again. */
export function forgetTold() {
  try {
    const blank = JSON.stringify({ endpoint: "", at: 0 })
    for (const name of Object.keys(localStorage))
      if (/^swapnest\.push\.\d+$/.test(name)) localStorage.setItem(name, blank)
  } catch {
    // Then there is nothing that it could be known from.
  }
}
