package shelf

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// told collects what a follower tells.
type told []chat.ListingChanged

func (f *told) tell(s chat.Signal) { *f = append(*f, s.(chat.ListingChanged)) }

func follow(t *testing.T, db *store.DB) told {
	t.Helper()
	var heard told
	if err := New(db, heard.tell, slog.New(slog.DiscardHandler)).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	return heard
}

// asks has n people ask about a listing.
func asks(t *testing.T, db *store.DB, town testkit.Town, n int) []chat.UserID {
	t.Helper()
	people := make([]chat.UserID, n)
	for i := range people {
		var c chat.Conversation
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			u, err := tx.InsertUser(t.Context(), chat.User{Username: fmt.Sprintf("asker%d", i), Name: "A", CreatedAt: time.Now()}, "!")
			if err != nil {
				return err
			}
			people[i] = u.ID
			c, err = tx.InsertConversation(t.Context(), chat.Conversation{
				Listing: town.Listing.ID, Title: "x", BuyerID: u.ID, SellerID: town.Seller.ID, CreatedAt: time.Now(), LastAt: time.Now(),
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Append(t.Context(), store.Append{
			Conversation: c.ID, Actor: people[i], ClientID: "a",
			Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted("Hi", time.Now()), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return people
}

func change(t *testing.T, db *store.DB, l chat.Listing, status chat.ListingStatus) {
	t.Helper()
	l.Status = status
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateListing(t.Context(), l) }); err != nil {
		t.Fatal(err)
	}
}

func TestAChangeIsToldOnceToAllWhoTalkAboutIt(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		fed := 0
		db, err := store.Open(context.Background(), store.Options{URL: d.URL(), Dir: d.Dir(), Fed: func() { fed++ }})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		town := testkit.Populate(t, db)
		// Nobody talks about it yet, so nobody is told.
		change(t, db, town.Listing, chat.ListingReserved)
		if heard := follow(t, db); len(heard) != 0 || fed != 1 {
			t.Errorf("told %v after %d wakes, want nobody after one", heard, fed)
		}
		buyers := asks(t, db, town, 3)
		// A burst is told as what it has come to. What nobody heard before a restart is not lost.
		for _, status := range []chat.ListingStatus{chat.ListingActive, chat.ListingReserved, chat.ListingSold} {
			change(t, db, town.Listing, status)
		}
		heard := follow(t, db)
		if len(heard) != 1 || heard[0].Listing.Status != chat.ListingSold || heard[0].Gone {
			t.Fatalf("told %+v, want once that it is sold", heard)
		}
		want := append([]chat.UserID{town.Seller.ID}, buyers...)
		slices.Sort(want)
		got := slices.Sorted(slices.Values(heard[0].To))
		if !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
		if again := follow(t, db); len(again) != 0 {
			t.Errorf("told %+v once more", again)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			l, err := tx.LockListing(t.Context(), town.Listing.ID)
			if err != nil {
				return err
			}
			return tx.DeleteListing(t.Context(), l)
		})
		if err != nil {
			t.Fatal(err)
		}
		if heard = follow(t, db); len(heard) != 1 || !heard[0].Gone || heard[0].Listing.ID != town.Listing.ID || len(heard[0].To) != 4 {
			t.Errorf("told %+v, want all four that it is gone", heard)
		}
	})
}

func TestAChangeThatIsRolledBackIsNotTold(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		asks(t, db, town, 1)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.UpdateListing(t.Context(), town.Listing); err != nil {
				return err
			}
			return context.Canceled
		})
		if err == nil {
			t.Fatal("the update was not rolled back")
		}
		if heard := follow(t, db); len(heard) != 0 {
			t.Errorf("told %+v", heard)
		}
	})
}

// A follower that fell behind another under the same name does not move it back.
func TestACursorOnlyMovesForward(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		for range 2 {
			change(t, db, town.Listing, chat.ListingSold)
		}
		changes, err := db.ListingChanges(t.Context(), store.Cursor{}, 10)
		if err != nil || len(changes) != 2 {
			t.Fatalf("got %v, %v, want two changes", changes, err)
		}
		for _, c := range []store.Cursor{changes[1].Cursor, changes[0].Cursor} {
			if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Follow(t.Context(), name, c) }); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := db.Followed(t.Context(), name); err != nil || got != changes[1].Cursor {
			t.Errorf("got %v, %v, want %v", got, err, changes[1].Cursor)
		}
	})
}
