package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// emptied is a PostgreSQL database in which nothing is, not even a schema.
func emptied(t *testing.T) *testkit.Database {
	t.Helper()
	d := testkit.PostgreSQL(t)
	for _, statement := range []string{`DROP SCHEMA public CASCADE`, `CREATE SCHEMA public`} {
		mustExec(t, d, statement)
	}
	return d
}

func mustExec(t *testing.T, d *testkit.Database, statement string) {
	t.Helper()
	if err := d.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// moving moves a database, and returns whether it was told to begin anew.
func moving(t *testing.T, from, to *testkit.Database) (moved store.Moved, anew bool, err error) {
	t.Helper()
	moved, err = store.Move(t.Context(), store.MoveOptions{Dir: from.Dir(), URL: to.URL(), Progress: func(p store.MoveProgress) {
		anew = anew || p.Stage == store.MoveAnew
	}})
	return moved, anew, err
}

func mustMove(t *testing.T, from, to *testkit.Database) store.Moved {
	t.Helper()
	moved, _, err := moving(t, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return moved
}

// refused has a move end with a sentence.
func refused(t *testing.T, from, to *testkit.Database, says string) {
	t.Helper()
	if _, _, err := moving(t, from, to); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("said %v, want %q", err, says)
	}
}

// look opens a connection beside a database, for reading what the program does not show.
func look(t *testing.T, d *testkit.Database) *sql.DB {
	t.Helper()
	driver, source := "pgx", d.URL()
	if d.URL() == "" {
		driver, source = "sqlite", "file:"+filepath.Join(d.Dir(), "swapnest.db")+"?_pragma=foreign_keys(ON)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // nothing is lost with it
	return db
}

// TestAMovedLogIsReadInItsOrder shows contract 8: whoever follows the log or the listings' feed
// goes on behind a move where they were: nothing twice, nothing left out.
func TestAMovedLogIsReadInItsOrder(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	h := begin(t, from, 7)
	db := h.Open(t, nil)
	all, _ := followAll(t, db, store.Cursor{}, 3)
	var feed []store.ListingChange
	for i := range 4 {
		h.town.Listing.Price.Amount += 100
		update(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateListing(ctx, h.town.Listing) })
		var err error
		if feed, err = db.ListingChanges(t.Context(), store.Cursor{}, 100); err != nil || len(feed) < i+1 {
			t.Fatalf("%d changes, %v", len(feed), err)
		}
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Follow(ctx, "listings", feed[1].Cursor); err != nil {
			return err
		}
		if err := tx.Follow(ctx, store.Searchable, all[4].Cursor); err != nil {
			return err
		}
		return tx.Follow(ctx, "log", all[4].Cursor)
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	mustMove(t, from, to)

	moved := to.Open(t, nil)
	mustAppend(t, moved, post(h.talk.ID, h.talk.SellerID, "after the move", "hello"))
	seqs := func(from store.Cursor) (seqs []chat.Seq) {
		events, _ := followAll(t, moved, from, 3)
		for _, e := range events {
			seqs = append(seqs, e.Seq)
		}
		return seqs
	}
	if diff := cmp.Diff([]chat.Seq{1, 2, 3, 4, 5, 6, 7, 8}, seqs(store.Cursor{})); diff != "" {
		t.Errorf("from the beginning (-want +got):\n%s", diff)
	}
	at, err := moved.Followed(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]chat.Seq{6, 7, 8}, seqs(at)); diff != "" {
		t.Errorf("from where the follower was (-want +got):\n%s", diff)
	}
	// The search index stays behind: what makes it begins with the first message.
	if at, err = moved.Followed(t.Context(), store.Searchable); err != nil || at != (store.Cursor{}) {
		t.Errorf("the index is made from %+v on, %v", at, err)
	}
	if at, err = moved.Followed(t.Context(), "listings"); err != nil {
		t.Fatal(err)
	}
	rest, err := moved.ListingChanges(t.Context(), at, 100)
	if err != nil {
		t.Fatal(err)
	}
	steps := func(all []store.ListingChange) (steps []chat.ListingStep) {
		for _, c := range all {
			steps = append(steps, c.Step)
		}
		return steps
	}
	if diff := cmp.Diff(steps(feed[2:]), steps(rest)); diff != "" {
		t.Errorf("the listings' feed from where the follower was (-want +got):\n%s", diff)
	}
}

// TestWhatComesBehindAMoveGetsNewIDs also counts the ids of what was deleted: a conversation
// outlives its listing, and must not get another one.
func TestWhatComesBehindAMoveGetsNewIDs(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	h := begin(t, from, 3)
	db := h.Open(t, nil)
	gone := h.town.Listing
	gone.Slug = "gone"
	update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		gone.ID, err = tx.InsertListing(ctx, gone)
		return err
	})
	mustExec(t, from, fmt.Sprintf(`DELETE FROM listing WHERE id = %d`, gone.ID))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	mustMove(t, from, to)

	moved := to.Open(t, nil)
	made := h.town.Listing
	made.Slug = "made"
	var person chat.User
	update(t, moved, func(ctx context.Context, tx *store.Tx) (err error) {
		if made.ID, err = tx.InsertListing(ctx, made); err != nil {
			return err
		}
		person, err = tx.InsertUser(ctx, chat.User{Username: "new", Name: "New"}, "!")
		return err
	})
	if made.ID <= gone.ID {
		t.Errorf("a new listing has the id %d, and one with %d was deleted", made.ID, gone.ID)
	}
	if person.ID != 4 {
		t.Errorf("a fourth person has the id %d", person.ID)
	}
	done := mustAppend(t, moved, post(h.talk.ID, h.talk.SellerID, "after the move", "hello"))
	if done.Event.Seq != 4 || done.Event.Message.ID != 4 {
		t.Errorf("a fourth message has the seq %d and the id %d", done.Event.Seq, done.Event.Message.ID)
	}
	// What was sent before is known by its client id and digest.
	if again := mustAppend(t, moved, post(h.talk.ID, h.talk.BuyerID, "said-2", "hello")); !again.Duplicate || again.Event.Seq != 2 {
		t.Errorf("sent again: %+v", again)
	}
}

func TestAMoveDrawsANewEpoch(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	h := begin(t, from, 3)
	before := h.session(t, 0)
	mustMove(t, from, to)
	there := to.Open(t, nil)
	if there.Epoch() == before {
		t.Error("the target has the epoch of the source")
	}
	if after := h.session(t, 0); after != before {
		t.Errorf("the source has the epoch %s, before it was %s", after, before)
	}
}

// TestAMoveIsDoneOnce shows what a second run says: that it was done, or that it would have to be
// done again.
func TestAMoveIsDoneOnce(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	h := begin(t, from, 3)
	first := mustMove(t, from, to)
	if !first.Before.IsZero() {
		t.Errorf("the first run was done at %s", first.Before)
	}
	db := to.Open(t, nil)
	mustAppend(t, db, post(h.talk.ID, h.talk.SellerID, "in the target", "hello"))
	refused(t, from, to, "is in use by a swapnest server")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := mustMove(t, from, to)
	if again.Before.IsZero() {
		t.Error("the second run does not know that it was done")
	}
	if diff := cmp.Diff(first.Tables, again.Tables); diff != "" {
		t.Errorf("the second run found something else (-first +second):\n%s", diff)
	}
	var n int
	if err := look(t, to).QueryRowContext(t.Context(), `SELECT count(*) FROM message`).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d messages, %v, want 4: three moved and one written there", n, err)
	}
	h.session(t, 1) // at the source
	refused(t, from, to, "the source has changed since")
	other := begin(t, testkit.SQLite(t), 1)
	refused(t, other.Database, to, "holds the data of another source")
}

// TestATargetWithOtherDataIsLeftAlone compares it with what it was.
func TestATargetWithOtherDataIsLeftAlone(t *testing.T) {
	from := testkit.SQLite(t)
	begin(t, from, 3)
	for _, test := range []struct{ name, statement, says string }{
		{"tables of another program", `CREATE TABLE users (id INT)`, "holds other data, in the table users"},
		{"a table that this version does not know", ``, "holds other data, in the table later"},
		{"people", ``, "holds other data, in the table users"},
		{"the half of another move", ``, "another source was being moved into the target"},
	} {
		t.Run(test.name, func(t *testing.T) {
			to := emptied(t)
			switch test.name {
			case "people":
				begin(t, to, 0)
				mustExec(t, to, `DELETE FROM member`)
				mustExec(t, to, `DELETE FROM conversation`)
				mustExec(t, to, `DELETE FROM listing`)
			case "the half of another move":
				begun(t, to)
				mustExec(t, to, `INSERT INTO meta VALUES ('moving', 'ANOTHER')`)
			case "a table that this version does not know":
				begun(t, to)
				mustExec(t, to, `CREATE TABLE later (id INT)`)
			default:
				mustExec(t, to, test.statement)
			}
			before := contents(t, to)
			refused(t, from, to, test.says)
			if diff := cmp.Diff(before, contents(t, to)); diff != "" {
				t.Errorf("the target has changed (-before +after):\n%s", diff)
			}
		})
	}
}

// begun makes a schema, and what a start leaves.
func begun(t *testing.T, d *testkit.Database) {
	t.Helper()
	if err := d.Open(t, nil).Close(); err != nil {
		t.Fatal(err)
	}
}

// contents are the rows of all tables, as text.
func contents(t *testing.T, d *testkit.Database) map[string][]string {
	t.Helper()
	db := look(t, d)
	all := map[string][]string{}
	for _, name := range column(t, db, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
		all[name] = column(t, db, `SELECT CAST(t AS TEXT) FROM `+name+` AS t ORDER BY 1`)
	}
	return all
}

// column returns one column of text.
func column(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// A schema without people is what a first start leaves, and nobody's data.
func TestATargetThatWasOnlyStartedIsEmpty(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	begin(t, from, 3)
	begun(t, to)
	mustMove(t, from, to)
	if keys := column(t, look(t, to), `SELECT key FROM meta`); slices.Contains(keys, "moving") || !slices.Contains(keys, "moved") {
		t.Errorf("meta holds %v", keys)
	}
}

func TestNobodyUsesWhatIsBeingMoved(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	begin(t, from, 3)
	lock, err := store.LockDir(from.Dir())
	if err != nil {
		t.Fatal(err)
	}
	refused(t, from, to, "is in use by another swapnest process")
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	other := testkit.SQLite(t)
	begin(t, other, 1)
	tried := false
	_, err = store.Move(t.Context(), store.MoveOptions{Dir: from.Dir(), URL: to.URL(), Progress: func(p store.MoveProgress) {
		if tried || p.Stage != store.MoveCopy {
			return
		}
		tried = true
		refused(t, other, to, "something else is being moved into the target")
		if _, err := store.Open(t.Context(), store.Options{URL: to.URL()}); err == nil || !strings.Contains(err.Error(), "being moved into this one: wait") {
			t.Errorf("a node that starts meanwhile: %v", err)
		}
		if _, err := store.LockDir(from.Dir()); err == nil {
			t.Error("the source is not locked")
		}
	}})
	if err != nil || !tried {
		t.Errorf("moving: %v, tried %t", err, tried)
	}
}

func TestThereIsNothingToMove(t *testing.T) {
	to, nowhere := emptied(t), testkit.EmptySQLite(t)
	refused(t, nowhere, to, "there is no database")
	if made, err := filepath.Glob(filepath.Join(nowhere.Dir(), "*")); err != nil || len(made) > 0 {
		t.Errorf("made %v, %v", made, err)
	}
	old := testkit.SQLite(t)
	begin(t, old, 1)
	mustExec(t, old, `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	refused(t, old, to, "of an earlier version")
	if tables := contents(t, to); len(tables) > 0 {
		t.Errorf("the target has %v", tables)
	}
}
