package web

// shortcutGroup is what can be done by keys in one place of the chat pages.
type shortcutGroup struct {
	Name string
	Keys []shortcut
}

// shortcut is one thing that a key does. Each of Keys does it; a key with a space in its name is
// pressed together with the one before.
type shortcut struct {
	Keys []string
	Does string
}

// shortcutGroups is the list that the chat pages show at a press of ?. It is the only one: what
// the modules of the browser do by a key has a line here.
var shortcutGroups = []shortcutGroup{
	{"Everywhere", []shortcut{
		{[]string{"?"}, "Show this list"},
		{[]string{"W"}, "Write: go to the message box"},
		{[]string{"M"}, "Go to the messages, to the last one first"},
		{[]string{"L"}, "Go to the list of conversations"},
		{[]string{"/"}, "Search your chats"},
		{[]string{"O"}, "Options of the conversation: mute, pin, archive, mark as unread, delete"},
		{[]string{"Alt ↓", "Alt ↑"}, "Next or previous conversation, also while you write"},
	}},
	{"In the message box", []shortcut{
		{[]string{"Enter"}, "Send"},
		{[]string{"Shift Enter"}, "New line"},
		{[]string{"/"}, "Your saved replies, while the box is empty"},
		{[]string{"↑"}, "Edit your last message, while the box is empty"},
		{[]string{"Esc"}, "Stop editing or replying; else go to the messages"},
	}},
	{"At a message", []shortcut{
		{[]string{"↑", "↓"}, "The message before or behind"},
		{[]string{"Home", "End"}, "The first one that is loaded, or the latest"},
		{[]string{"R"}, "Reply"},
		{[]string{"C"}, "Copy its text"},
		{[]string{"E"}, "Edit it, when it is yours and new"},
		{[]string{"D"}, "Delete it: for both when it is yours and new, else for you"},
		{[]string{"Q"}, "Go to the message that it answers"},
		{[]string{"Enter"}, "Open its menu"},
		{[]string{"Esc"}, "Back to the message box"},
	}},
	{"In the list", []shortcut{
		{[]string{"↑", "↓"}, "The entry above or below"},
		{[]string{"Home", "End"}, "The first or the last one that is loaded"},
		{[]string{"Enter"}, "Open the conversation"},
		{[]string{"Menu"}, "Open its menu, also by Shift F10"},
	}},
}

// Shortcuts is what can be done by keys.
func (list) Shortcuts() []shortcutGroup { return shortcutGroups }
