package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// TestTwoNodesDrawOneEpochTogether shows contract 15 across nodes: both have committed what a
// server lacks that fell behind, the first to look draws a new epoch, and the other takes it.
func TestTwoNodesDrawOneEpochTogether(t *testing.T) {
	h := begin(t, testkit.PostgreSQL(t), 5)
	type node struct {
		*store.DB
		dir   string
		moved atomic.Int64
	}
	var nodes [2]node
	for i := range nodes {
		n := &nodes[i]
		n.dir = t.TempDir()
		var err error
		if n.DB, err = store.Open(t.Context(), store.Options{URL: h.URL(), Dir: n.dir, Moved: func() { n.moved.Add(1) }}); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = n.Close() }()
	}
	h.say(t, nodes[0].DB, 1)
	h.say(t, nodes[1].DB, 1)
	if err := h.Exec(t.Context(), `WITH e AS (DELETE FROM event WHERE seq > 5), m AS (DELETE FROM message WHERE seq > 5) UPDATE conversation SET head = 5`); err != nil {
		t.Fatal(err)
	}
	wait := func(what string, ok func(n *node) bool) {
		t.Helper()
		tick, deadline := time.NewTicker(10*time.Millisecond), time.After(10*time.Second)
		for !ok(&nodes[0]) || !ok(&nodes[1]) {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("not within 10 s: %s", what)
			}
		}
	}
	wait("both have noticed", func(n *node) bool { return n.moved.Load() > 0 })
	h.say(t, nodes[0].DB, 3)
	wait("both have looked again", func(n *node) bool {
		data, err := os.ReadFile(filepath.Join(n.dir, "watermark"))
		return err == nil && bytes.Contains(data, []byte(`"seq":8,`))
	})
	if one, two := nodes[0].moved.Load(), nodes[1].moved.Load(); one != 1 || two != 1 || nodes[0].Epoch() != nodes[1].Epoch() {
		t.Errorf("the epoch has changed %d and %d times, to %s and %s", one, two, nodes[0].Epoch(), nodes[1].Epoch())
	}
}

// TestAServerThatFellBehindIsNoticedBehindAnEarlierConnection shows contract 15: between two looks
// at the log a connection is made, an event is committed and lost with its server, and another
// one takes its place.
func TestAServerThatFellBehindIsNoticedBehindAnEarlierConnection(t *testing.T) {
	h := begin(t, testkit.PostgreSQL(t), 5)
	db, noticed := h.watched(t)
	disconnect := `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	next := func(seq int64) {
		t.Helper()
		for i := 0; ; i++ { // the first ones may meet the connections that are no more
			done, err := db.Append(t.Context(), post(h.talk.ID, h.talk.SellerID, fmt.Sprintf("%d-%d", seq, i), "hello"))
			if err == nil && int64(done.Event.Seq) == seq {
				return
			}
			if i == 20 {
				t.Fatalf("nothing can be written any more: %v", err)
			}
		}
	}
	h.say(t, db, 1)
	for _, statement := range []string{
		disconnect,
		`WITH e AS (DELETE FROM event WHERE seq > 6), m AS (DELETE FROM message WHERE seq > 6) UPDATE conversation SET head = 6`,
		disconnect,
	} {
		if err := h.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if statement == disconnect {
			next(7)
		}
	}
	noticed(10 * time.Second)
}
