// What the page gains where one chooses who gets what another app has shared.
import { SharedWaiting } from "./elements/shared-waiting.js"

customElements.define("shared-waiting", SharedWaiting)
