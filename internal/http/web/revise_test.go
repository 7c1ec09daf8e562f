package web

import (
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
)

func TestEditedAndDeletedMessagesSaySo(t *testing.T) {
	edited, gone := words(8, meera, "Yes", 4), words(9, aarav.User, "", 3)
	edited.EditedAt = edited.SentAt.Add(time.Minute)
	gone.EditedAt, gone.DeletedAt = gone.SentAt, gone.SentAt.Add(time.Minute)
	plain := words(7, meera, "Is it?", 5)
	w := newWeb(t)
	talk := newTalk(aarav.User.ID, talkEntry(gone, 0), messaging.MessagesPage{Messages: []chat.Message{plain, edited, gone}, Head: 11}, "/chat/")
	all := talk.Bubbles
	for i, want := range []struct{ edited, deleted bool }{{false, false}, {true, false}, {false, true}} {
		if all[i].Edited() != want.edited || all[i].Deleted() != want.deleted {
			t.Errorf("bubble %d: edited %t, deleted %t; want %+v", i, all[i].Edited(), all[i].Deleted(), want)
		}
	}
	page := draw(t, w, "conversation", conversationView{shell: chatShell(frame(w, "Meera", "chats"), "conversation"), talk: talk})
	contains(t, page, ` data-edited="`+iso(edited.EditedAt)+`"`, `<span class="edited" title="Edited `+edited.EditedAt.UTC().Format("15:04")+` UTC">edited</span>`,
		` data-deleted>`, chat.DeletedText+`<span class="meta">`)
	if n := strings.Count(page, "edited</span>"); n != 1 {
		t.Errorf("%d messages say that they were edited, want 1", n)
	}
	list := drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(gone, 0)}})
	contains(t, list, "<bdi>"+chat.DeletedText+"</bdi>")
}
