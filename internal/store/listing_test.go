package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestListingsFilterSortAndPage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		base := town.Listing.CreatedAt
		for i, l := range []struct {
			title, category string
			price           int64
			status          chat.ListingStatus
		}{
			{"banana 100% ripe", "garden", 300, chat.ListingActive},
			{"Apple_tree", "garden", 200, chat.ListingActive},
			{"cherry ÄPFEL", "kitchen", 100, chat.ListingReserved},
			{"sold thing", "garden", 50, chat.ListingSold},
		} {
			one := town.Listing
			one.Slug, one.Title, one.Category, one.Status = fmt.Sprint("l", i), l.title, l.category, l.status
			one.Price.Amount, one.CreatedAt = l.price, base.Add(time.Duration(i+1)*time.Second)
			one.Photos = []chat.Photo{{Key: "a.svg", Width: 4, Height: 3}, {Key: "b.svg", Width: 4, Height: 3}}
			if err := db.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.InsertListing(t.Context(), one)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range []struct {
			name string
			q    store.ListingQuery
			want []string
		}{
			{"newest first", store.ListingQuery{Sort: store.SortRecent}, []string{"cherry ÄPFEL", "Apple_tree", "banana 100% ripe", "Hero Sprint cycle"}},
			{"cheapest first", store.ListingQuery{Sort: store.SortPrice}, []string{"cherry ÄPFEL", "Apple_tree", "banana 100% ripe", "Hero Sprint cycle"}},
			{"by title, whatever its case", store.ListingQuery{Sort: store.SortTitle}, []string{"Apple_tree", "banana 100% ripe", "cherry ÄPFEL", "Hero Sprint cycle"}},
			{"a category", store.ListingQuery{Category: "garden"}, []string{"Apple_tree", "banana 100% ripe"}},
			{"words in any script and case", store.ListingQuery{Words: []string{"äpfel"}}, []string{"cherry ÄPFEL"}},
			{"words in any width and composition", store.ListingQuery{Words: []string{store.Fold("a\u0308pfel")}}, []string{"cherry ÄPFEL"}},
			{"a place, whatever its case", store.ListingQuery{Place: "pun", Category: "kitchen"}, []string{"cherry ÄPFEL"}},
			{"a place where there is nothing", store.ListingQuery{Place: "mumbai"}, nil},
			{"a condition", store.ListingQuery{Condition: "poor"}, nil},
			{"a price between two", store.ListingQuery{Currency: "INR", Least: 150, Most: 250}, []string{"Apple_tree"}},
			{"another currency", store.ListingQuery{Currency: "EUR"}, nil},
			{"without one of them", store.ListingQuery{Category: "kitchen", Except: town.Listing.ID + 3}, nil},
			{"a percent sign is itself", store.ListingQuery{Words: []string{"0%"}}, []string{"banana 100% ripe"}},
			{"an underscore is itself", store.ListingQuery{Words: []string{"e_t"}}, []string{"Apple_tree"}},
			{"all words must occur", store.ListingQuery{Words: []string{"ripe", "apple"}}, nil},
			{"a seller's, sold ones too", store.ListingQuery{Seller: town.Seller.ID, All: true, Sort: store.SortTitle}, []string{"Apple_tree", "banana 100% ripe", "cherry ÄPFEL", "Hero Sprint cycle", "sold thing"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				var got []string
				for q := test.q; ; {
					q.Limit = 2
					page, err := db.Listings(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					for _, l := range page {
						got = append(got, l.Title)
						if l.Title != town.Listing.Title && (len(l.Photos) != 1 || l.Photos[0].Key != "a.svg") {
							t.Errorf("photos of %s: %v", l.Title, l.Photos)
						}
					}
					if len(page) < q.Limit {
						break
					}
					last := page[len(page)-1]
					q.AfterKey, q.AfterID = store.SortKey(last, q.Sort), last.ID
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("titles (-want +got):\n%s", diff)
				}
			})
		}
	})
}

func TestWhatIsGoneIsNeitherWishedForNorSeen(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		gone := town.Listing.ID + 1000
		for name, change := range map[string]func(tx *store.Tx) error{
			"wished": func(tx *store.Tx) error { return tx.AddWish(t.Context(), town.Buyer.ID, gone, time.Now()) },
			"seen":   func(tx *store.Tx) error { return tx.CountView(t.Context(), gone, 1, []byte("v")) },
		} {
			if err := db.Update(t.Context(), change); chat.CodeOf(err) != chat.NotFound {
				t.Errorf("%s: got %v, want not found", name, err)
			}
		}
	})
}

// Two forms that are sent at once may both have found the photo free.
func TestAPhotoIsTakenUpByOneListing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		p := chat.Photo{Key: "photos/a.jpg", ThumbKey: "photos/a-s.jpg", Width: 4, Height: 3}
		other := town.Listing
		other.Slug = "another"
		update := func(fn func(tx *store.Tx) error) error { return db.Update(t.Context(), fn) }
		if err := update(func(tx *store.Tx) error {
			var err error
			if other.ID, err = tx.InsertListing(t.Context(), other); err != nil {
				return err
			}
			return tx.InsertLoosePhoto(t.Context(), town.Seller.ID, p, time.Now().Add(time.Hour))
		}); err != nil {
			t.Fatal(err)
		}
		for i, l := range []chat.Listing{town.Listing, other} {
			err := update(func(tx *store.Tx) error { return tx.SetPhotos(t.Context(), l, []chat.Photo{p}) })
			if (err == nil) != (i == 0) || (err != nil && chat.CodeOf(err) != chat.Invalid) {
				t.Errorf("listing %d: got %v", i, err)
			}
		}
		if l, err := db.Listing(t.Context(), other.ID); err != nil || len(l.Photos) != 0 {
			t.Errorf("got %v, %v, want no photo of another listing", l.Photos, err)
		}
	})
}
