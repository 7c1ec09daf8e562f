package notices

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// ears count how often the bell rings.
type ears int

// Ring implements Bell.
func (e *ears) Ring(chat.UserID, ...chat.NoticeID) { *e++ }

// many tells somebody n things, each of a listing of its own.
func many(t *testing.T, d *testkit.Database, who chat.User, n int) {
	t.Helper()
	err := d.Exec(t.Context(), fmt.Sprintf(`
		INSERT INTO notice (user_id, kind, listing_id, title, created_at)
		SELECT %d, 'sold', i + 1000, 'Lamp', %d FROM (
			WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < %d) SELECT i FROM number) AS numbers`,
		who.ID, time.Now().UnixMicro(), n))
	if err != nil {
		t.Fatal(err)
	}
}

// On SQLite nobody else writes while notices are changed, and on PostgreSQL their rows are
// locked: very many are changed a thousand after the other, and the bell rings once.
func TestVeryManyNoticesAreChangedInThousands(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var mu sync.Mutex // guards asked
		asked := 0
		db := d.OpenTraced(t, nil, func(query string) {
			if strings.Contains(query, "UPDATE notice") || strings.Contains(query, "DELETE FROM notice") {
				mu.Lock()
				defer mu.Unlock()
				asked++
			}
		})
		town := testkit.Populate(t, db)
		left := func(who chat.User, unread bool) int {
			t.Helper()
			all, err := db.Notices(t.Context(), store.NoticeQuery{Who: who.ID, Unread: unread, Limit: 10_000})
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		var bell ears
		now := time.Now()
		s := New(db, &bell, nil, nil, func() time.Time { return now })
		many(t, d, town.Buyer, 2500)
		many(t, d, town.Seller, 2500)
		for _, test := range []struct {
			name         string
			do           func() error
			asks, rings  int
			unread, rest int // of the buyer
		}{
			{"reading all", func() error { return s.MarkAllRead(t.Context(), town.Buyer.ID) }, 3, 1, 0, 2500},
			{"reading all again", func() error { return s.MarkAllRead(t.Context(), town.Buyer.ID) }, 1, 0, 0, 2500},
			{"pruning what is young", func() error { return s.Prune(t.Context()) }, 2, 0, 0, 2500},
			{"clearing", func() error { return s.Clear(t.Context(), town.Buyer.ID) }, 3, 1, 0, 0},
			{"pruning what is old", func() error {
				now = now.Add(chat.NoticeLife + time.Minute)
				return s.Prune(t.Context())
			}, 3 + 1, 0, 0, 0},
		} {
			asked, bell = 0, 0
			if err := test.do(); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if asked != test.asks || int(bell) != test.rings {
				t.Errorf("%s: %d statements and %d rings, want %d and %d", test.name, asked, bell, test.asks, test.rings)
			}
			if unread, rest := left(town.Buyer, true), left(town.Buyer, false); unread != test.unread || rest != test.rest {
				t.Errorf("%s: %d are left, %d unread, want %d and %d", test.name, rest, unread, test.rest, test.unread)
			}
		}
		if got := left(town.Seller, false); got != 0 {
			t.Errorf("%d of the old ones are left", got)
		}
	})
}

// Whoever closes their account is gone at once, and what they were told goes behind them.
func TestVeryManyNoticesOfAFormerMemberArePruned(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		many(t, d, town.Buyer, 3500)
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.CloseUser(t.Context(), town.Buyer.ID, time.Now()) }); err != nil {
			t.Fatal(err)
		}
		var bell ears
		if err := New(db, &bell, nil, nil, time.Now).Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		counts, err := db.UnreadNotices(t.Context(), []chat.UserID{town.Buyer.ID})
		if err != nil || len(counts) != 0 {
			t.Errorf("got %v left, want none (%v)", counts, err)
		}
	})
}
