package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// beside opens a connection to a database beside the store.
func beside(t *testing.T, d *testkit.Database) *sql.DB {
	t.Helper()
	driver, source := "pgx", d.URL()
	if source == "" {
		driver, source = "sqlite", "file:"+filepath.Join(d.Dir(), "swapnest.db")
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// waiting returns when so many connections to a PostgreSQL database wait for a lock.
func waiting(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2800*time.Millisecond) // less than a lock is waited for
	defer cancel()
	for got := -1; got != n; time.Sleep(10 * time.Millisecond) {
		err := db.QueryRowContext(ctx, `
			SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&got)
		if err != nil {
			t.Errorf("%d wait for a lock, want %d (%v)", got, n, err)
			return
		}
	}
}

func update(t *testing.T, db *store.DB, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// converse makes the conversation of a buyer with the seller of a town.
func converse(t *testing.T, db *store.DB, town testkit.Town, buyer chat.User) chat.ConversationID {
	t.Helper()
	town.Buyer = buyer
	return town.Converse(t, db).ID
}

// tell makes a notice of a message for the other one of a conversation, or moves it up.
func tell(ctx context.Context, tx *store.Tx, id chat.ConversationID, from chat.UserID, seq chat.Seq) error {
	_, err := tx.TellOfMessages(ctx, chat.NoticeMessage, []store.MessageNews{{Conversation: id, Actor: from, Seq: seq, At: time.Now()}})
	return err
}

// Bug: whoever pinned a conversation locked their account as if to delete it. Who made a
// notice for them held their place in the conversation and waited for the account, and the
// other way round.
func TestPinningKeepsNoNoticeWaiting(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		if d.Name == "sqlite" {
			return // has one writer at a time
		}
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		id, seller := town.Converse(t, db).ID, town.Seller.ID
		locked, told := make(chan struct{}), make(chan struct{})
		var tellErr error
		go func() {
			defer close(told)
			<-locked
			tellErr = db.Update(t.Context(), func(tx *store.Tx) error { return tell(t.Context(), tx, id, town.Buyer.ID, 1) })
		}()
		// As inbox.Keep does it.
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.PinnedBy(t.Context(), seller)
			close(locked)
			<-told
			if err != nil {
				return err
			}
			if _, err := tx.Keeping(t.Context(), id, seller); err != nil {
				return err
			}
			return tx.SetKeeping(t.Context(), id, seller, chat.Keeping{Pinned: true})
		})
		if err != nil || tellErr != nil {
			t.Errorf("pinning: %v, telling meanwhile: %v", err, tellErr)
		}
	})
}

// Bug: what changed several notices of a person locked them as they lay on the disk, and who
// made notices by conversation: two that met from both ends waited for each other.
func TestSeveralNoticesAreLockedInOneOrder(t *testing.T) {
	for name, change := range map[string]func(ctx context.Context, tx *store.Tx, who chat.UserID, ids []chat.NoticeID) error{
		"all are read": func(ctx context.Context, tx *store.Tx, who chat.UserID, _ []chat.NoticeID) error {
			_, err := tx.ReadAllNotices(ctx, who, 1000)
			return err
		},
		"some are read": func(ctx context.Context, tx *store.Tx, who chat.UserID, ids []chat.NoticeID) error {
			_, err := tx.ReadNotices(ctx, who, ids)
			return err
		},
		"all are deleted": func(ctx context.Context, tx *store.Tx, who chat.UserID, _ []chat.NoticeID) error {
			_, err := tx.DeleteNotices(ctx, who, 1000)
			return err
		},
		"the account is closed": func(ctx context.Context, tx *store.Tx, who chat.UserID, _ []chat.NoticeID) error {
			return tx.CloseUser(ctx, who, time.Now())
		},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
				if d.Name == "sqlite" {
					return // has one writer at a time
				}
				db := d.Open(t, nil)
				town := testkit.Populate(t, db)
				first, second := converse(t, db, town, town.Buyer), converse(t, db, town, town.Stranger)
				// On the disk, the notice of the second one comes first.
				update(t, db, func(ctx context.Context, tx *store.Tx) error { return tell(ctx, tx, second, town.Stranger.ID, 1) })
				update(t, db, func(ctx context.Context, tx *store.Tx) error { return tell(ctx, tx, first, town.Buyer.ID, 1) })
				notices, err := db.Notices(t.Context(), store.NoticeQuery{Who: town.Seller.ID, Limit: 10})
				if err != nil || len(notices) != 2 {
					t.Fatalf("got %d notices, want 2 (%v)", len(notices), err)
				}
				ids := []chat.NoticeID{notices[0].ID, notices[1].ID}
				held, meet := make(chan struct{}), make(chan struct{})
				watch := beside(t, d)
				if err := watch.PingContext(t.Context()); err != nil { // Its connection is there before it counts.
					t.Fatal(err)
				}
				var wg sync.WaitGroup
				var telling, changing error
				wg.Go(func() {
					telling = db.Update(t.Context(), func(tx *store.Tx) error {
						err := tell(t.Context(), tx, first, town.Buyer.ID, 2)
						close(held)
						<-meet
						if err != nil {
							return err
						}
						return tell(t.Context(), tx, second, town.Stranger.ID, 2)
					})
				})
				<-held
				wg.Go(func() {
					changing = db.Update(t.Context(), func(tx *store.Tx) error { return change(t.Context(), tx, town.Seller.ID, ids) })
				})
				waiting(t, watch, 1)
				close(meet)
				wg.Wait()
				if telling != nil || changing != nil {
					t.Errorf("telling: %v, changing: %v", telling, changing)
				}
			})
		})
	}
}

// many makes n notices of one person's, each about a listing of its own.
func many(t *testing.T, d *testkit.Database, who chat.UserID, n int) {
	t.Helper()
	err := d.Exec(t.Context(), fmt.Sprintf(`
		INSERT INTO notice (user_id, kind, listing_id, title, created_at)
		SELECT %d, '%s', i + 1000, 'Lamp', i FROM (
			WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < %d) SELECT i FROM number) AS numbers`,
		who, chat.NoticeSold, n))
	if err != nil {
		t.Fatal(err)
	}
}

// planOf returns how a database says that it would do something.
func planOf(t *testing.T, db *sql.DB, query string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells := make([]any, len(columns))
	for i := range cells {
		cells[i] = new(any)
	}
	var plan []string
	for rows.Next() {
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, fmt.Sprint(*cells[len(cells)-1].(*any))) // the words come last
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

// Bug: what a listing's change made untrue was looked for among all notices of everybody.
func TestNoticesOfAListingAreFoundByAnIndex(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) {
			if strings.Contains(query, "notice") && strings.Contains(query, "listing_id = $1") {
				asked = append(asked, query)
			}
		})
		town := testkit.Populate(t, db)
		many(t, d, town.Buyer.ID, 5000)
		if err := d.Exec(t.Context(), `ANALYZE`); err != nil {
			t.Fatal(err)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.RetractSold(ctx, 1003); err != nil {
				return err
			}
			_, err := tx.SettlePrices(ctx, 1003, chat.Money{Amount: 1, Currency: "INR"})
			return err
		})
		if len(asked) != 3 {
			t.Fatalf("got %d statements about a listing's notices, want 3: %v", len(asked), asked)
		}
		explain, db2 := `EXPLAIN `, beside(t, d)
		if d.Name == "sqlite" {
			explain = `EXPLAIN QUERY PLAN `
		}
		for _, query := range asked {
			args := []any{1003, "sold", "INR", 1}[:strings.Count(query, "$")]
			if strings.Contains(query, "SET price_amount = $3") {
				args[2] = 1
			}
			text := planOf(t, db2, explain+query, args...)
			if !strings.Contains(text, "notice_about") || strings.Contains(text, "Seq Scan") {
				t.Errorf("%s\nis done by\n%s", query, text)
			}
		}
	})
}

// Of one person's notices only so many are changed by one statement, and the rest by the next.
func TestManyNoticesAreChangedAFewAtATime(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		many(t, d, town.Buyer.ID, 2500)
		many(t, d, town.Seller.ID, 2500)
		for name, change := range map[string]func(context.Context, *store.Tx) (int64, error){
			"reading all": func(ctx context.Context, tx *store.Tx) (int64, error) {
				return tx.ReadAllNotices(ctx, town.Buyer.ID, 1000)
			},
			"pruning": func(ctx context.Context, tx *store.Tx) (int64, error) {
				return tx.PruneNotices(ctx, time.UnixMicro(1251), 1000) // 1,250 of each
			},
		} {
			var got []int64
			for range 4 {
				update(t, db, func(ctx context.Context, tx *store.Tx) error {
					n, err := change(ctx, tx)
					got = append(got, n)
					return err
				})
			}
			// Of what is read some may have been pruned before.
			if sum := got[0] + got[1] + got[2] + got[3]; got[0] != 1000 || got[3] != 0 || sum%1250 != 0 || sum == 0 {
				t.Errorf("%s: got %v, want a thousand and then the rest", name, got)
			}
		}
	})
}

// What is too much to be deleted as somebody closes their account is deleted behind it, and
// nothing of those who have not.
func TestTheNoticesOfAFormerMemberGoInThousands(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		many(t, d, town.Buyer.ID, 2500)
		many(t, d, town.Seller.ID, 10)
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.CloseUser(ctx, town.Buyer.ID, time.Now()) })
		left := func(who chat.UserID) int64 {
			counts, err := db.UnreadNotices(t.Context(), []chat.UserID{who})
			if err != nil {
				t.Fatal(err)
			}
			return counts[who]
		}
		if got := left(town.Buyer.ID); got != 1500 {
			t.Errorf("%d are left as the account is closed, want 1500", got)
		}
		var got []int64
		for range 3 {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				n, err := tx.PruneNoticesOfFormer(ctx, 1000)
				got = append(got, n)
				return err
			})
		}
		if fmt.Sprint(got) != "[1000 500 0]" || left(town.Buyer.ID) != 0 || left(town.Seller.ID) != 10 {
			t.Errorf("pruned %v, and %d and %d are left", got, left(town.Buyer.ID), left(town.Seller.ID))
		}
	})
}

// Bug: a follower that a long transaction held back was said to be up to date.
func TestWhatARunningTransactionHoldsBackIsWaiting(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		if d.Name == "postgres" {
			long, err := beside(t, d).BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = long.Rollback() }() // it has written nothing
			if _, err := long.ExecContext(t.Context(), `SELECT pg_current_xact_id()`); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now().Add(-time.Millisecond)
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "hi"))
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateListing(ctx, town.Listing) })
		events, err := db.After(t.Context(), store.Cursor{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		changes, err := db.ListingChanges(t.Context(), store.Cursor{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		if d.Name == "postgres" {
			want = 0
		}
		if len(events) != want || len(changes) != want {
			t.Fatalf("got %d events and %d changes, want %d of each", len(events), len(changes), want)
		}
		for name, waiting := range map[string]func(context.Context, store.Cursor) (time.Time, error){
			"the log": db.Waiting, "the listings' feed": db.ListingWaiting,
		} {
			if since, err := waiting(t.Context(), store.Cursor{}); err != nil || since.Before(began.Add(-time.Second)) || since.After(time.Now()) {
				t.Errorf("%s waits since %v, want since a moment ago (%v)", name, since, err)
			}
		}
	})
}
