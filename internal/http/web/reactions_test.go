package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
)

func TestReactionsSayWhoHasReacted(t *testing.T) {
	me, them := aarav.User.ID, meera.ID
	m := words(7, meera, "Sold!", 5)
	m.Reactions = []chat.Reaction{{User: them, Emoji: "👍"}, {User: me, Emoji: "❤️"}, {User: me, Emoji: "👍"}, {User: them, Emoji: "🎉"}}
	plain := words(8, meera, "Yes", 4)
	w := newWeb(t)
	talk := newTalk(me, talkEntry(plain, 0), messaging.MessagesPage{Messages: []chat.Message{m, plain}, Head: 12}, "/chat/")
	page := draw(t, w, "conversation", conversationView{shell: chatShell(frame(w, "Aarav", "chats"), "conversation"), talk: talk})
	contains(t, page, `data-emoji="👍" data-users="`+fmt.Sprintf("%d %d", them, me)+`" aria-pressed="true"`, `data-emoji="🎉" data-users="`+fmt.Sprint(them)+`" aria-pressed="false"`,
		`<span class="sr">You and `+meera.Name+` reacted with 👍</span>`, `<span class="sr">You reacted with ❤️</span>`, `<span class="sr">`+meera.Name+` reacted with 🎉</span>`, `<reaction-bar`)
	if n := strings.Count(page, `class="reactions"`); n != 1 {
		t.Errorf("%d messages have reactions, want 1", n)
	}
	if n := strings.Count(page, `class="menu-item reaction-choice"`); n != 6 {
		t.Errorf("%d reactions are at hand, want 6", n)
	}
}

// TestTheEmojiAtHandAreKnown holds the six against the rule and against the picker's data.
func TestTheEmojiAtHandAreKnown(t *testing.T) {
	data, err := files.ReadFile("static/data/emoji.json")
	if err != nil {
		t.Fatal(err)
	}
	var picker struct {
		Licence string
		Groups  []struct{ Emoji [][3]string }
	}
	if err := json.Unmarshal(data, &picker); err != nil || !strings.Contains(picker.Licence, "MIT License") {
		t.Fatalf("the data comes with the licence %q, %v", picker.Licence, err)
	}
	for _, emoji := range quickReactions {
		if same, err := chat.ParseEmoji(emoji); same != emoji || err != nil {
			t.Errorf("%q is %q, %v", emoji, same, err)
		}
		if !slices.ContainsFunc(picker.Groups, func(g struct{ Emoji [][3]string }) bool {
			return slices.ContainsFunc(g.Emoji, func(one [3]string) bool { return one[0] == emoji })
		}) {
			t.Errorf("%q is not in the picker", emoji)
		}
	}
}
