// What the page of notices gains from a script. It works without it.
import { NoticeList } from "./elements/notice-list.js"
import { PreferenceSwitches } from "./elements/preference-switches.js"
import { PushSwitch } from "./elements/push-switch.js"

customElements.define("notice-list", NoticeList)
customElements.define("preference-switches", PreferenceSwitches)
customElements.define("push-switch", PushSwitch)
