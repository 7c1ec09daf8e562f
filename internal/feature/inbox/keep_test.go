package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// house is somebody who talks with sellers about many things.
type house struct {
	testkit.Town
	db       *store.DB
	inbox    *inbox.Service
	messages *messaging.Service
	told     *told
	queries  *atomic.Int64
}

// told notes the hints that the services pass on.
type told struct {
	mu      sync.Mutex // guards signals
	signals []chat.Signal
}

func (t *told) Signal(s chat.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.signals = append(t.signals, s)
}

func (t *told) Introduce(_ context.Context, who chat.UserID, id chat.ConversationID) {
	t.Signal(chat.Introduced{To: who, Entry: chat.Entry{Conversation: chat.Conversation{ID: id}}})
}

// Ring implements the bell.
func (t *told) Ring(who chat.UserID, _ ...chat.NoticeID) { t.Signal(chat.NoticesChanged{To: who}) }

// take returns what has been told since the last call.
func (t *told) take() []chat.Signal {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer func() { t.signals = nil }()
	return t.signals
}

func newHouse(t *testing.T, d *testkit.Database) *house {
	t.Helper()
	h := &house{queries: new(atomic.Int64), told: &told{}}
	h.db = d.OpenTraced(t, nil, func(string) { h.queries.Add(1) })
	h.Town = testkit.Populate(t, h.db)
	h.inbox = inbox.New(h.db, hub.New(new(bus.Memory).Join, nil, nil), h.told, h.told, nil, slog.New(slog.DiscardHandler))
	h.messages = messaging.New(h.db, h.told, h.told, &messaging.Limits{}, chat.DefaultMedia(), nil, time.Now)
	return h
}

// converse makes conversations of the buyer, each with one message of the seller's,
// and returns them with the newest first.
func (h *house) converse(t *testing.T, n int) []chat.ConversationID {
	t.Helper()
	ids := make([]chat.ConversationID, n)
	ctx := t.Context()
	for i := range n {
		err := h.db.Update(ctx, func(tx *store.Tx) error {
			l := h.Listing
			l.Slug = fmt.Sprintf("thing-%d", i)
			var err error
			if l.ID, err = tx.InsertListing(ctx, l); err != nil {
				return err
			}
			c, err := tx.InsertConversation(ctx, chat.Conversation{
				Listing: l.ID, Title: l.Title, BuyerID: h.Buyer.ID, SellerID: h.Seller.ID, CreatedAt: time.Now(), LastAt: time.Now(),
			})
			ids[n-1-i] = c.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.say(t, h.Buyer.ID, ids[n-1-i])
		h.say(t, h.Seller.ID, ids[n-1-i])
	}
	return ids
}

func (h *house) say(t *testing.T, who chat.UserID, id chat.ConversationID) {
	t.Helper()
	if _, err := h.messages.Send(t.Context(), who, messaging.SendCommand{Conversation: id, Text: "Hello"}); err != nil {
		t.Fatal(err)
	}
}

func (h *house) keep(t *testing.T, id chat.ConversationID, change chat.KeepingChange) chat.Entry {
	t.Helper()
	e, err := h.inbox.Keep(t.Context(), h.Buyer.ID, id, change)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// list returns the ids of a whole list, page by page.
func (h *house) list(t *testing.T, filter inbox.Filter, limit int) []chat.ConversationID {
	t.Helper()
	ids := []chat.ConversationID{}
	q := inbox.Query{Filter: filter, Limit: limit}
	for {
		page, err := h.inbox.List(t.Context(), h.Buyer.ID, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			ids = append(ids, e.Conversation.ID)
		}
		if page.Next == "" {
			return ids
		}
		q.Cursor = page.Next
	}
}

func (h *house) unread(t *testing.T) int64 {
	t.Helper()
	n, err := h.inbox.Unread(t.Context(), h.Buyer.ID)
	if err != nil {
		t.Fatal(err)
	}
	return n.Conversations
}

var (
	on  = new(true)
	off = new(false)
)

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) { test(t, newHouse(t, d)) })
}

func TestListingFiftyConversationsTakesAtMostThreeQueries(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, 60)
		for _, id := range ids[50:55] {
			h.keep(t, id, chat.KeepingChange{Pinned: on})
		}
		h.queries.Store(0)
		page, err := h.inbox.List(t.Context(), h.Buyer.ID, inbox.Query{Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Entries) != 50 {
			t.Errorf("got %d conversations, want 50", len(page.Entries))
		}
		for _, e := range page.Entries {
			if e.Other.Name == "" || e.Listing.Title == "" || e.Last == nil {
				t.Fatalf("got %+v, want it whole", e)
			}
		}
		if n := h.queries.Load(); n < 1 || n > 3 {
			t.Errorf("got %d queries, want 1 to 3", n)
		}
	})
}

func TestWhatIsPinnedStandsOnTopOfEveryPageOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, 7)
		h.keep(t, ids[5], chat.KeepingChange{Pinned: on})
		h.keep(t, ids[2], chat.KeepingChange{Pinned: on})
		want := []chat.ConversationID{ids[2], ids[5], ids[0], ids[1], ids[3], ids[4], ids[6]}
		for _, limit := range []int{1, 2, 3, 4, 7, 20} {
			if got := h.list(t, inbox.All, limit); !slices.Equal(got, want) {
				t.Errorf("limit %d: got %v, want %v", limit, got, want)
			}
		}
		if got := h.list(t, inbox.Selling, 20); len(got) != 0 {
			t.Errorf("got %v in another filter, want none", got)
		}
	})
}

func TestAtMostTenArePinned(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, chat.MaxPinned+2)
		refused := make(chan error, len(ids))
		for _, id := range ids {
			go func() {
				_, err := h.inbox.Keep(context.WithoutCancel(t.Context()), h.Buyer.ID, id, chat.KeepingChange{Pinned: on})
				refused <- err
			}()
		}
		n := 0
		for range ids {
			if err := <-refused; chat.CodeOf(err) == chat.Invalid {
				n++
			} else if err != nil {
				t.Error(err)
			}
		}
		if n != 2 {
			t.Errorf("got %d refusals, want 2", n)
		}
		// One that is pinned already can be changed.
		pinned := h.list(t, inbox.All, 20)[0]
		h.keep(t, pinned, chat.KeepingChange{Pinned: on, Muted: on})
	})
}

func TestTheNextMessageBringsAConversationBackUnlessItIsMuted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, 2)
		for _, id := range ids {
			h.keep(t, id, chat.KeepingChange{Archived: on})
		}
		h.keep(t, ids[1], chat.KeepingChange{Muted: on})
		if got := h.list(t, inbox.All, 20); len(got) != 0 {
			t.Errorf("got %v in the list, want none", got)
		}
		if got := h.unread(t); got != 0 {
			t.Errorf("got %d unread, want none of what is archived", got)
		}
		for _, id := range ids {
			h.say(t, h.Seller.ID, id)
		}
		if got, want := h.list(t, inbox.All, 20), ids[:1]; !slices.Equal(got, want) {
			t.Errorf("got %v in the list, want %v", got, want)
		}
		if got, want := h.list(t, inbox.Archived, 20), ids[1:]; !slices.Equal(got, want) {
			t.Errorf("got %v archived, want %v", got, want)
		}
		if got := h.unread(t); got != 1 {
			t.Errorf("got %d unread, want 1", got)
		}
	})
}

func TestWhatIsMutedForATimeIsHeardAgainAfterwards(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, 3)
		soon := time.Now().Add(3 * time.Second) // not over before all is said, on a slow disk either
		h.keep(t, ids[0], chat.KeepingChange{Muted: on, MutedUntil: soon, Archived: on})
		h.keep(t, ids[1], chat.KeepingChange{Muted: on, MutedUntil: soon.Add(time.Hour)})
		h.keep(t, ids[2], chat.KeepingChange{Muted: on})
		h.say(t, h.Seller.ID, ids[0])
		h.told.take()
		muted := func(id chat.ConversationID) chat.Entry {
			t.Helper()
			e, err := h.inbox.Entry(t.Context(), h.Buyer.ID, id)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		if e := muted(ids[0]); !e.Muted || !e.MutedUntil.Equal(soon.Truncate(time.Microsecond)) {
			t.Errorf("muted %v until %s, want %s", e.Muted, e.MutedUntil, soon)
		}
		for deadline := time.Now().Add(30 * time.Second); muted(ids[0]).Muted; time.Sleep(5 * time.Millisecond) {
			if err := h.inbox.Unmute(t.Context()); err != nil || time.Now().After(deadline) {
				t.Fatal("it stays muted", err)
			}
		}
		if e := muted(ids[0]); !e.MutedUntil.IsZero() || !e.Archived {
			t.Errorf("it is muted until %s, archived %v: what came while it was muted does not bring it back", e.MutedUntil, e.Archived)
		}
		if got := h.told.take(); len(got) != 1 || got[0].(chat.Introduced).Entry.Conversation.ID != ids[0] {
			t.Errorf("got %v told, want the one entry", got)
		}
		if !muted(ids[1]).Muted || !muted(ids[2]).Muted {
			t.Error("others are not muted any more")
		}
		// It ends for who had muted it, and nobody else had.
		if _, err := h.inbox.Keep(t.Context(), h.Buyer.ID, ids[1], chat.KeepingChange{Muted: on, MutedUntil: time.Now().Add(400 * 24 * time.Hour)}); chat.CodeOf(err) != chat.Invalid {
			t.Errorf("got %v for more than a year, want invalid", err)
		}
	})
}

func TestWhatIsMarkedAsUnreadCountsUntilItIsReadAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, 2)
		for _, id := range ids {
			if err := h.messages.MarkRead(t.Context(), h.Buyer.ID, id, 2); err != nil {
				t.Fatal(err)
			}
		}
		h.keep(t, ids[1], chat.KeepingChange{MarkedUnread: on})
		if got, want := h.list(t, inbox.Unread, 20), ids[1:]; !slices.Equal(got, want) || h.unread(t) != 1 {
			t.Errorf("got %v unread and %d counted, want %v", got, h.unread(t), want)
		}
		// Reading again moves no cursor, and is told to nobody else.
		h.told.take()
		if err := h.messages.MarkRead(t.Context(), h.Buyer.ID, ids[1], 1); err != nil {
			t.Fatal(err)
		}
		if got := h.unread(t); got != 0 {
			t.Errorf("got %d unread, want none", got)
		}
		if got := h.told.take(); len(got) != 1 || got[0].(chat.Introduced).To != h.Buyer.ID {
			t.Errorf("got %v told, want the reader's own entry alone", got)
		}
	})
}

func TestHowOneKeepsAConversationIsToldToNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.converse(t, 1)[0]
		h.told.take()
		e := h.keep(t, id, chat.KeepingChange{Muted: on, Archived: on, Pinned: on, MarkedUnread: on})
		if !e.Muted || !e.Archived || !e.Pinned || !e.MarkedUnread {
			t.Errorf("got %+v, want everything", e)
		}
		if got := h.told.take(); len(got) != 1 || got[0].(chat.Introduced).To != h.Buyer.ID {
			t.Errorf("got %v told, want the buyer's entry alone", got)
		}
		theirs, err := h.inbox.Entry(t.Context(), h.Seller.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		if theirs.Muted || theirs.Archived || theirs.Pinned || theirs.MarkedUnread {
			t.Errorf("got %+v for the other person, want nothing of it", theirs)
		}
		if _, err := h.inbox.Keep(t.Context(), h.Stranger.ID, id, chat.KeepingChange{Muted: off}); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("got %v for a stranger, want not_found", err)
		}
	})
}

func TestNobodyWritesToAFormerMember(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		id := h.converse(t, 1)[0]
		again := messaging.SendCommand{Conversation: id, ClientID: "before", Text: "Are you there?"}
		if _, err := h.messages.Send(t.Context(), h.Buyer.ID, again); err != nil {
			t.Fatal(err)
		}
		if err := d.Exec(t.Context(), fmt.Sprintf(`UPDATE users SET closed_at = 1 WHERE id = %d`, h.Seller.ID)); err != nil {
			t.Fatal(err)
		}
		_, err := h.messages.Send(t.Context(), h.Buyer.ID, messaging.SendCommand{Conversation: id, Text: "Hello?"})
		if chat.CodeOf(err) != chat.Closed {
			t.Errorf("got %v, want closed", err)
		}
		sent, err := h.messages.Send(t.Context(), h.Buyer.ID, again)
		if err != nil || !sent.Duplicate {
			t.Errorf("got %+v and %v, want what was sent before", sent, err)
		}
	})
}

func TestTheFirstPageHoldsEverythingThatIsPinned(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.converse(t, 6)
		for _, id := range ids[3:] {
			h.keep(t, id, chat.KeepingChange{Pinned: on})
		}
		page, err := h.inbox.List(t.Context(), h.Buyer.ID, inbox.Query{Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Entries) != 3 || page.Next == "" {
			t.Errorf("got %d entries and next %q, want the 3 that are pinned and more to come", len(page.Entries), page.Next)
		}
	})
}
