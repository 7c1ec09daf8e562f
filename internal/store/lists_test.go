package store_test

import (
	"strconv"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// Bug: a list of ids was written into its query, so that each length of a list was another query: of those that are
// kept prepared most were of this kind.
func TestAListOfIdsIsOneQueryHoweverLong(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
		town := testkit.Populate(t, db)
		ctx, people := t.Context(), []chat.UserID{town.Buyer.ID, town.Seller.ID, town.Stranger.ID, 999_999}
		now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
		loose := func(n int) (photos []chat.Photo, keys []string) {
			for i := range n {
				key := "photos/" + strconv.Itoa(i)
				photos, keys = append(photos, chat.Photo{Key: key, ThumbKey: key + "-s", Width: 1, Height: 1}), append(keys, key)
			}
			return photos, keys
		}
		for name, ask := range map[string]func(n int) (int, error){
			"who was here": func(n int) (int, error) {
				seen, err := db.LastSeen(ctx, people[4-n:])
				return len(seen) + 1, err
			},
			"that they are here": func(n int) (int, error) {
				err := db.Update(ctx, func(tx *store.Tx) error { return tx.SetLastSeen(ctx, people[:n], now.Add(time.Duration(n)*time.Hour)) })
				if err != nil {
					return 0, err
				}
				seen, err := db.LastSeen(ctx, people)
				here := 0
				for _, u := range seen {
					if u.LastSeen.Equal(now.Add(time.Duration(n) * time.Hour)) {
						here++
					}
				}
				return here, err
			},
			"photos": func(n int) (int, error) {
				photos, keys := loose(n)
				err := db.Update(ctx, func(tx *store.Tx) error {
					for _, p := range photos {
						if err := tx.InsertLoosePhoto(ctx, town.Buyer.ID, p, now.Add(time.Hour)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					return 0, err
				}
				found, err := db.LoosePhotos(ctx, town.Buyer.ID, append(keys, "photos/never"), now)
				if err != nil {
					return 0, err
				}
				if err := db.Update(ctx, func(tx *store.Tx) error { return tx.DeleteLoosePhotos(ctx, photos) }); err != nil {
					return 0, err
				}
				left, err := db.LoosePhotos(ctx, town.Buyer.ID, keys, now)
				return len(found) - len(left), err
			},
		} {
			texts, ofOne := make(map[string]bool), 0
			asked = nil
			for n := range 3 {
				if got, err := ask(n + 1); err != nil || got != n+1 {
					t.Errorf("%s: %d of %d (%v)", name, got, n+1, err)
				}
				for _, query := range asked {
					texts[query] = true
				}
				if n == 0 {
					ofOne = len(texts)
				}
			}
			if len(texts) != ofOne {
				t.Errorf("%s: %d queries of lists of one to three, and %d of one", name, len(texts), ofOne)
			}
		}
	})
}
