package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// scribble overwrites the pages at which a table and its indexes begin.
func scribble(t *testing.T, dir, table string) {
	t.Helper()
	path := filepath.Join(dir, "swapnest.db")
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT rootpage FROM sqlite_master WHERE tbl_name = $1 AND rootpage > 0`, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for rows.Next() {
		var page int64
		if err := rows.Scan(&page); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 4096), (page-1)*4096); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestNothingIsWrittenToADamagedDatabase shows contract 22: once it is known that the disk does
// not hold what it should, nobody gets an acknowledgement, and no file is touched any more.
func TestNothingIsWrittenToADamagedDatabase(t *testing.T) {
	h := begin(t, testkit.SQLite(t), 3)
	broken, published := make(chan error, 10), 0
	db, err := store.Open(t.Context(), store.Options{
		Dir: h.Dir(), Publish: func(chat.Event) { published++ }, Broken: func(err error) { broken <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	mark, err := os.ReadFile(filepath.Join(h.Dir(), "watermark"))
	if err != nil {
		t.Fatal(err)
	}
	scribble(t, h.Dir(), "message")
	for range 3 {
		if _, err := db.Append(t.Context(), post(h.talk.ID, h.talk.BuyerID, "late", "hello")); chat.CodeOf(err) != chat.Unavailable {
			t.Errorf("a message is answered with %v, want unavailable", err)
		}
	}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.MoveRead(context.Background(), h.talk.ID, h.talk.BuyerID, 1)
		return err
	})
	if chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("another change is answered with %v, want unavailable", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if len(broken) != 1 {
		t.Fatalf("told %d times, want once", len(broken))
	}
	if err := <-broken; !store.Damaging(err) {
		t.Errorf("told of %v", err)
	}
	if published != 0 {
		t.Errorf("%d events were announced", published)
	}
	if now, err := os.ReadFile(filepath.Join(h.Dir(), "watermark")); err != nil || !bytes.Equal(now, mark) {
		t.Errorf("the watermark was written: %s (%v)", now, err)
	}
}

// TestWhoWaitsForTheirTurnIsNotWrittenBehindDamage shows contract 22 for those who had been let
// in before the fault was known: a message and another change, which wait for the one
// connection that writes.
func TestWhoWaitsForTheirTurnIsNotWrittenBehindDamage(t *testing.T) {
	h := begin(t, testkit.SQLite(t), 3)
	broken := make(chan struct{})
	db, err := store.Open(t.Context(), store.Options{Dir: h.Dir(), Broken: func(error) { close(broken) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	began := make(chan struct{})
	change := func(meet func(*store.Tx) error) error {
		return db.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.SetLastSeen(t.Context(), []chat.UserID{h.talk.BuyerID}, time.Now()); err != nil {
				return err
			}
			return meet(tx)
		})
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		err := change(func(tx *store.Tx) error {
			close(began)
			for db.Pools()["write"].Waits < 2 {
				runtime.Gosched()
			}
			scribble(t, h.Dir(), "notice")
			_, err := tx.UnreadNotices(t.Context(), []chat.UserID{h.talk.BuyerID})
			return err
		})
		if !store.Damaging(err) {
			t.Errorf("the fault was met with %v", err)
		}
	})
	<-began
	wg.Go(func() {
		err := change(func(*store.Tx) error {
			<-broken
			return nil
		})
		if chat.CodeOf(err) != chat.Unavailable {
			t.Errorf("a change that waited is answered with %v, want unavailable", err)
		}
	})
	wg.Go(func() {
		waits := post(h.talk.ID, h.talk.BuyerID, "waits", "hello")
		decide := waits.Decide
		waits.Decide = func(t chat.Thread) (chat.Change, error) {
			<-broken
			return decide(t)
		}
		if _, err := db.Append(t.Context(), waits); chat.CodeOf(err) != chat.Unavailable {
			t.Errorf("a message that waited is answered with %v, want unavailable", err)
		}
	})
	wg.Wait()
}

// TestAFullDiskIsNoDamage shows contract 22: without room nothing is stored, reading goes on,
// and writing too once there is room.
func TestAFullDiskIsNoDamage(t *testing.T) {
	h := begin(t, testkit.SQLite(t), 3)
	db, err := store.Open(t.Context(), store.Options{Dir: h.Dir(), Broken: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	write, _ := db.WriteConnections()
	limit := func(pragma string) {
		if _, err := write.ExecContext(t.Context(), pragma); err != nil {
			t.Fatal(err)
		}
	}
	limit(`PRAGMA max_page_count = 1`) // as many as there are
	full := 0
	for i := range 200 {
		_, err := db.Append(t.Context(), post(h.talk.ID, h.talk.BuyerID, string(rune('a'+i%26))+string(rune('a'+i/26)), string(make([]byte, 1000))))
		if err != nil {
			if full++; chat.CodeOf(err) != chat.Unavailable {
				t.Fatalf("answered with %v, want unavailable", err)
			}
		}
	}
	if full == 0 {
		t.Fatal("the disk was never full")
	}
	if _, err := db.MessagesAfter(t.Context(), h.talk.ID, 0, 10); err != nil {
		t.Errorf("reading: %v", err)
	}
	limit(`PRAGMA max_page_count = 1000000`)
	if _, err := db.Append(t.Context(), post(h.talk.ID, h.talk.BuyerID, "with room", "hello")); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// A COMMIT that fails, here for a reference to nothing, leaves the one writing connection fit
// for whoever waits for it: that is left to the driver.
func TestAFailedCommitOfSQLiteLeavesNoTransactionOpen(t *testing.T) {
	d := testkit.SQLite(t)
	db := d.Open(t, nil)
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	write, _ := db.WriteConnections()
	tx, err := write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`PRAGMA defer_foreign_keys = ON`, `UPDATE listing SET seller_id = 999`} {
		if _, err := tx.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if tx.Commit() == nil {
		t.Fatal("a listing of nobody was committed")
	}
	mustAppend(t, db, post(c.ID, town.Buyer.ID, "next", "hello"))
}

// What SQLite says of the disk, in real errors. That of fsync is in the tests of the command.
func TestWhichErrorsAreDamage(t *testing.T) {
	h := begin(t, testkit.SQLite(t), 3)
	ask := func(dir, query string) error {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "swapnest.db"))
		if err == nil {
			_, err = db.ExecContext(t.Context(), query)
			err = errors.Join(err, db.Close())
		}
		return err
	}
	none := t.TempDir()
	if err := os.WriteFile(filepath.Join(none, "swapnest.db"), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ask(h.Dir(), `INSERT INTO meta (key, value) VALUES ('epoch', 'x')`); err == nil || store.Damaging(err) {
		t.Errorf("a violated key counts as damage, or is none: %v", err)
	}
	if err := ask(h.Dir(), `SELECT nonsense`); err == nil || store.Damaging(err) {
		t.Errorf("a wrong query counts as damage, or is none: %v", err)
	}
	scribble(t, h.Dir(), "message")
	if err := ask(h.Dir(), `DELETE FROM message`); !store.Damaging(err) {
		t.Errorf("a malformed database is no damage: %v", err)
	}
	if err := ask(none, `DELETE FROM message`); !store.Damaging(err) {
		t.Errorf("what is no database is no damage: %v", err)
	}
	if store.Damaging(nil) || store.Damaging(context.DeadlineExceeded) {
		t.Error("no error of SQLite counts as damage")
	}
}
