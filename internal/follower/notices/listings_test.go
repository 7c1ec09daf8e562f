package notices

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// newcomers are people of a test's own, with a listing.
func (h *house) newcomers(t *testing.T, name string) testkit.Town {
	t.Helper()
	var town testkit.Town
	key := strings.ReplaceAll(name, " ", "_")
	h.update(t, func(ctx context.Context, tx *store.Tx) error {
		for part, u := range map[string]*chat.User{"b_": &town.Buyer, "s_": &town.Seller, "x_": &town.Stranger} {
			var err error
			if *u, err = tx.InsertUser(ctx, chat.User{Username: part + key, Name: part, CreatedAt: time.Now()}, "!"); err != nil {
				return err
			}
		}
		town.Listing = chat.Listing{
			Slug: key, Seller: town.Seller, Title: "Cycle", Price: chat.Money{Amount: 850000, Currency: "INR"}, Category: "cycles",
			Condition: "good", Status: chat.ListingActive, CreatedAt: time.Now(),
		}
		var err error
		town.Listing.ID, err = tx.InsertListing(ctx, town.Listing)
		return err
	})
	return town
}

// wishes has somebody save the listing, an hour ago.
func (h *house) wishes(t *testing.T, who chat.User) {
	t.Helper()
	h.update(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddWish(ctx, who.ID, h.Listing.ID, time.Now().Add(-time.Hour))
	})
}

// becomes changes price and status of the listing.
func (h *house) becomes(t *testing.T, price int64, status chat.ListingStatus) {
	t.Helper()
	h.Listing.Price.Amount, h.Listing.Status = price, status
	h.update(t, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateListing(ctx, h.Listing) })
}

func TestNewsOfWhatOneHasSaved(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.wishes(t, h.Stranger)
		steps := []struct {
			name   string
			price  int64
			status chat.ListingStatus
			want   []string
		}{
			{"dearer", 900000, chat.ListingActive, nil},
			{"cheaper", 800000, chat.ListingActive, []string{"price_drop 800000<900000*"}},
			{"cheaper still", 700000, chat.ListingActive, []string{"price_drop 700000<900000*"}},
			{"a little dearer", 750000, chat.ListingActive, []string{"price_drop 750000<900000*"}},
			{"as dear as before", 900000, chat.ListingActive, nil},
			{"cheaper while it cannot be had", 600000, chat.ListingInactive, nil},
			{"sold", 600000, chat.ListingSold, []string{"sold 600000<600000*"}},
			{"not sold after all", 600000, chat.ListingActive, nil},
			{"reserved and cheaper", 500000, chat.ListingReserved, []string{"price_drop 500000<600000*"}},
		}
		for _, s := range steps {
			h.becomes(t, s.price, s.status)
			h.follow(t)
			h.want(t, s.name, h.Stranger, s.want...)
		}
		h.want(t, "the seller", h.Seller)
		h.want(t, "who has not saved it", h.Buyer)
		// What is gone leaves what one was told, without an address.
		h.update(t, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteListing(ctx, h.Listing) })
		h.follow(t)
		all, err := h.db.Notices(t.Context(), store.NoticeQuery{Who: h.Stranger.ID, Limit: 10})
		if err != nil || len(all) != 1 || all[0].Slug != "" || all[0].Title != h.Listing.Title {
			t.Errorf("got %+v, %v", all, err)
		}
	})
}

func TestWhoSavesAThingLaterIsNotToldOfTheDayBefore(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	h.becomes(t, 100000, chat.ListingActive)
	h.update(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddWish(ctx, h.Stranger.ID, h.Listing.ID, time.Now().Add(time.Second))
	})
	h.follow(t)
	h.want(t, "saved afterwards", h.Stranger)
}

func TestACrowdIsToldToTheLast(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		const n = crowd + 3
		h.update(t, func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				u, err := tx.InsertUser(ctx, chat.User{Username: fmt.Sprintf("fan%d", i), Name: "F", CreatedAt: time.Now()}, "!")
				if err != nil {
					return err
				}
				if err := tx.AddWish(ctx, u.ID, h.Listing.ID, time.Now().Add(-time.Hour)); err != nil {
					return err
				}
			}
			return nil
		})
		h.becomes(t, 800000, chat.ListingSold)
		h.follow(t)
		if len(h.rung) != n {
			t.Errorf("rung for %d people, want %d", len(h.rung), n)
		}
	})
}

func TestOldMessagesOfADatabaseThatHadNoNoticesMakeNone(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, h.Buyer, 3)
		// As the migration finds it.
		if err := d.Before(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			`DROP TABLE lease`, `DROP TABLE audit`, `DROP TABLE notice`, `DROP TABLE preference`, `DELETE FROM follower`,
			`ALTER TABLE listing_change DROP COLUMN status_was`, `ALTER TABLE listing_change DROP COLUMN status`,
			`ALTER TABLE listing_change DROP COLUMN price_was`, `ALTER TABLE listing_change DROP COLUMN currency_was`,
			`ALTER TABLE listing_change DROP COLUMN price`, `ALTER TABLE listing_change DROP COLUMN currency`,
			`DELETE FROM goose_db_version WHERE version_id >= 4`,
		} {
			if err := d.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		h.db = d.Open(t, nil)
		h.follow(t)
		h.want(t, "the old ones", h.Seller)
		h.say(t, h.Buyer, 1)
		h.follow(t)
		h.want(t, "a new one", h.Seller, "new_message 4*")
	})
}
