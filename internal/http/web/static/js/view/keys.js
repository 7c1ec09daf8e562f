/** @type {Record<string, string>} what a key does by itself */
const single = { "?": "help", w: "write", m: "messages", l: "list", "/": "search", o: "options" }

/** @type {Record<string, string>} what it does together with Alt, also while one writes */
const together = { ArrowDown: "next", ArrowUp: "previous" }

const kept = "swapnest.keys"

/**
 * What a key asks for, undefined for nothing: single keys do nothing while one types, nor for
 * who has switched them off, for their voice or their hand presses keys that they do not mean.
 * @param {KeyboardEvent} event
 */
export function shortcutOf(event) {
  const { key, target, altKey, ctrlKey, metaKey, defaultPrevented, isComposing, keyCode } = event
  if (defaultPrevented || isComposing || keyCode === 229 || ctrlKey || metaKey) return undefined
  if (altKey) return together[key]
  const place = target instanceof Element ? target : document.body
  if (key === "Escape") {
    if (place.matches("message-composer textarea")) return "messages"
    return place.closest(".bubble") ? "write" : undefined
  }
  if (place.matches("input, textarea, select, [contenteditable]") || !keysOn()) return undefined
  return single[key.length === 1 ? key.toLowerCase() : key]
}

/** Whether single keys do something; they do where nothing can be kept. */
export function keysOn() {
  try {
    return localStorage.getItem(kept) !== "off"
  } catch {
    return true
  }
}

/** @param {boolean} on */
export function setKeys(on) {
  try {
    if (on) localStorage.removeItem(kept)
    else localStorage.setItem(kept, "off")
  } catch {
    // It is so on this page alone.
  }
}
