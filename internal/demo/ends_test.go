package demo

import (
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// entriesOf returns all conversations of somebody, however they keep them.
func entriesOf(t *testing.T, db *store.DB, who chat.UserID, role chat.Role) []chat.Entry {
	t.Helper()
	var all []chat.Entry
	for _, q := range []store.EntryQuery{{}, {Pinned: true}, {Archived: true}} {
		q.Who, q.Role, q.Limit = who, role, 100
		entries, err := db.Entries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entries...)
	}
	return all
}

func TestTheFirstGuestMeetsEveryKindOfEnd(t *testing.T) {
	town, _ := newTown(t)
	guests := fill(t, town)
	u, _, err := town.DB.Credentials(t.Context(), guests[0].Username)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, e := range entriesOf(t, town.DB, u.ID, "") {
		for what, is := range map[string]bool{
			"closed": !e.Conversation.ClosedAt.IsZero(), "former member": !e.Other.ClosedAt.IsZero(),
			"sold": e.Listing.Status == chat.ListingSold, "withdrawn": e.Listing.Status == chat.ListingInactive,
			"muted": e.Muted, "archived": e.Archived, "pinned": e.Pinned, "marked as unread": e.MarkedUnread,
			"more new than a page holds": e.Unread > 200,
		} {
			seen[what] = seen[what] || is
		}
	}
	for what, is := range seen {
		if !is {
			t.Errorf("no conversation is %s", what)
		}
	}
}

func TestTheTownHasNewsOfWhatItsGuestsHaveSaved(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	changes, err := town.DB.ListingChanges(t.Context(), store.Cursor{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	sold, cheaper := 0, 0
	for _, c := range changes {
		to, err := town.DB.Wishers(t.Context(), c.Listing, c.Step.At, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(to) > 0 && c.Step.Sold() {
			sold++
		}
		if len(to) > 0 && c.Step.Cheaper() {
			cheaper++
		}
	}
	if sold != 2 || cheaper != 1 {
		t.Errorf("got %d sold and %d cheaper, want 2 and 1", sold, cheaper)
	}
}
