import { newClientId } from "../lib/client-id.js"
import { systemClock } from "../lib/clock.js"
import { Drafts } from "../lib/drafts.js"
import { cleanText, countCharacters } from "../lib/text.js"
import { TypingSignal } from "../lib/typing.js"
import { chosenAt, takeChosen } from "../view/attach.js"
import { fitBox, focusEnd, showEnd, showFault } from "../view/box.js"
import { Editing } from "../view/editing.js"
import { numberOf, one } from "../view/query.js"
import { Replying } from "../view/replying.js"

/**
 * <message-composer data-conversation> is where one writes. Without a script its
 * form posts; with one, it dispatches "compose" (detail: conversation, text,
 * client id, reply and files, fixed at that moment) and "typing-changed" (detail: whether). "edit" of the
 * host has it hold a message that was sent; "edit-last" asks the host for the last one, and
 * "revised" (detail: Message) says what has become of one.
 */
export class MessageComposer extends HTMLElement {
  #removed = new AbortController()
  #conversation = 0
  #limit = 0
  #input = /** @type {HTMLTextAreaElement} */ (/** @type {unknown} */ (null))
  #editing = /** @type {Editing} */ (/** @type {unknown} */ (null))
  #replying = /** @type {Replying} */ (/** @type {unknown} */ (null))
  #drafts = /** @type {Drafts} */ (/** @type {unknown} */ (null))
  #again = () => this.#send()
  #typing = new TypingSignal((typing) => this.#tell("typing-changed", typing), systemClock)

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    const chat = one(document, "swapnest-chat", HTMLElement)
    this.#conversation = numberOf(this.dataset.conversation)
    this.#limit = numberOf(chat.dataset.maxChars)
    this.#input = one(this, "textarea", HTMLTextAreaElement)
    this.#editing = new Editing(this, this.#input, () => (this.#fault(""), this.#fit()))
    this.#drafts = new Drafts(() => localStorage, numberOf(chat.dataset.userId))
    this.#replying = new Replying(this, this.#input, this.#drafts, this.#conversation)
    const form = one(this, "form", HTMLFormElement)
    form.noValidate = true
    form.addEventListener("submit", (event) => (event.preventDefault(), this.#send()), { signal })
    this.#input.addEventListener("input", () => this.#edited(), { signal })
    this.#input.addEventListener("keydown", (event) => this.#key(event), { signal })
    this.#input.addEventListener("blur", () => this.#typing.stop(), { signal })
    addEventListener("pagehide", () => this.#typing.stop(), { signal })
    const on = (/** @type {HTMLElement} */ at, /** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      at.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail), { signal })
    on(chat, "edit", (message) => this.#editing.begin(message))
    on(chat, "reply", () => this.#editing.end())
    on(chat, "ended", (end) => showEnd(this, end))
    on(this, "send-files", (files) => this.#compose("", files))
    this.#replying.obey(chat, signal)
    on(one(this, ".composer-editing button", HTMLElement), "click", () => this.#editing.end())
    if (this.#input.value === "") this.#input.value = this.#drafts.get(this.#conversation)
    this.#fit()
    // A finger that opens a page wants to read; a keyboard wants to write.
    if (matchMedia("(pointer: fine)").matches) focusEnd(this.#input)
  }

  disconnectedCallback() {
    this.#typing.stop()
    this.#removed.abort()
  }

  #edited() {
    this.#fault("")
    this.#fit()
    if (this.#editing.on) return
    this.#drafts.set(this.#conversation, this.#input.value)
    if (this.#input.value.trim() === "") this.#typing.stop()
    else this.#typing.typed()
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return
    // An Enter that ends a composition chooses a word; some browsers say so only by 229.
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === "Escape" && (this.#editing.end() || this.#replying.end())) event.preventDefault()
    if (event.key === "ArrowUp" && this.#input.value === "" && !this.#editing.on) this.#tell("edit-last", event)
    if (event.key !== "Enter") return
    if (matchMedia("(pointer: coarse)").matches) return
    event.preventDefault()
    this.#send()
  }

  #send() {
    const text = cleanText(this.#input.value)
    this.#input.focus()
    const { on: edits } = this.#editing
    const files = chosenAt(this)
    if (text === "" && edits) return this.#fault("A message needs a text. To take it away, delete it.")
    if (files.coming && !edits) return this.addEventListener("files-stand", this.#again, { once: true })
    if (text === "" && !files.some) return
    const most = this.#limit
    if (countCharacters(text) > most)
      return this.#fault(`A message can have at most ${most} characters. Shorten it, or send it in two parts.`)
    if (edits) return void this.#save(text)
    if (files.fault) return this.#fault(files.fault)
    this.#typing.stop()
    this.#input.value = ""
    this.#fault("")
    this.querySelector("quick-replies")?.remove()
    this.#fit()
    this.#compose(text, takeChosen(this))
  }

  /**
   * @param {string} text
   * @param {string[]} files
   */
  #compose(text, files) {
    const stored = () => {
      // What was written meanwhile is a draft of its own.
      if (text !== "" && this.#input.value === "") this.#drafts.set(this.#conversation, "")
    }
    const reply = this.#replying.quote
    this.#replying.end()
    this.#tell("compose", { conversation: this.#conversation, text, clientId: newClientId(), reply, files, stored })
  }

  /** @param {string} text of the message that is edited */
  async #save(text) {
    try {
      const message = await this.#editing.save(text)
      if (message) this.#tell("revised", message)
    } catch (error) {
      this.#fault(`Not saved, your text is still here. ${error instanceof Error ? error.message : error}`)
    }
  }

  /** @param {string} text why it is not sent, "" for nothing */
  #fault(text) {
    showFault(this, text)
    this.#input.ariaInvalid = text === "" ? null : "true"
  }

  #fit() {
    fitBox(this.#input, one(this, ".composer-count", HTMLElement), this.#limit)
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }))
  }
}
