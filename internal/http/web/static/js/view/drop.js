/**
 * Hands on the files that are dropped on an element, which is marked with data-over
 * meanwhile, or pasted below another one.
 * @param {HTMLElement} onto
 * @param {HTMLElement | null} pasted
 * @param {(files: FileList | null | undefined) => void} take
 * @param {AbortSignal} signal
 */
export function takeFiles(onto, pasted, take, signal) {
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    onto.toggleAttribute("data-over", event.type === "dragover")
  }
  onto.addEventListener("dragover", over, { signal })
  onto.addEventListener("dragleave", over, { signal })
  onto.addEventListener(
    "drop",
    (event) => {
      over(event)
      take(event.dataTransfer?.files)
    },
    { signal },
  )
  pasted?.addEventListener("paste", ({ clipboardData }) => take(clipboardData?.files), { signal })
}
