package store_test

import (
	"fmt"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// One character becomes up to 18 when it is folded, and looking for a word takes as long as the text is: so what is kept
// of it is bounded, also of listings that were stored before it was.
func TestWhatIsKeptToLookForWordsInIsBounded(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		finds := func(when, word string, want bool) {
			t.Helper()
			found, err := db.Listings(t.Context(), store.ListingQuery{Words: []string{word}, Limit: 5})
			if err != nil || (len(found) == 1) != want {
				t.Errorf("%s, %s is found in %d listings, %v; want that to be %t", when, word, len(found), err, want)
			}
		}
		long := town.Listing
		long.Slug, long.Title, long.Description = "long", "Calculus", strings.Repeat("\u2a0c", 1900)+" within "+strings.Repeat("\u2a0c", 1000)+" beyond"
		kept := func(when string) {
			t.Helper()
			finds(when, "calculus", true)
			finds(when, "within", true)
			finds(when, "beyond", false)
		}
		err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
			long.ID, err = tx.InsertListing(t.Context(), long)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		kept("when it is new")
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateListing(t.Context(), long) }); err != nil {
			t.Fatal(err)
		}
		kept("when it has changed")
		for _, statement := range []string{
			`UPDATE listing SET search_key = search_key || ' beyond' WHERE slug = 'long'`,
			`UPDATE meta SET value = 'nfkc-casefold' WHERE key = 'folding'`,
		} {
			if err := d.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		finds("before it was bounded", "beyond", true)
		db.Close()
		db = d.Open(t, nil)
		kept("once the program is newer")
	})
}

// Addresses that were folded otherwise: by any letter's small form, or not at all, where somebody older had the same.
func TestKeysOfAddressesAreMadeAnew(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		names := []string{"plain@example.org", "v@\u0130ris.org", "\u00c9va@example.org", "\u00e9va@example.org", "again@example.org", "AGAIN@example.org"}
		var ids []chat.UserID
		for i, email := range names {
			if err := db.Update(t.Context(), func(tx *store.Tx) error {
				u, err := tx.InsertUser(t.Context(), chat.User{Username: fmt.Sprint("user", i), Email: fmt.Sprint("x", i, "@example.org")}, "!")
				ids = append(ids, u.ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			key := map[int]string{0: "plain@example.org", 1: "v@iris.org", 2: "\u00e9va@example.org", 4: "again@example.org"}[i]
			if err := d.Exec(t.Context(), fmt.Sprintf(`UPDATE users SET email = '%s', email_key = '%s' WHERE id = %d`, email, key, ids[i])); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Exec(t.Context(), `DELETE FROM meta WHERE key = 'email-folding'`); err != nil {
			t.Fatal(err)
		}
		db.Close()
		db = d.Open(t, nil)
		for i, want := range map[string]int{
			"PLAIN@example.org": 0, "v@\u0130RIS.org": 1, "v@iris.org": -1, "\u00c9VA@example.org": 2, "\u00e9VA@example.org": 3, "again@EXAMPLE.org": 4,
		} {
			u, err := db.UserByEmail(t.Context(), i)
			switch {
			case want < 0 && chat.CodeOf(err) != chat.NotFound:
				t.Errorf("%s is user %d's (%v), want nobody's", i, u.ID, err)
			case want >= 0 && (err != nil || u.ID != ids[want]):
				t.Errorf("%s is user %d's (%v), want user %d's", i, u.ID, err, ids[want])
			}
		}
	})
}
