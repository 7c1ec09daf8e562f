package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestUnreadIsADifferenceOfTotals(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		for i, who := range []chat.UserID{buyer, buyer, seller, buyer, seller, buyer} {
			mustAppend(t, db, post(c.ID, who, fmt.Sprint(i), "hi"))
		}
		unread := func(who chat.UserID) int64 {
			t.Helper()
			e, err := db.Entry(t.Context(), c.ID, who)
			if err != nil {
				t.Fatal(err)
			}
			n, _, err := db.Unread(t.Context(), who, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if (n.Conversations == 1) != (e.Unread > 0) {
				t.Errorf("%d unread messages, but %d unread conversations", e.Unread, n.Conversations)
			}
			return e.Unread
		}
		read := func(who chat.UserID, seq chat.Seq, want bool) {
			t.Helper()
			if err := db.Update(t.Context(), func(tx *store.Tx) error {
				moved, err := tx.MoveRead(t.Context(), c.ID, who, seq)
				if moved != want {
					t.Errorf("read %d moved: %v, want %v", seq, moved, want)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if got := unread(seller); got != 4 {
			t.Errorf("seller's unread: %d, want 4", got)
		}
		read(seller, 2, true)
		if got := unread(seller); got != 2 {
			t.Errorf("after reading to 2: %d, want 2", got)
		}
		read(seller, 1, false) // only forward
		read(seller, 3, true)  // one's own message
		if got := unread(seller); got != 2 {
			t.Errorf("after reading to 3: %d, want 2", got)
		}
		read(seller, 6, true)
		if got := unread(seller); got != 0 {
			t.Errorf("after reading all: %d, want 0", got)
		}
		if got := unread(buyer); got != 2 {
			t.Errorf("buyer's unread: %d, want 2", got)
		}
		messages, err := db.MessagesAfter(t.Context(), c.ID, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		var isRead []bool
		for _, m := range messages {
			isRead = append(isRead, m.Read)
		}
		// The seller has read everything, the buyer nothing.
		if diff := cmp.Diff([]bool{true, true, false, true, false, true}, isRead); diff != "" {
			t.Errorf("is_read (-want +got):\n%s", diff)
		}
	})
}

func TestConversationIsUniqueAndHiddenUntilSomebodyWrites(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		ids := make([]chat.ConversationID, 20)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() { ids[i] = town.Converse(t, db).ID })
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("two conversations, %d and %d, about one listing and buyer", ids[0], id)
			}
		}
		for _, who := range []chat.UserID{town.Buyer.ID, town.Seller.ID, town.Stranger.ID} {
			if _, err := db.Conversation(t.Context(), ids[0], who); chat.CodeOf(err) != chat.NotFound {
				t.Errorf("user %d: %v, want not_found", who, err)
			}
			if list, err := db.Entries(t.Context(), store.EntryQuery{Who: who, Limit: 10}); err != nil || len(list) != 0 {
				t.Errorf("user %d: list of %d, %v", who, len(list), err)
			}
		}
		mustAppend(t, db, post(ids[0], town.Buyer.ID, "a", "hi"))
		if _, err := db.Conversation(t.Context(), ids[0], town.Seller.ID); err != nil {
			t.Errorf("the seller does not see it: %v", err)
		}
		if _, err := db.Conversation(t.Context(), ids[0], town.Stranger.ID); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("the stranger: %v, want not_found", err)
		}
	})
}

func TestEntriesPageThroughEveryConversationOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		// The buyer of the town buys seven things and sells five, all at the same instant,
		// so that only the id orders them.
		var bought, sold []chat.ConversationID
		at := time.Now()
		for i := range 12 {
			one := town
			one.Listing.Slug = fmt.Sprint("thing-", i)
			if i >= 7 {
				one.Buyer, one.Seller = town.Seller, town.Buyer
				one.Listing.Seller = one.Seller
			}
			if err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				one.Listing.ID, err = tx.InsertListing(t.Context(), one.Listing)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			c := one.Converse(t, db)
			a := post(c.ID, one.Buyer.ID, "a", "hi")
			a.Decide = func(chat.Thread) (chat.Change, error) { return chat.Posted("hi", at), nil }
			mustAppend(t, db, a)
			if i < 7 {
				bought = append(bought, c.ID)
			} else {
				sold = append(sold, c.ID)
			}
		}
		all := func(q store.EntryQuery) []chat.ConversationID {
			t.Helper()
			q.Who = town.Buyer.ID
			seen := []chat.ConversationID{}
			for {
				page, err := db.Entries(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) > q.Limit {
					t.Fatalf("a page of %d entries, want at most %d", len(page), q.Limit)
				}
				for _, e := range page {
					seen = append(seen, e.Conversation.ID)
				}
				if len(page) < q.Limit {
					return seen
				}
				last := page[len(page)-1].Conversation
				q.BeforeAt, q.BeforeID = last.LastAt, last.ID
			}
		}
		reversed := func(ids ...chat.ConversationID) []chat.ConversationID {
			out := []chat.ConversationID{}
			for i := range ids {
				out = append(out, ids[len(ids)-1-i])
			}
			return out
		}
		for _, test := range []struct {
			name string
			q    store.EntryQuery
			want []chat.ConversationID
		}{
			{"all, five a page", store.EntryQuery{Limit: 5}, reversed(append(append([]chat.ConversationID{}, bought...), sold...)...)},
			{"all, one a page", store.EntryQuery{Limit: 1}, reversed(append(append([]chat.ConversationID{}, bought...), sold...)...)},
			{"buying", store.EntryQuery{Role: chat.Buyer, Limit: 3}, reversed(bought...)},
			{"selling", store.EntryQuery{Role: chat.Seller, Limit: 3}, reversed(sold...)},
			{"unread: what others wrote", store.EntryQuery{Unread: true, Limit: 3}, reversed(sold...)},
			{"archived: none", store.EntryQuery{Archived: true, Limit: 3}, []chat.ConversationID{}},
		} {
			t.Run(test.name, func(t *testing.T) {
				if diff := cmp.Diff(test.want, all(test.q)); diff != "" {
					t.Errorf("conversations (-want +got):\n%s", diff)
				}
			})
		}
		e, err := db.Entry(t.Context(), sold[0], town.Buyer.ID)
		if err != nil {
			t.Fatal(err)
		}
		if e.Role != chat.Seller || e.Other.ID != town.Seller.ID || e.Last == nil || e.Last.Text != "hi" || e.Listing.Title != town.Listing.Title {
			t.Errorf("entry: %+v", e)
		}
	})
}

func TestMessagesPage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		for i := range 10 {
			mustAppend(t, db, post(c.ID, town.Buyer.ID, fmt.Sprint(i), fmt.Sprint(i)))
		}
		for _, test := range []struct {
			name string
			get  func() ([]chat.Message, error)
			want []chat.Seq
		}{
			{"the newest", func() ([]chat.Message, error) { return db.MessagesBefore(t.Context(), c.ID, 1000, 3) }, []chat.Seq{8, 9, 10}},
			{"before 4", func() ([]chat.Message, error) { return db.MessagesBefore(t.Context(), c.ID, 4, 5) }, []chat.Seq{1, 2, 3}},
			{"after 8", func() ([]chat.Message, error) { return db.MessagesAfter(t.Context(), c.ID, 8, 5) }, []chat.Seq{9, 10}},
			{"after the end", func() ([]chat.Message, error) { return db.MessagesAfter(t.Context(), c.ID, 10, 5) }, nil},
		} {
			t.Run(test.name, func(t *testing.T) {
				messages, err := test.get()
				if err != nil {
					t.Fatal(err)
				}
				var got []chat.Seq
				for _, m := range messages {
					got = append(got, m.Seq)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("seqs (-want +got):\n%s", diff)
				}
			})
		}
	})
}

func TestSessionsExpireAndTicketsWorkOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		s := chat.Session{ID: chat.SessionID{1}, User: town.Buyer.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		ticket := [32]byte{2}
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			return errors.Join(tx.InsertSession(t.Context(), s), tx.InsertTicket(t.Context(), ticket, s.ID, now.Add(30*time.Second)))
		}); err != nil {
			t.Fatal(err)
		}
		got, who, err := db.Session(t.Context(), s.ID, now.Add(59*time.Minute))
		if diff := cmp.Diff(s, got); err != nil || diff != "" || who.ID != town.Buyer.ID {
			t.Errorf("session of %d, %v (-want +got):\n%s", who.ID, err, diff)
		}
		if _, _, err := db.Session(t.Context(), s.ID, now.Add(time.Hour)); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("an expired session: %v, want not_found", err)
		}
		redeem := func(at time.Time) (id chat.SessionID, err error) {
			err = db.Update(t.Context(), func(tx *store.Tx) error {
				id, err = tx.RedeemTicket(t.Context(), ticket, at)
				return err
			})
			return id, err
		}
		if id, err := redeem(now.Add(29 * time.Second)); err != nil || id != s.ID {
			t.Errorf("ticket: %v, %v", id, err)
		}
		if _, err := redeem(now.Add(29 * time.Second)); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("the ticket again: %v, want not_found", err)
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertTicket(t.Context(), ticket, s.ID, now) }); err != nil {
			t.Fatal(err)
		}
		if _, err := redeem(now.Add(time.Second)); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("a late ticket: %v, want not_found", err)
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			ended, err := tx.DeleteSessionsOf(t.Context(), town.Buyer.ID, chat.SessionID{})
			if diff := cmp.Diff([]chat.SessionID{s.ID}, ended); diff != "" {
				t.Errorf("sessions ended (-want +got):\n%s", diff)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTakenNamesConflict(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		for _, test := range []struct {
			name   string
			insert func(tx *store.Tx) error
		}{
			{"a username in another case", func(tx *store.Tx) error {
				_, err := tx.InsertUser(t.Context(), chat.User{Username: "BUYER"}, "!")
				return err
			}},
			{"a slug", func(tx *store.Tx) error {
				_, err := tx.InsertListing(t.Context(), town.Listing)
				return err
			}},
		} {
			t.Run(test.name, func(t *testing.T) {
				if err := db.Update(t.Context(), test.insert); chat.CodeOf(err) != chat.Conflict {
					t.Errorf("got %v, want conflict", err)
				}
			})
		}
	})
}

func TestTenNodesMayOpenANewDatabaseAtOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		if d.Name == "sqlite" {
			lock, err := store.LockDir(d.Dir())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := store.LockDir(d.Dir()); !errors.Is(err, store.ErrLocked) {
				t.Errorf("a second lock: %v, want ErrLocked", err)
			}
			if err := lock.Close(); err != nil {
				t.Fatal(err)
			}
			if lock, err = store.LockDir(d.Dir()); err != nil {
				t.Errorf("after the first was given back: %v", err)
			} else if err := lock.Close(); err != nil {
				t.Fatal(err)
			}
			return
		}
		d = testkit.EmptyPostgreSQL(t)
		epochs := make([]string, 10)
		var wg sync.WaitGroup
		for i := range epochs {
			wg.Go(func() { epochs[i] = d.Open(t, nil).Epoch() })
		}
		wg.Wait()
		for _, e := range epochs {
			if e == "" || e != epochs[0] {
				t.Errorf("epochs %q", epochs)
			}
		}
	})
}
