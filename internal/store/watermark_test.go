package store_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// history is a database with a conversation in it.
type history struct {
	*testkit.Database
	town testkit.Town
	talk chat.Conversation
	said int
}

// begin makes a database with n messages and closes it again.
func begin(t *testing.T, d *testkit.Database, n int) *history {
	t.Helper()
	h := &history{Database: d}
	db := d.Open(t, nil)
	h.town = testkit.Populate(t, db)
	h.talk = h.town.Converse(t, db)
	h.say(t, db, n)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *history) say(t *testing.T, db *store.DB, n int) {
	t.Helper()
	for range n {
		h.said++
		mustAppend(t, db, post(h.talk.ID, h.talk.BuyerID, fmt.Sprint("said-", h.said), "hello"))
	}
}

// session opens the database, says n messages, closes it, and returns its epoch.
func (h *history) session(t *testing.T, n int) string {
	t.Helper()
	db := h.Open(t, nil)
	h.say(t, db, n)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return db.Epoch()
}

// copyOver writes the files of one directory over those of another, as cp does.
func copyOver(t *testing.T, from, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestARestoredFileHasANewEpoch shows contract 15: however a copy comes to where the database
// was, and whatever is in it, positions from before count for nothing.
func TestARestoredFileHasANewEpoch(t *testing.T) {
	for _, test := range []struct {
		name    string
		restore func(t *testing.T, from, to string)
	}{
		{"the whole directory is moved there", func(t *testing.T, from, to string) {
			if err := os.RemoveAll(to); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}},
		{"the whole directory is copied there", func(t *testing.T, from, to string) {
			if err := os.RemoveAll(to); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(to, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
		}},
		{"all files are written over the old ones", func(t *testing.T, from, to string) {
			copyOver(t, from, to, "swapnest.db", "watermark")
		}},
		{"the database alone is written over the old one", func(t *testing.T, from, to string) {
			copyOver(t, from, to, "swapnest.db")
		}},
		{"the database alone is put into an empty directory", func(t *testing.T, from, to string) {
			if err := os.RemoveAll(to); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(to, 0o700); err != nil {
				t.Fatal(err)
			}
			copyOver(t, from, to, "swapnest.db")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := begin(t, testkit.SQLite(t), 5)
			backup := filepath.Join(t.TempDir(), "backup")
			if err := os.CopyFS(backup, os.DirFS(h.Dir())); err != nil {
				t.Fatal(err)
			}
			before := h.session(t, 3)
			test.restore(t, backup, h.Dir())
			after := h.session(t, 10)
			if after == before {
				t.Error("the restored database has the epoch of before")
			}
			if again := h.session(t, 0); again != after {
				t.Error("the epoch has changed once more, with nothing restored")
			}
		})
	}
}

// The copy is older than the first restoring, so it has the first epoch: had it kept that,
// whoever was away since then would be taken for somebody of this history.
func TestTheSameCopyRestoredTwiceHasTwoEpochs(t *testing.T) {
	h := begin(t, testkit.SQLite(t), 5)
	backup := t.TempDir()
	copyOver(t, h.Dir(), backup, "swapnest.db")
	seen := map[string]bool{h.session(t, 3): true}
	for _, n := range []int{0, 3} { // nothing at first, so that the log alone looks right
		copyOver(t, backup, h.Dir(), "swapnest.db")
		seen[h.session(t, n)] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d epochs for three histories", len(seen))
	}
}

// TestAnEpochLastsOverRestarts shows contract 15 from its other side: nothing is reset that
// need not be.
func TestAnEpochLastsOverRestarts(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := begin(t, d, 0)
		first := h.session(t, 0)
		for _, n := range []int{0, 3, 0, 1} {
			if got := h.session(t, n); got != first {
				t.Errorf("epoch %s after a restart, want %s", got, first)
			}
		}
	})
}

// TestALogThatEndsEarlierHasANewEpoch shows contract 15 on a server that has been put back to
// an earlier state, or holds another log, while no node was looking.
func TestALogThatEndsEarlierHasANewEpoch(t *testing.T) {
	for name, change := range map[string]string{
		"the newest is gone":    `DELETE FROM event WHERE seq = 5`,
		"all is gone":           `DELETE FROM event`,
		"the newest is another": `UPDATE event SET created_at = created_at + 1 WHERE seq = 5`,
	} {
		t.Run(name, func(t *testing.T) {
			testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
				h := begin(t, d, 5)
				before := h.session(t, 0)
				if err := d.Exec(t.Context(), change); err != nil {
					t.Fatal(err)
				}
				if after := h.session(t, 0); after == before {
					t.Error("the epoch is that of before")
				}
			})
		})
	}
}

// watched opens the database; noticed waits until it has seen that it is another one.
func (h *history) watched(t *testing.T) (db *store.DB, noticed func(within time.Duration)) {
	t.Helper()
	moved := make(chan struct{}, 10)
	db, err := store.Open(t.Context(), store.Options{URL: h.URL(), Dir: h.Dir(), Moved: func() { moved <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, func(within time.Duration) {
		t.Helper()
		select {
		case <-moved:
		case <-time.After(within):
			t.Fatalf("not noticed within %s", within)
		}
	}
}

// TestAServerThatFellBehindIsNoticedWhileRunning shows contract 15: a replica that had not
// everything takes over, and the node goes on with it.
func TestAServerThatFellBehindIsNoticedWhileRunning(t *testing.T) {
	h := begin(t, testkit.PostgreSQL(t), 5)
	db, noticed := h.watched(t)
	before := db.Epoch()
	h.say(t, db, 1)
	if err := h.Exec(t.Context(), `WITH gone AS (DELETE FROM event WHERE seq > 3) UPDATE conversation SET head = 3`); err != nil {
		t.Fatal(err)
	}
	noticed(10 * time.Second)
	if db.Epoch() == before {
		t.Error("the epoch is that of before")
	}
	// Another node that had the same epoch finds the new one, and draws none of its own.
	other, err := store.Open(t.Context(), store.Options{URL: h.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if other.Epoch() != db.Epoch() {
		t.Errorf("two nodes have the epochs %s and %s", other.Epoch(), db.Epoch())
	}
}

// TestWhatWasWrittenSinceDoesNotHideThatAServerFellBehind shows contract 15: between two looks
// at the log an event is lost with its server, and another one takes its place.
func TestWhatWasWrittenSinceDoesNotHideThatAServerFellBehind(t *testing.T) {
	h := begin(t, testkit.PostgreSQL(t), 5)
	db, noticed := h.watched(t)
	h.say(t, db, 1)
	for _, statement := range []string{
		`WITH e AS (DELETE FROM event WHERE seq > 5), m AS (DELETE FROM message WHERE seq > 5) UPDATE conversation SET head = 5`,
		`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
	} {
		if err := h.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; ; i++ { // the first ones may meet the connections that are no more
		done, err := db.Append(t.Context(), post(h.talk.ID, h.talk.SellerID, fmt.Sprint("after-", i), "hello"))
		if err == nil && done.Event.Seq == 6 {
			break
		}
		if i == 20 {
			t.Fatalf("nothing can be written any more: %v", err)
		}
	}
	noticed(10 * time.Second)
}

// TestWhatWasSeenAndIsNoLongerTheLastIsMissedAllTheSame shows contract 15: a look has found an event of
// this node's behind which another node's stands, and then that of this node is lost.
func TestWhatWasSeenAndIsNoLongerTheLastIsMissedAllTheSame(t *testing.T) {
	h := begin(t, testkit.PostgreSQL(t), 5)
	db, noticed := h.watched(t)
	other := h.Open(t, nil)
	h.say(t, db, 1)
	talk := converse(t, other, h.town, h.town.Stranger)
	mustAppend(t, other, post(talk, h.town.Stranger.ID, "elsewhere", "hello"))
	looked := fmt.Sprintf(`"conversation":%d,`, talk)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		data, err := os.ReadFile(filepath.Join(h.Dir(), "watermark"))
		if err == nil && strings.Contains(string(data), looked) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log is not looked at: %s, %v", data, err)
		}
	}
	if err := h.Exec(t.Context(), fmt.Sprintf(`WITH gone AS (DELETE FROM event WHERE seq > 5 AND conversation_id <> %d) UPDATE conversation SET head = 5 WHERE id <> %d`, talk, talk)); err != nil {
		t.Fatal(err)
	}
	noticed(10 * time.Second)
}

// A new node on the same server has no watermark, and takes nobody's positions away.
func TestANewNodeKeepsTheServersEpoch(t *testing.T) {
	h := begin(t, testkit.PostgreSQL(t), 5)
	before := h.session(t, 1)
	db, err := store.Open(t.Context(), store.Options{URL: h.URL(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if db.Epoch() != before {
		t.Errorf("epoch %s, want %s", db.Epoch(), before)
	}
}

// A watermark that cannot be read stops nobody. It vouches for nothing either.
func TestABrokenWatermarkIsReplaced(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "torn": `{"epoch":"ABC","pos":1`, "of another kind": `[1,2]`, "without a place": `{"epoch":"ABC","pos":7}`,
		"huge": `{"epoch":"` + strings.Repeat("A", 1<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
				h := begin(t, d, 5)
				before := h.session(t, 0)
				path := filepath.Join(d.Dir(), "watermark")
				if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
				var log bytes.Buffer
				db, err := store.Open(context.Background(), store.Options{URL: d.URL(), Dir: d.Dir(), Log: slog.New(slog.NewTextHandler(&log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(log.String(), "watermark not read, it is replaced") {
					t.Errorf("the log does not tell: %s", log.String())
				}
				if changed := db.Epoch() != before; changed != (d.Name == "sqlite") {
					t.Errorf("the epoch has changed: %t", changed)
				}
				// It is as good as any now.
				if got := h.session(t, 0); got != db.Epoch() {
					t.Errorf("epoch %s after a restart, want %s", got, db.Epoch())
				}
			})
		})
	}
}

// The watermark is at the end of the log once the database is closed, and soon behind a
// commit while it is open, so that what a crash leaves is recognised too.
func TestTheWatermarkFollowsTheLog(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := begin(t, d, 2)
		path := filepath.Join(d.Dir(), "watermark")
		has := func(seq int) bool {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return bytes.Contains(data, fmt.Appendf(nil, `"seq":%d,`, seq))
		}
		if !has(2) {
			t.Error("the closed database's watermark is not at its end")
		}
		db := d.Open(t, nil)
		h.say(t, db, 1)
		tick, deadline := time.NewTicker(20*time.Millisecond), time.After(10*time.Second)
		for !has(3) {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatal("the watermark has not followed within 10 s")
			}
		}
		h.say(t, db, 2)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if !has(5) {
			t.Error("what was committed just before the end is missing")
		}
		if left, err := filepath.Glob(filepath.Join(d.Dir(), "watermark-*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
	})
}
