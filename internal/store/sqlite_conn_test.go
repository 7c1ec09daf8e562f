package store

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
)

func TestAQueryIsPreparedOnceOnEachConnection(t *testing.T) {
	db := openSQLite(sqliteDSN(filepath.Join(t.TempDir(), "some.db"), false))
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), `CREATE TABLE n (v INTEGER NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	for v := range 3 {
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO n (v) VALUES ($1)`, v); err != nil {
			t.Fatal(err)
		}
	}
	// The same query while its rows are being read: each goes its own way.
	const query = `SELECT v FROM n ORDER BY v`
	each := func(fn func()) {
		rows, err := tx.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			fn()
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	var pairs int
	each(func() { each(func() { pairs++ }) })
	if pairs != 9 {
		t.Errorf("read %d pairs of 9", pairs)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(on any) error {
		kept := on.(*sqliteConn).kept
		if kept[query] == nil || kept[query].busy {
			t.Error("a query that was read to its end is not kept, or is in use for ever")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Bug: the first 256 queries of a connection were kept for ever, so that those that are put together of what
// somebody searches for left no room for any other.
func TestOfStatementsThoseGoThatWereLongestNotUsed(t *testing.T) {
	db := openSQLite(sqliteDSN(filepath.Join(t.TempDir(), "some.db"), false))
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ask := func(query string, want int) {
		t.Helper()
		var got int
		if err := conn.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
			t.Fatalf("%s returned %d (%v)", query, got, err)
		}
	}
	rows, err := conn.QueryContext(t.Context(), `SELECT 1 UNION ALL SELECT 2`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	const usual, unusual = `SELECT -1`, `SELECT -2`
	statementOf := func(query string) (s *sqliteStatement) {
		t.Helper()
		err := conn.Raw(func(on any) error {
			s = on.(*sqliteConn).kept[query]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ask(unusual, -2)
	ask(usual, -1)
	first := statementOf(usual)
	for v := range 3 * keptStatements {
		ask(fmt.Sprintf(`SELECT %d`, v), v)
		if v%100 == 0 {
			ask(usual, -1)
		}
	}
	err = conn.Raw(func(on any) error {
		kept := on.(*sqliteConn).kept
		if len(kept) != keptStatements {
			t.Errorf("%d statements are kept, want %d", len(kept), keptStatements)
		}
		for query, want := range map[string]bool{
			unusual: false, `SELECT 0`: false, fmt.Sprintf(`SELECT %d`, 3*keptStatements-1): true, `SELECT 1 UNION ALL SELECT 2`: true,
		} {
			if got := kept[query] != nil; got != want {
				t.Errorf("%s is kept: %v, want %v", query, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := statementOf(usual); got == nil || got != first {
		t.Error("what is used again and again is prepared again")
	}
	// What is being read from is not taken away meanwhile.
	var read []int
	for rows.Next() {
		var v int
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		read = append(read, v)
	}
	if err := rows.Err(); err != nil || len(read) != 2 || read[1] != 2 {
		t.Errorf("read %v (%v), want 1 and 2", read, err)
	}
}

// What is written all the time never lets a checkpoint beside it meet the end of the log.
func TestTheLogOfSQLiteStaysBoundedWhileMessagesCome(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	talk := someTalk(t, db)
	var work sync.WaitGroup
	for writer := range 8 {
		work.Go(func() {
			for n := range 400 {
				_, err := db.Append(t.Context(), Append{
					Conversation: talk.ID, Actor: talk.BuyerID, ClientID: fmt.Sprintf("%d.%d", writer, n),
					Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted(fmt.Sprint(n), time.Now()), nil },
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	is, err := os.Stat(filepath.Join(dir, "swapnest.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	const frame = 4096 + 24
	if most := int64(2 * fullPages * frame); is.Size() > most {
		t.Errorf("the log has %d bytes, more than %d", is.Size(), most)
	}
}

func TestTheLogOfSQLiteIsWrittenBesideTheCommits(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	size := func() int64 {
		is, err := os.Stat(filepath.Join(dir, "swapnest.db"))
		if err != nil {
			t.Fatal(err)
		}
		return is.Size()
	}
	talk, before := someTalk(t, db), size()
	const messages = 200 // far from what fills the log
	for n := range messages {
		_, err := db.Append(t.Context(), Append{
			Conversation: talk.ID, Actor: talk.BuyerID, ClientID: fmt.Sprint(n),
			Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted(fmt.Sprint(n), time.Now()), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); size() == before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d messages are in the log alone", messages)
		}
	}
}

// someTalk is a conversation in a database that has nothing else.
func someTalk(t *testing.T, db *DB) (talk chat.Conversation) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *Tx) error {
		now := time.Now()
		var people [2]chat.User
		for i, name := range []string{"buyer", "seller"} {
			var err error
			if people[i], err = tx.InsertUser(t.Context(), chat.User{Username: name, Name: name, CreatedAt: now}, "!"); err != nil {
				return err
			}
		}
		listing, err := tx.InsertListing(t.Context(), chat.Listing{Slug: "lamp", Seller: people[1], Title: "Lamp", Status: chat.ListingActive, CreatedAt: now})
		if err != nil {
			return err
		}
		talk, err = tx.InsertConversation(t.Context(), chat.Conversation{
			Listing: listing, Title: "Lamp", BuyerID: people[0].ID, SellerID: people[1].ID, CreatedAt: now, LastAt: now,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return talk
}
