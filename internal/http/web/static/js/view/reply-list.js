const id = "saved-list"

/**
 * The list of saved replies above the box: a combobox in which the focus stays in the box. What
 * is chosen there is told by aria-activedescendant.
 */
export class ReplyList {
  #input
  #choose
  #box = document.createElement("div")
  #list = document.createElement("ul")
  #status = document.createElement("p")
  #at = 0

  /**
   * @param {Element} host
   * @param {HTMLTextAreaElement} input
   * @param {(id: number) => void} choose
   */
  constructor(host, input, choose) {
    this.#input = input
    this.#choose = choose
    this.#box.className = "menu saved-menu"
    this.#box.hidden = true
    this.#list.id = id
    this.#list.setAttribute("role", "listbox")
    this.#list.setAttribute("aria-label", "Saved replies")
    this.#status.className = "sr"
    this.#status.setAttribute("role", "status")
    const manage = document.createElement("a")
    manage.className = "menu-item"
    manage.href = "/accounts/saved-replies/"
    manage.textContent = "Change saved replies"
    this.#box.append(this.#list, manage)
    host.append(this.#box, this.#status)
    // A press must not take the focus out of the box before it counts.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault())
    this.#list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest("[role=option]") : null
      if (option instanceof HTMLElement) this.#choose(Number(option.dataset.reply))
    })
  }

  get open() {
    return !this.#box.hidden
  }

  /** @param {import("../lib/saved.js").SavedReply[]} replies */
  show(replies) {
    this.#list.replaceChildren(...replies.map(makeOption))
    this.#list.hidden = replies.length === 0
    this.#box.hidden = false
    this.#input.setAttribute("aria-controls", id)
    this.#input.setAttribute("aria-autocomplete", "list")
    const n = replies.length
    this.#status.textContent = n === 0 ? "Nothing saved" : n === 1 ? "1 saved reply" : `${n} saved replies`
    this.#go(0)
  }

  close() {
    if (!this.open) return
    this.#box.hidden = true
    this.#status.textContent = ""
    for (const name of ["aria-controls", "aria-autocomplete", "aria-activedescendant"])
      this.#input.removeAttribute(name)
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it was for the list
   */
  key({ key, shiftKey, altKey, ctrlKey, metaKey }) {
    const options = this.#list.children
    if (options.length === 0 || shiftKey || altKey || ctrlKey || metaKey) return false
    const step = { ArrowUp: -1, ArrowDown: 1 }[key]
    if (step) this.#go((this.#at + step + options.length) % options.length)
    else if (key === "Enter") this.#choose(Number(/** @type {HTMLElement} */ (options[this.#at]).dataset.reply))
    else return false
    return true
  }

  /** @param {number} at */
  #go(at) {
    this.#at = at
    for (const [i, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(i === at))
      if (i !== at) continue
      this.#input.setAttribute("aria-activedescendant", option.id)
      option.scrollIntoView({ block: "nearest" })
    }
  }
}

/** @param {import("../lib/saved.js").SavedReply} reply */
function makeOption({ id: reply, title, text }) {
  const option = document.createElement("li")
  option.id = `saved-${reply}`
  option.className = "menu-item"
  option.setAttribute("role", "option")
  option.dataset.reply = String(reply)
  const words = title ? [title, text] : [text]
  option.append(
    ...words.map((word, i) => {
      const node = document.createElement(title && i === 0 ? "b" : "bdi")
      node.dir = "auto"
      node.textContent = word
      return node
    }),
  )
  return option
}
