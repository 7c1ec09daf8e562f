package store_test

import (
	"fmt"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

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
