package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// several returns conversations of the town's buyer with as many sellers' listings.
func several(t *testing.T, db *store.DB, n int) (chat.UserID, []chat.ConversationID) {
	t.Helper()
	town := testkit.Populate(t, db)
	ids := []chat.ConversationID{town.Converse(t, db).ID}
	for i := 1; i < n; i++ {
		town.Listing.Slug = fmt.Sprint("bicycle-", i)
		err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
			town.Listing.ID, err = tx.InsertListing(t.Context(), town.Listing)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, town.Converse(t, db).ID)
	}
	return town.Buyer.ID, ids
}

// TestTwoNodesThatLockTheSameConversationsInOppositeOrderNeverDeadlock has both write to all
// conversations at once, one from the first to the last and the other from the last to the first.
func TestTwoNodesThatLockTheSameConversationsInOppositeOrderNeverDeadlock(t *testing.T) {
	d := testkit.PostgreSQL(t)
	var mu sync.Mutex // guards largest
	largest := 0
	open := func() *store.DB {
		db, err := store.Open(t.Context(), store.Options{URL: d.URL(), Dir: t.TempDir(), Batched: func(calls int, _ time.Duration, failed bool) {
			if failed {
				t.Error("a batch failed")
			}
			mu.Lock()
			defer mu.Unlock()
			largest = max(largest, calls)
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	one, two := open(), open()
	buyer, ids := several(t, one, 24)
	opposite := slices.Clone(ids)
	slices.Reverse(opposite)
	const rounds = 40
	for round := range rounds {
		var calls sync.WaitGroup
		for name, node := range map[string]*store.DB{"one": one, "two": two} {
			order := ids
			if name == "two" {
				order = opposite
			}
			for _, id := range order {
				calls.Go(func() {
					if _, err := node.Append(t.Context(), post(id, buyer, fmt.Sprint(name, round), "hi")); err != nil {
						t.Error(err)
					}
				})
			}
		}
		calls.Wait()
	}
	if largest < 2 {
		t.Errorf("the largest batch held %d: nothing was locked together", largest)
	}
	beside, err := sql.Open("pgx", d.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	var deadlocks int
	if err := beside.QueryRowContext(t.Context(), `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&deadlocks); err != nil {
		t.Fatal(err)
	}
	if deadlocks > 0 {
		t.Errorf("PostgreSQL has met %d deadlocks", deadlocks)
	}
	if all, _ := followAll(t, one, store.Cursor{}, 500); len(all) != 2*rounds*len(ids) {
		t.Errorf("the log has %d events, want %d", len(all), 2*rounds*len(ids))
	}
}

// TestAWriterHeldInsideItsTransactionMakesNoFollowerSkipIt shows contract 8 across nodes: a node's
// batch is held by pg_sleep between drawing its identities and its COMMIT, others commit meanwhile,
// and followers at both nodes read on and on.
func TestAWriterHeldInsideItsTransactionMakesNoFollowerSkipIt(t *testing.T) {
	d := testkit.PostgreSQL(t)
	one, two := d.Open(t, nil), d.Open(t, nil)
	buyer, ids := several(t, one, 6)
	for _, statement := range []string{
		`CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.7); RETURN NEW; END $$`,
		`CREATE TRIGGER hold AFTER INSERT ON message FOR EACH ROW WHEN (NEW.body = 'held') EXECUTE FUNCTION hold()`,
	} {
		if err := d.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ctx, over := context.WithCancel(t.Context())
	type place struct {
		conversation chat.ConversationID
		seq          chat.Seq
	}
	seen := make([]map[place]int, 2)
	var followers, writers sync.WaitGroup
	for i, db := range []*store.DB{one, two} {
		seen[i] = make(map[place]int)
		followers.Go(func() {
			var cursor store.Cursor
			for last := false; ; last = ctx.Err() != nil {
				var some []store.Logged
				some, cursor = followAll(t, db, cursor, 5)
				for _, e := range some {
					seen[i][place{e.Conversation, e.Seq}]++
				}
				if last {
					return
				}
			}
		})
	}
	for i, db := range []*store.DB{one, two} {
		for _, id := range ids {
			writers.Go(func() {
				for n := range 20 {
					text := "hi"
					if n == 3 && id == ids[i] {
						text = "held"
					}
					if _, err := db.Append(t.Context(), post(id, buyer, fmt.Sprint(i, n), text)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	writers.Wait()
	over()
	followers.Wait()
	for i := range seen {
		if want := 2 * 20 * len(ids); len(seen[i]) != want {
			t.Errorf("follower %d has seen %d events, want %d", i, len(seen[i]), want)
		}
		for at, times := range seen[i] {
			if times != 1 {
				t.Errorf("follower %d has seen %+v %d times", i, at, times)
			}
		}
	}
}

// TestAMigrationMayTakeLong has PostgreSQL note under which timeout each statement of the schema
// runs: that of ordinary statements would end one that rewrites a big table.
func TestAMigrationMayTakeLong(t *testing.T) {
	d := testkit.EmptyPostgreSQL(t)
	for _, statement := range []string{
		`CREATE TABLE noted (timeout TEXT NOT NULL)`,
		`CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS
			$$ BEGIN INSERT INTO noted VALUES (current_setting('statement_timeout')); END $$`,
		`CREATE EVENT TRIGGER note ON ddl_command_start EXECUTE FUNCTION note()`,
	} {
		if err := d.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	db := d.Open(t, nil)
	err := d.Exec(t.Context(), `DO $$ BEGIN
		IF (SELECT count(*) FROM noted) < 10 OR EXISTS (SELECT 1 FROM noted WHERE timeout <> '0') THEN
			RAISE EXCEPTION 'statements of the schema ran under %', (SELECT array_agg(DISTINCT timeout) FROM noted);
		END IF;
	END $$`)
	if err != nil {
		t.Error(err)
	}
	pools := db.Pools()
	if all, ok := pools["all"]; !ok || all.Idle+all.InUse == 0 || len(pools) != 2 {
		t.Errorf("the pools are %+v, want one that has been used", pools)
	}
}
