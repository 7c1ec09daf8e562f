// The chat pages. They are readable and postable without this; with it they are live.
import { ConversationMenu } from "./elements/conversation-menu.js"
import { EntryMenu } from "./elements/entry-menu.js"
import { InboxList } from "./elements/inbox-list.js"
import { InboxMore } from "./elements/inbox-more.js"
import { LineBadge } from "./elements/line-badge.js"
import { LineBanner } from "./elements/line-banner.js"
import { ListingStrip } from "./elements/listing-strip.js"
import { MessageAnnouncer } from "./elements/message-announcer.js"
import { MessageComposer } from "./elements/message-composer.js"
import { MessageList } from "./elements/message-list.js"
import { MessageMenu } from "./elements/message-menu.js"
import { PresenceDot } from "./elements/presence-dot.js"
import { PresenceText } from "./elements/presence-text.js"
import { ReactionBar } from "./elements/reaction-bar.js"
import { ReadWatch } from "./elements/read-watch.js"
import { ShortcutKeys } from "./elements/shortcut-keys.js"
import { RemoveConversation } from "./elements/remove-conversation.js"
import { SoundSwitch } from "./elements/sound-switch.js"
import { SwapnestChat } from "./elements/swapnest-chat.js"
import { TimelineView } from "./elements/timeline-view.js"
import { TypingLine } from "./elements/typing-line.js"
import { mindFiles } from "./view/attach.js"
import { loadDrawer } from "./view/carried.js"
import { keepFresh } from "./view/keep-fresh.js"
import { defineLater } from "./view/later.js"
import { mindOffer } from "./view/offer.js"
import { show } from "./view/toast.js"
import { loadStyle } from "./view/style.js"

const chat = document.querySelector("swapnest-chat")
if (chat instanceof HTMLElement) keepFresh(chat)

// The host comes last: whoever listens to it is there before it speaks.
customElements.define("presence-dot", PresenceDot)
customElements.define("presence-text", PresenceText)
customElements.define("typing-line", TypingLine)
customElements.define("line-badge", LineBadge)
customElements.define("line-banner", LineBanner)
customElements.define("listing-strip", ListingStrip)
customElements.define("conversation-menu", ConversationMenu)
customElements.define("remove-conversation", RemoveConversation)
customElements.define("entry-menu", EntryMenu)
customElements.define("sound-switch", SoundSwitch)
customElements.define("inbox-list", InboxList)
customElements.define("inbox-more", InboxMore)
customElements.define("message-announcer", MessageAnnouncer)
customElements.define("message-composer", MessageComposer)
customElements.define("timeline-view", TimelineView)
customElements.define("read-watch", ReadWatch)
customElements.define("message-menu", MessageMenu)
customElements.define("reaction-bar", ReactionBar)
customElements.define("message-list", MessageList)
customElements.define("shortcut-keys", ShortcutKeys)
customElements.define("swapnest-chat", SwapnestChat)
mindOffer(document.querySelector("swapnest-chat"))

if (document.querySelector("voice-note")) void import("./view/voice.js").then(({ loadVoice }) => loadVoice())

const load = async () => (await import("./elements/conversation-search.js")).ConversationSearch
const search = defineLater("conversation-search", load, "a[data-search]")
if (new URLSearchParams(location.search).has("q")) void search()

const loadViewer = async () => (await import("./elements/picture-viewer.js")).PictureViewer
defineLater("picture-viewer", loadViewer, ".pictures > a[href]")
const loadFiles = async () => {
  const styled = loadStyle("composer-files").catch((error) => error)
  // What carries files comes by the same import as when they are carried, which for a browser is another file
  // than what composer-files would import: a line that breaks after this keeps none from being taken.
  const [{ ComposerFiles }] = await Promise.all([import("./elements/composer-files.js"), import("./view/uploads.js")])
  const fault = await styled
  if (fault) throw fault
  return ComposerFiles
}
const files = defineLater("composer-files", loadFiles, ".composer-attach")
mindFiles(files)

// With it comes what sends a recording and draws it: by then the line may be gone.
const loadRecorder = async () => {
  try {
    const [{ VoiceRecorder }] = await Promise.all([import("./elements/voice-recorder.js"), files()])
    loadDrawer()
    return VoiceRecorder
  } catch (error) {
    show(document.body, { text: "The recorder could not be loaded. Press the button again when you are online." })
    throw error
  }
}
defineLater("voice-recorder", loadRecorder, ".composer-mic")

// Last, since it gives files to what minds them.
if (new URLSearchParams(location.search).has("shared"))
  void import("./view/shared.js").then(({ takeHere }) => takeHere())
