package store_test

import (
	"context"
	"fmt"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// TestADumpOfAnotherServerIsFollowedOn shows contract 8 behind a move to another PostgreSQL by
// pg_dump, whose transactions have smaller numbers: what no follower had come to, and what is
// written from then on, is followed in order.
func TestADumpOfAnotherServerIsFollowedOn(t *testing.T) {
	d := testkit.PostgreSQL(t)
	// Numbers that the other server does not come to.
	if err := d.Exec(t.Context(), `DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`); err != nil {
		t.Fatal(err)
	}
	old := d.Open(t, nil)
	town := testkit.Populate(t, old)
	c := town.Converse(t, old)
	for i := range 5 {
		mustAppend(t, old, post(c.ID, town.Buyer.ID, fmt.Sprint("old", i), "hi"))
	}
	all, end := followAll(t, old, store.Cursor{}, 10)
	changed := town.Listing
	changed.Price.Amount++
	update(t, old, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.UpdateListing(ctx, changed); err != nil {
			return err
		}
		return tx.Follow(ctx, "notices", all[2].Cursor)
	})
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}

	server, err := testkit.StartPostgres(testkit.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := server.CreateDatabase(t.Context(), "moved", ""); err != nil {
		t.Fatal(err)
	}
	load := exec.CommandContext(t.Context(), "bash", "-c", `set -o pipefail; pg_dump --no-owner "$0" | psql --quiet -v ON_ERROR_STOP=1 "$1"`, d.URL(), server.URL("moved"))
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	open := func() *store.DB {
		db, err := store.Open(t.Context(), store.Options{URL: server.URL("moved"), Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	db := open()
	for i := range 3 {
		mustAppend(t, db, post(c.ID, town.Buyer.ID, fmt.Sprint("new", i), "hi"))
	}
	follow := func(name string) []chat.Seq {
		t.Helper()
		from, err := db.Followed(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		var seqs []chat.Seq
		some, _ := followAll(t, db, from, 2)
		for _, l := range some {
			seqs = append(seqs, l.Seq)
		}
		return seqs
	}
	if diff := cmp.Diff([]chat.Seq{4, 5, 6, 7, 8}, follow("notices")); diff != "" {
		t.Errorf("a follower that had come to 3 gets (-want +got):\n%s", diff)
	}
	from, err := db.Followed(t.Context(), "shelf")
	if err != nil {
		t.Fatal(err)
	}
	if changes, err := db.ListingChanges(t.Context(), from, 10); err != nil || len(changes) != 1 {
		t.Errorf("changes of listings %v, %v, want the one", changes, err)
	}

	// Another start changes nothing more.
	_, before := followAll(t, db, store.Cursor{}, 10)
	again := open()
	if _, after := followAll(t, again, store.Cursor{}, 10); after != before || after == end {
		t.Errorf("the end of the log was %v, then %v, and is %v", end, before, after)
	}
	if again.Epoch() != db.Epoch() {
		t.Error("clients begin anew")
	}
}
