package inbox_test

import (
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

func TestWhatIsMutedIsListedWhereverItIsKept(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		ids := h.converse(t, 6)
		end := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		h.keep(t, ids[0], chat.KeepingChange{Muted: new(true), MutedUntil: end})
		h.keep(t, ids[1], chat.KeepingChange{Muted: new(true), Archived: new(true)})
		h.keep(t, ids[2], chat.KeepingChange{Pinned: new(true)})
		h.keep(t, ids[3], chat.KeepingChange{Muted: new(true), Pinned: new(true)})
		h.keep(t, ids[4], chat.KeepingChange{Muted: new(true)})
		h.keep(t, ids[5], chat.KeepingChange{Muted: new(true)})
		if err := h.inbox.Delete(t.Context(), h.Buyer.ID, ids[5]); err != nil {
			t.Fatal(err)
		}
		muted := func(who chat.UserID) []chat.ConversationID {
			t.Helper()
			before := h.queries.Load()
			all, err := h.inbox.Muted(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			if n := h.queries.Load() - before; n != 1 {
				t.Errorf("%d queries, want 1", n)
			}
			found := []chat.ConversationID{}
			for _, e := range all {
				if want := e.Conversation.ID == ids[0]; e.MutedUntil.Equal(end) != want || !e.Muted {
					t.Errorf("conversation %d is muted %t until %s", e.Conversation.ID, e.Muted, e.MutedUntil)
				}
				found = append(found, e.Conversation.ID)
			}
			return found
		}
		want := []chat.ConversationID{ids[0], ids[1], ids[3], ids[4]}
		if got := muted(h.Buyer.ID); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got := muted(h.Seller.ID); len(got) != 0 {
			t.Errorf("the other one has %v muted, want none", got)
		}
		h.keep(t, ids[1], chat.KeepingChange{Muted: new(false)})
		if got, want := muted(h.Buyer.ID), []chat.ConversationID{ids[0], ids[3], ids[4]}; !slices.Equal(got, want) {
			t.Errorf("after one was unmuted: got %v, want %v", got, want)
		}
	})
}
