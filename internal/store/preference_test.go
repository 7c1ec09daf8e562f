package store_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// Each field is changed alone, so that none can be stored in the place of another.
func TestEveryPreferenceIsStoredForItself(t *testing.T) {
	other := map[string]any{
		"Quiet": chat.Hours{From: 22 * 60, To: 7*60 + 30}, "TimeZone": "Asia/Kolkata",
		"PausedUntil": time.Date(2026, 12, 1, 8, 0, 0, 123000, time.UTC),
	}
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		read := func(who chat.User) chat.Preferences {
			t.Helper()
			p, err := db.Preferences(t.Context(), who.ID)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		if diff := cmp.Diff(chat.DefaultPreferences(), read(town.Buyer)); diff != "" {
			t.Errorf("of somebody who has not chosen (-want +got):\n%s", diff)
		}
		fields := reflect.TypeFor[chat.Preferences]()
		for i := range fields.NumField() {
			want := chat.DefaultPreferences()
			field, name := reflect.ValueOf(&want).Elem().Field(i), fields.Field(i).Name
			if field.Kind() == reflect.Bool {
				field.SetBool(!field.Bool())
			} else {
				field.Set(reflect.ValueOf(other[name])) // one without another value stops the test
			}
			err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.SetPreferences(t.Context(), town.Buyer.ID, want) })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, read(town.Buyer)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if diff := cmp.Diff(chat.DefaultPreferences(), read(town.Seller)); diff != "" {
			t.Errorf("of somebody else (-want +got):\n%s", diff)
		}
	})
}
