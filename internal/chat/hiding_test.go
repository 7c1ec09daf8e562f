package chat_test

import (
	"reflect"
	"testing"
	"time"

	"swapnest/internal/chat"
)

func TestWhatIsClearedIsInNoListUntilSomebodyWrites(t *testing.T) {
	for _, test := range []struct {
		name          string
		before        chat.Keeping
		head, last    chat.Seq
		want          chat.Keeping
		cleared, sees bool // of a message that comes next
	}{
		{"a plain one", chat.Keeping{}, 5, 5, chat.Keeping{ClearedSeq: 5}, true, true},
		{"one whose last event is an edit", chat.Keeping{}, 7, 5, chat.Keeping{ClearedSeq: 7}, true, true},
		{"pinned, archived and marked", chat.Keeping{Pinned: true, ArchivedSeq: 5, MarkedUnread: true}, 5, 5, chat.Keeping{ClearedSeq: 5}, true, true},
		{"muted stays muted", chat.Keeping{Muted: true, MutedUntil: time.Unix(9, 0)}, 5, 5, chat.Keeping{Muted: true, MutedUntil: time.Unix(9, 0), ClearedSeq: 5}, true, true},
		{"muted and archived comes back", chat.Keeping{Muted: true, ArchivedSeq: 3}, 5, 5, chat.Keeping{Muted: true, ClearedSeq: 5}, true, true},
		{"again", chat.Keeping{ClearedSeq: 5}, 9, 9, chat.Keeping{ClearedSeq: 9}, true, true},
		{"never back", chat.Keeping{ClearedSeq: 9}, 5, 5, chat.Keeping{ClearedSeq: 9}, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.before.Clear(test.head)
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got.Cleared(test.last) != test.cleared || got.Sees(test.last) {
				t.Errorf("cleared %v, sees the last one %v", got.Cleared(test.last), got.Sees(test.last))
			}
			next := test.head + 1
			if got.Sees(next) != test.sees || got.Cleared(next) == test.sees || test.sees && got.Archived(next) {
				t.Errorf("of the next one: sees %v, cleared %v, archived %v", got.Sees(next), got.Cleared(next), got.Archived(next))
			}
		})
	}
	if never := (chat.Keeping{}); never.Cleared(0) || never.Cleared(1) || !never.Sees(1) {
		t.Error("what was never cleared is not seen")
	}
}

func TestAConcealedMessageSaysNothing(t *testing.T) {
	m := chat.Message{
		ID: 1, Conversation: 2, Seq: 3, ClientID: "c", Sender: chat.Author{ID: 4, Name: "Asha"}, Text: "secret",
		SentAt: time.Unix(1, 0), EditedAt: time.Unix(2, 0), DeletedAt: time.Unix(3, 0), Read: true,
		ReplyTo: chat.Quote{ID: 9, Text: "secret, too"}, Reactions: []chat.Reaction{{User: 4, Emoji: "👍"}},
	}
	want := m
	want.Text, want.EditedAt, want.DeletedAt, want.Hidden = "", time.Time{}, time.Time{}, true
	want.ReplyTo, want.Reactions = chat.Quote{}, nil
	if got := m.Concealed(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
