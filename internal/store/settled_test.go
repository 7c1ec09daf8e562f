package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// talks makes conversations between the two people of a town, of which each has begun every other.
func talks(t *testing.T, db *store.DB, town testkit.Town, count int, at time.Time) (all []chat.Conversation) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for i := range count {
			l, buyer := town.Listing, town.Buyer.ID
			l.Slug = fmt.Sprint("settled-", i)
			if i%2 == 1 {
				l.Seller, buyer = town.Buyer, town.Seller.ID
			}
			var err error
			if l.ID, err = tx.InsertListing(t.Context(), l); err != nil {
				return err
			}
			c, err := tx.InsertConversation(t.Context(), chat.Conversation{Listing: l.ID, Title: l.Title, BuyerID: buyer, SellerID: l.Seller.ID, CreatedAt: at, LastAt: at})
			if err != nil {
				return err
			}
			all = append(all, c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever people do, and whenever that settles, as many conversations are counted as the list of unread ones has.
func TestSettledConversationsAreCountedLikeOthers(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		now := time.Now()
		me, other := town.Seller.ID, town.Buyer.ID
		all := talks(t, db, town, 12, now)
		heads := make([]chat.Seq, len(all))
		sent := 0
		say := func(i int, who chat.UserID) {
			sent++
			a := post(all[i].ID, who, fmt.Sprint("m", sent), "hi")
			a.Decide = func(chat.Thread) (chat.Change, error) { return chat.Posted("hi", now), nil }
			heads[i] = mustAppend(t, db, a).Event.Seq
		}
		for i, c := range all {
			say(i, c.BuyerID) // nobody else sees it before
		}
		ctx := t.Context()
		keep := func(i int, change chat.KeepingChange) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				if err := tx.LockUser(ctx, me); err != nil {
					return err
				}
				k, err := tx.Keeping(ctx, all[i].ID, me)
				if err != nil {
					return err
				}
				return tx.SetKeeping(ctx, all[i].ID, me, k.With(change, heads[i]))
			}
		}
		hide := func(i int, on bool) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				if _, err := tx.Keeping(ctx, all[i].ID, me); err != nil {
					return err
				}
				seen, err := tx.MessagesBefore(ctx, all[i].ID, heads[i]+1, 2)
				for _, m := range seen {
					if err == nil {
						_, err = tx.Hide(ctx, m, me, on)
					}
				}
				return err
			}
		}
		rng, settled := rand.New(rand.NewPCG(1, 2)), 0
		for step := range 400 {
			i, yes := rng.IntN(len(all)), rng.IntN(2) == 0
			what, act := "", func(*store.Tx) error { return nil }
			switch rng.IntN(11) {
			case 0, 1:
				what = "the other one writes"
				say(i, other)
			case 2:
				what = "they write"
				say(i, me)
			case 3, 4:
				what, act = "they read", func(tx *store.Tx) error {
					if _, err := tx.MoveRead(ctx, all[i].ID, me, heads[i]); err != nil {
						return err
					}
					_, err := tx.ClearUnreadMark(ctx, all[i].ID, me)
					return err
				}
			case 5:
				what, act = fmt.Sprint("marked as unread ", yes), keep(i, chat.KeepingChange{MarkedUnread: &yes})
			case 6:
				what, act = fmt.Sprint("archived ", yes), keep(i, chat.KeepingChange{Archived: &yes, Muted: &yes})
			case 7:
				what, act = fmt.Sprint("hidden ", yes), hide(i, yes)
			case 8:
				what, act = "cleared", func(tx *store.Tx) error {
					c, err := tx.Conversation(ctx, all[i].ID, me)
					if err != nil || step%3 > 0 {
						return err
					}
					k, err := tx.Keeping(ctx, c.ID, me)
					if err == nil {
						_, err = tx.Clear(ctx, c, me, k.Clear(c.Head))
					}
					return err
				}
			case 9:
				what, act = fmt.Sprint("pinned ", yes), keep(i, chat.KeepingChange{Pinned: &yes})
			case 10:
				now = now.Add(30 * time.Hour)
				settled++
				what, act = "settled", func(tx *store.Tx) error { return tx.Settle(ctx, me, now) }
			}
			if err := db.Update(ctx, act); err != nil {
				t.Fatalf("%s in %d: %v", what, i, err)
			}
			n, _, err := db.Unread(ctx, me, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range []store.EntryQuery{{Role: chat.Buyer}, {Role: chat.Seller}, {Archived: true}, {}} {
				q.Who, q.Pinned, q.Limit = me, true, 100
				want := unreadAmong(t, db, q)
				q.Unread = true
				if got := entryIDs(t, db, q); !slices.Equal(got, want) {
					t.Fatalf("step %d, %s in %d: of %+v %v are listed as unread, want %v, after %d times of settling", step, what, i, q, got, want, settled)
				}
				if q.Role == "" && !q.Archived && int(n.Conversations) != len(want) {
					t.Fatalf("step %d, %s in %d: %d are counted as unread, want %v, after %d times of settling", step, what, i, n.Conversations, want, settled)
				}
			}
		}
	})
}

// entryIDs are the conversations of a list.
func entryIDs(t *testing.T, db *store.DB, q store.EntryQuery) (ids []chat.ConversationID) {
	t.Helper()
	listed, err := db.Entries(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range listed {
		ids = append(ids, e.Conversation.ID)
	}
	return ids
}

// unreadAmong are the conversations of a whole list that have something unread, whatever has settled.
func unreadAmong(t *testing.T, db *store.DB, q store.EntryQuery) (ids []chat.ConversationID) {
	t.Helper()
	listed, err := db.Entries(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range listed {
		if e.Unread > 0 || e.MarkedUnread {
			ids = append(ids, e.Conversation.ID)
		}
	}
	return ids
}

// What has settled is looked at no more, until there is much of it anew.
func TestManyOldConversationsSettleOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		now := time.Now()
		ripe := func(who chat.UserID, at time.Time) bool {
			t.Helper()
			_, ripe, err := db.Unread(t.Context(), who, at)
			if err != nil {
				t.Fatal(err)
			}
			return ripe
		}
		talks(t, db, town, 402, now)
		if ripe(town.Seller.ID, now) {
			t.Error("conversations of today are to settle")
		}
		later := now.Add(25 * time.Hour)
		if !ripe(town.Seller.ID, later) || !ripe(town.Buyer.ID, later) || ripe(town.Stranger.ID, later) {
			t.Error("201 of each side from the day before are not to settle, or those of somebody else")
		}
		settle := func(ctx context.Context, at time.Time) error {
			return db.Update(ctx, func(tx *store.Tx) error { return tx.Settle(ctx, town.Seller.ID, at) })
		}
		if err := settle(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		if ripe(town.Seller.ID, later) || !ripe(town.Buyer.ID, later) {
			t.Error("what has settled is to settle again, or that of the other one is not")
		}
		// Another node whose clock is behind changes nothing.
		if err := settle(t.Context(), now); err != nil || ripe(town.Seller.ID, later) {
			t.Errorf("after an earlier time %v; ripe %v", err, ripe(town.Seller.ID, later))
		}
	})
}

// The count of unread counts no more old conversations than anybody wants to know of.
func TestOldUnreadConversationsAreCountedToABound(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		now, me := time.Now(), town.Seller.ID
		all := talks(t, db, town, 2*store.MaxOldUnread+10, now)
		for i, c := range all {
			if c.BuyerID != me { // every other one
				mustAppend(t, db, post(c.ID, c.BuyerID, fmt.Sprint(i), "hi"))
			}
		}
		want := func(what string, want int64) {
			t.Helper()
			if n, _, err := db.Unread(t.Context(), me, now); err != nil || n.Conversations != want {
				t.Errorf("%s: %d are unread, want %d, %v", what, n.Conversations, want, err)
			}
		}
		want("new", store.MaxOldUnread+5)
		now = now.Add(48 * time.Hour)
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Settle(t.Context(), me, now) }); err != nil {
			t.Fatal(err)
		}
		want("settled", store.MaxOldUnread)
		a := post(all[0].ID, all[0].BuyerID, "later", "hi")
		a.Decide = func(chat.Thread) (chat.Change, error) { return chat.Posted("hi", now), nil }
		mustAppend(t, db, a)
		want("one of them is new again", store.MaxOldUnread+1)
	})
}

// Who marks conversations while they settle at another node loses no mark.
func TestWhatIsMarkedWhileItSettlesIsCounted(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		began, me := time.Now(), town.Seller.ID
		all := talks(t, db, town, 40, began)
		for i, c := range all {
			mustAppend(t, db, post(c.ID, c.BuyerID, fmt.Sprint(i), "hi"))
		}
		ctx := t.Context()
		errs := make(chan error, 2)
		go func() {
			var err error
			for i := 0; i < 100 && err == nil; i++ { // each settles anew, for its time is later
				err = db.Update(ctx, func(tx *store.Tx) error {
					return tx.Settle(ctx, me, began.Add(48*time.Hour+time.Duration(i)*time.Second))
				})
			}
			errs <- err
		}()
		go func() {
			var err error
			for i := 0; i < 100 && err == nil; i++ {
				id, unread := all[i%len(all)].ID, i%3 > 0
				err = db.Update(ctx, func(tx *store.Tx) error {
					if err := tx.LockUser(ctx, me); err != nil {
						return err
					}
					k, err := tx.Keeping(ctx, id, me)
					if err != nil {
						return err
					}
					if _, err := tx.MoveRead(ctx, id, me, 1); err != nil {
						return err
					}
					return tx.SetKeeping(ctx, id, me, k.With(chat.KeepingChange{MarkedUnread: &unread}, 1))
				})
			}
			errs <- err
		}()
		for range 2 {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		n, _, err := db.Unread(ctx, me, began.Add(72*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		want := unreadAmong(t, db, store.EntryQuery{Who: me, Pinned: true, Limit: 100})
		listed := entryIDs(t, db, store.EntryQuery{Who: me, Unread: true, Pinned: true, Limit: 100})
		if int(n.Conversations) != len(want) || !slices.Equal(listed, want) || len(want) == 0 {
			t.Errorf("%d are counted as unread, %v listed, want %v", n.Conversations, listed, want)
		}
	})
}
