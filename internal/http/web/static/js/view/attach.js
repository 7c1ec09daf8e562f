import { showFault } from "./box.js"

/** @typedef {{ file: File, folder?: boolean, kind?: "voice", duration_ms?: number, waveform?: number[] }} Given */

const element = "composer-files"

/**
 * Hands files to the composer that are pasted into it, dropped on its conversation, or given to it by
 * "attach" (detail: { files: Given[], send? }), and has it show those that it has kept. What does so
 * is loaded only then.
 * @param {() => Promise<void>} define <composer-files>
 */
export function mindFiles(define) {
  const chat = document.querySelector("swapnest-chat")
  const composer = chat?.querySelector("message-composer")
  const form = composer?.querySelector("form")
  const onto = composer?.closest(".conversation")
  if (!chat || !composer || !form || !onto) return

  const ready = () =>
    define().catch(() => {
      showFault(composer, "Files cannot be added without a connection. Try again in a moment.")
      stand()
    })
  const strip = composer.querySelector(element)
  const stand = () => {
    strip?.removeAttribute("data-coming")
    strip?.dispatchEvent(new CustomEvent("files-stand", { bubbles: true }))
  }
  /** @param {Given[]} files */
  const give = (files) => {
    const detail = { files }
    const attach = () => form.dispatchEvent(new CustomEvent("attach", { bubbles: true, detail }))
    if (files.length === 0) return
    // Who presses Enter before they are here means them, too.
    strip?.setAttribute("data-coming", "")
    void ready().then(() => customElements.get(element) && attach())
  }

  chat.addEventListener("chosen", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.length > 0 && !customElements.get(element)) void ready()
  })
  composer.addEventListener(
    "attach",
    (event) => {
      if (customElements.get(element)) return
      event.stopImmediatePropagation()
      const again = new CustomEvent("attach", { bubbles: true, detail: /** @type {CustomEvent} */ (event).detail })
      void ready().then(() => customElements.get(element) && event.target?.dispatchEvent(again))
    },
    { capture: true },
  )
  form.addEventListener("paste", (event) => {
    const { clipboardData: board } = event
    // A table or a page that was copied brings a picture of itself: its text is meant.
    const isText = ["text/plain", "text/html"].every((type) => board?.types.includes(type))
    if (!board?.files.length || isText) return
    event.preventDefault()
    give([...board.files].map((file) => ({ file })))
  })

  const over = (/** @type {Event} */ event, /** @type {boolean} */ is) => {
    const { dataTransfer: data, target } = /** @type {DragEvent} */ (event)
    if (!data?.types.includes("Files")) return false
    event.preventDefault()
    const here = target instanceof Node && onto.contains(target) && composer.querySelector(element) !== null
    data.dropEffect = here ? "copy" : "none"
    onto.toggleAttribute("data-over", here && is)
    return here
  }
  // Its style comes with it.
  document.addEventListener("dragenter", (event) => over(event, true) && void ready())
  document.addEventListener("dragover", (event) => over(event, true))
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && over(event, false))
  document.addEventListener("drop", (event) => {
    if (!over(event, false)) return
    const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file")
    give(
      items.flatMap((item) => {
        const file = item.getAsFile()
        return file ? { file, folder: item.webkitGetAsEntry()?.isDirectory === true } : []
      }),
    )
  })
}

/**
 * Takes the files that stand at a composer, for a message.
 * @param {HTMLElement} composer
 * @returns {string[]} their ids
 */
export function takeChosen(composer) {
  const files = composer.querySelector(element)
  const ids = files?.getAttribute("data-ids")?.split(" ") ?? []
  files?.removeAttribute("data-ids")
  return ids
}

/**
 * Whether files stand at a composer or will in a moment, and why they cannot be sent as they are.
 * @param {HTMLElement} composer
 */
export function chosenAt(composer) {
  const files = composer.querySelector(element)
  const has = (/** @type {string} */ name) => files?.hasAttribute(name) === true
  return { some: has("data-ids"), coming: has("data-coming"), fault: files?.getAttribute("data-fault") ?? "" }
}
