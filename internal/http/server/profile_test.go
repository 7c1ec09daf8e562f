package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/testkit"
)

// Bug: a change of one's profile stored all of it as it was read before, so that of two at
// once one undid the other. Here both have begun before either goes on.
func TestTwoChangesOfAProfileAtOnceLoseNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		release := func() {}
		var meet func()
		if d.Name == "postgres" {
			release, meet = holdUser(t, d, s.town.Buyer.ID)
		}
		name, city := "Asha Kulkarni", "Nashik"
		var wg sync.WaitGroup
		for _, c := range []accounts.EditCommand{{Name: &name}, {City: &city}} {
			wg.Go(func() {
				if _, err := s.Accounts.Edit(t.Context(), s.town.Buyer.ID, c, accounts.Origin{}); err != nil {
					t.Error(err)
				}
			})
		}
		if meet != nil {
			meet()
		}
		release()
		wg.Wait()
		u, err := s.DB.User(t.Context(), s.town.Buyer.ID)
		if err != nil || u.Name != name || u.City != city {
			t.Errorf("got %q of %q, want %q of %q (%v)", u.Name, u.City, name, city, err)
		}
	})
}

// holdUser locks a person on PostgreSQL. It returns what lets go, and what waits until two
// others wait for it.
func holdUser(t *testing.T, d *testkit.Database, who chat.UserID) (release, meet func()) {
	t.Helper()
	db, err := sql.Open("pgx", d.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), fmt.Sprintf(`SELECT 1 FROM users WHERE id = %d FOR NO KEY UPDATE`, who)); err != nil {
		t.Fatal(err)
	}
	release = func() { _ = tx.Rollback() } // it has changed nothing
	return release, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond) // less than a lock is waited for
		defer cancel()
		for n := 0; n != 2; time.Sleep(10 * time.Millisecond) {
			// The second one in a row waits for the first one's place in it.
			err := db.QueryRowContext(ctx, `
				SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
			if err != nil {
				t.Errorf("%d wait for the person, want 2 (%v)", n, err)
				return
			}
		}
	}
}
