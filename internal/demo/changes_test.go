package demo

import (
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

func TestSomebodyHasEditedAMessageAndSomebodyDeletedOne(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	var edited, deleted int
	for _, e := range entriesOf(t, town.DB, idOf(t, town.DB, "aarav"), chat.Buyer) {
		messages, err := town.DB.MessagesAfter(t.Context(), e.Conversation.ID, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range messages {
			if i+1 < len(messages) && (m.EditedAt.After(messages[i+1].SentAt) || m.DeletedAt.After(messages[i+1].SentAt)) {
				t.Errorf("%q was changed after %q was said", m.Text, messages[i+1].Text)
			}
			if !m.EditedAt.IsZero() && m.Text != "" {
				edited++
			}
			if !m.DeletedAt.IsZero() && m.Text == "" {
				deleted++
			}
		}
	}
	if edited == 0 || deleted == 0 {
		t.Errorf("%d edited, %d deleted; want one of each at least", edited, deleted)
	}
}

func TestSomebodyAnswersWhatIsFurtherUp(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	near, far := 0, 0
	for _, e := range entriesOf(t, town.DB, idOf(t, town.DB, "aarav"), chat.Buyer) {
		messages, err := town.DB.MessagesAfter(t.Context(), e.Conversation.ID, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			switch q := m.ReplyTo; {
			case q.ID == 0:
			case q.Text == "" || q.Seq >= m.Seq:
				t.Errorf("%q answers %+v", m.Text, q)
			case e.Conversation.Head-q.Seq >= chat.MessagePage:
				far++
			default:
				near++
			}
		}
	}
	if near == 0 || far == 0 {
		t.Errorf("%d answer what is on the page, %d what is further up; want one of each at least", near, far)
	}
}

func TestSomebodyHasDeletedAMessageForThemselves(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	who := idOf(t, town.DB, "aarav")
	hidden := 0
	for _, e := range entriesOf(t, town.DB, who, chat.Buyer) {
		var seen [2][]chat.Message
		for i, reader := range []store.Reader{town.DB.As(who), town.DB.As(e.Other.ID)} {
			var err error
			if seen[i], err = reader.MessagesAfter(t.Context(), e.Conversation.ID, 0, 1000); err != nil {
				t.Fatal(err)
			}
		}
		n := len(seen[1]) - len(seen[0])
		if hidden += n; n > 0 && e.Last.Seq == seen[1][len(seen[1])-1].Seq {
			t.Errorf("the list shows the last message of %q, which is hidden", e.Conversation.Title)
		}
	}
	if hidden == 0 {
		t.Error("nobody has")
	}
}

// idOf is somebody's.
func idOf(t *testing.T, db *store.DB, username string) chat.UserID {
	t.Helper()
	u, _, err := db.Credentials(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// TestPeopleHaveReacted finds a message to which one has reacted, one to which both have with the same emoji, and one
// with two emoji.
func TestPeopleHaveReacted(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	talks, emoji, together := 0, 0, 0
	for _, e := range entriesOf(t, town.DB, idOf(t, town.DB, "aarav"), chat.Buyer) {
		messages, err := town.DB.MessagesAfter(t.Context(), e.Conversation.ID, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		some := 0
		for _, m := range messages {
			groups := m.Reacted()
			some += len(groups)
			emoji = max(emoji, len(groups))
			for _, g := range groups {
				together = max(together, len(g.Users))
			}
		}
		if some > 0 {
			talks++
		}
	}
	if talks < 2 || emoji < 2 || together < 2 {
		t.Errorf("reactions in %d talks, at most %d emoji at a message, and one from %d people; want two of each at least", talks, emoji, together)
	}
}
