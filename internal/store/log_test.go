package store_test

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// followAll reads the log from a cursor to its present end.
func followAll(t *testing.T, db *store.DB, from store.Cursor, limit int) ([]store.Logged, store.Cursor) {
	t.Helper()
	var all []store.Logged
	for {
		some, err := db.After(t.Context(), from, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			return all, from
		}
		all = append(all, some...)
		from = some[len(some)-1].Cursor
	}
}

// TestLogSkipsNothingWhileOthersWrite shows contract 8: a reader of the log that goes on from its
// cursor misses nothing.
func TestLogSkipsNothingWhileOthersWrite(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "start", "hi"))
		const messages = 300
		var writers sync.WaitGroup
		for w := range 3 {
			writers.Go(func() {
				for i := range messages / 3 {
					if _, err := db.Append(t.Context(), post(c.ID, town.Buyer.ID, fmt.Sprintf("%d.%d", w, i), "hi")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writers.Wait(); close(done) }()
		var seen []chat.Seq
		var cursor store.Cursor
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			var some []store.Logged
			some, cursor = followAll(t, db, cursor, 7)
			for _, l := range some {
				seen = append(seen, l.Seq)
			}
		}
		var want []chat.Seq
		for i := range messages + 1 {
			want = append(want, chat.Seq(i+1))
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("seqs in the log (-want +got):\n%s", diff)
		}
	})
}

// TestLogOfPostgreSQLWaitsForATransactionThatCommitsLate shows contract 8: no cursor passes a
// commit that is not yet visible. A reader by identity alone would.
func TestLogOfPostgreSQLWaitsForATransactionThatCommitsLate(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "hi"))
		if d.Name == "sqlite" {
			// One writer at a time: nobody can commit late.
			if all, _ := followAll(t, db, store.Cursor{}, 10); len(all) != 1 {
				t.Errorf("%d events, want 1", len(all))
			}
			return
		}
		beside, err := sql.Open("pgx", d.URL())
		if err != nil {
			t.Fatal(err)
		}
		defer beside.Close()
		tx, err := beside.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		// The late one draws its identity first and commits last.
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at)
			VALUES ($1, 1000, 'message', 0, 1, 1)`, c.ID); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "two", "hi"))
		before, cursor := followAll(t, db, store.Cursor{}, 10)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		after, _ := followAll(t, db, cursor, 10)
		var seqs []chat.Seq
		for _, l := range append(before, after...) {
			seqs = append(seqs, l.Seq)
		}
		if diff := cmp.Diff([]chat.Seq{1, 1000, 2}, seqs); diff != "" {
			t.Errorf("seqs in the log (-want +got):\n%s", diff)
		}
	})
}

// Who begins at the end of the log sees everything that is committed from then on, also what
// had begun before.
func TestTheEndOfTheLogIsBeforeWhatIsStillToBeCommitted(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		empty, err := db.End(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "hi"))
		if all, _ := followAll(t, db, empty, 10); len(all) != 1 {
			t.Errorf("%d events behind the end of an empty log, want 1", len(all))
		}
		want := []chat.Seq{2}
		commit := func() error { return nil }
		if d.Name == "postgres" {
			beside, err := sql.Open("pgx", d.URL())
			if err != nil {
				t.Fatal(err)
			}
			defer beside.Close()
			tx, err := beside.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at)
				VALUES ($1, 1000, 'message', 0, 1, 1)`, c.ID); err != nil {
				t.Fatal(err)
			}
			want, commit = []chat.Seq{1000, 2}, tx.Commit
		}
		end, err := db.End(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if all, _ := followAll(t, db, end, 10); len(all) != 0 {
			t.Errorf("%d events behind the end, want none", len(all))
		}
		if err := commit(); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "two", "hi"))
		all, _ := followAll(t, db, end, 10)
		var got []chat.Seq
		for _, l := range all {
			got = append(got, l.Seq)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("seqs behind the end (-want +got):\n%s", diff)
		}
	})
}

func TestThePeopleOfConversations(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		got, err := db.PeopleOf(t.Context(), []chat.ConversationID{c.ID, c.ID + 1000})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[chat.ConversationID][2]chat.UserID{c.ID: {town.Buyer.ID, town.Seller.ID}}, got); diff != "" {
			t.Errorf("people (-want +got):\n%s", diff)
		}
	})
}
