/** @type {Record<string, string>} what a key does with the message that has the focus */
const works = { r: "reply", c: "copy", e: "edit", d: "ask", Delete: "ask", q: "quoted" }

/**
 * What somebody asks of a message by a key, undefined for nothing. They count in the bubble
 * alone, so nobody who talks to their computer or leans on a key does anything by them elsewhere.
 * @param {KeyboardEvent} event
 */
export function workOf({ key, target, altKey, ctrlKey, metaKey, shiftKey, repeat }) {
  const bubble = target instanceof Element ? target.closest(".bubble") : null
  if (!bubble || altKey || ctrlKey || metaKey || repeat) return undefined
  if (target === bubble && (key === "Enter" || key === "ContextMenu" || (key === "F10" && shiftKey))) return "open"
  return shiftKey ? undefined : works[key.length === 1 ? key.toLowerCase() : key]
}
