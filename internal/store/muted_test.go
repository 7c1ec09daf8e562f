package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// Of what is muted no more is gathered than is shown.
func TestNoMoreOfWhatIsMutedIsReadThanIsAskedFor(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
		town, all := spoken(t, d, db, 10)
		me := town.Seller.ID
		mustExec(t, d, `UPDATE member SET muted = TRUE`)
		mustExec(t, d, fmt.Sprintf(`UPDATE conversation SET last_at = last_at + 1000000 WHERE id = %d`, all[3].ID))
		asked = nil
		found, err := db.MutedEntries(t.Context(), me, 3)
		if err != nil {
			t.Fatal(err)
		}
		var got []chat.ConversationID
		for _, e := range found {
			got = append(got, e.Conversation.ID)
		}
		if want := []chat.ConversationID{all[3].ID, all[9].ID, all[8].ID}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		plan, err := store.Plan(t.Context(), db, asked[0])
		if err != nil {
			t.Fatal(err)
		}
		// PostgreSQL has a limit around all, too; SQLite's plans tell of what is limited by its being a part of its own.
		page, _, _ := strings.Cut(plan, "CTE Scan on page")
		if n := strings.Count(page, "  Limit") + strings.Count(page, "CO-ROUTINE half_"); n != 2 {
			t.Errorf("%d of the two sides are limited in the plan\n%s", n, plan)
		}
	})
}
