import { playSound, setSound, wantsSound } from "../view/sound.js"
import { numberOf, one } from "../view/query.js"

/** <sound-switch> has new messages heard or not, in all tabs of this browser. */
export class SoundSwitch extends HTMLElement {
  #removed = new AbortController()
  #me = 0

  connectedCallback() {
    this.#removed = new AbortController()
    const { signal } = this.#removed
    this.#me = numberOf(this.closest("swapnest-chat")?.getAttribute("data-user-id") ?? undefined)
    this.addEventListener("click", () => this.#toggle(), { signal })
    addEventListener("storage", () => this.#show(), { signal })
    this.#show()
    this.hidden = false
  }

  disconnectedCallback() {
    this.#removed.abort()
  }

  #toggle() {
    const on = !wantsSound(this.#me)
    setSound(this.#me, on)
    this.#show()
    if (on) playSound()
  }

  #show() {
    const on = wantsSound(this.#me)
    one(this, "button", HTMLButtonElement).setAttribute("aria-pressed", String(on))
    one(this, "use", SVGElement).setAttribute("href", on ? "#i-bell" : "#i-mute")
  }
}
