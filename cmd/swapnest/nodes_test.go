package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// TestNodesThatStartAtOnceMakeOneDemoTown starts three nodes with --demo on one empty database and
// one folder of pictures: one of them fills it.
func TestNodesThatStartAtOnceMakeOneDemoTown(t *testing.T) {
	d, blobs := testkit.EmptyPostgreSQL(t), t.TempDir()
	nodes := make([]*node, 3)
	var starting sync.WaitGroup
	for i := range nodes {
		flags := []string{"--demo", "--data-dir", t.TempDir(), "--blob-dir", blobs}
		starting.Go(func() { nodes[i] = startNode(t, d, flags...) })
	}
	starting.Wait()
	var first string
	for i, n := range nodes {
		if n == nil {
			t.Fatalf("node %d did not start", i)
		}
		if status, answer := n.do("POST", "/session", object{"username": "aarav", "password": "swapnest-demo"}); status != http.StatusOK {
			t.Fatalf("node %d: a demo sign-in: %d %v", i, status, answer)
		}
		_, list := n.do("GET", "/conversations", nil)
		talks := list["conversations"].([]any)
		if len(talks) == 0 {
			t.Fatalf("node %d has no conversations", i)
		}
		_, shelf := n.do("GET", "/listings", nil)
		if text := fmt.Sprint(shelf); first == "" {
			first = text
		} else if text != first {
			t.Errorf("node %d shows another town than the first", i)
		}
		n.stop(t) // then it says no more
		if said := n.stderr.String(); strings.Contains(said, "level=ERROR") || strings.Contains(said, "level=WARN") {
			t.Errorf("node %d: %s", i, said)
		}
	}
	pictures, err := filepath.Glob(filepath.Join(blobs, "demo", "*"))
	if err != nil || len(pictures) < 10 {
		t.Errorf("the folder that they share has %d pictures: %v", len(pictures), err)
	}
}

// TestANodeWaitsForTheTownOfAnother has somebody else make a town first: a node with --demo that
// starts meanwhile waits for it, and makes none.
func TestANodeWaitsForTheTownOfAnother(t *testing.T) {
	d := testkit.PostgreSQL(t)
	db, watch := d.Open(t, nil), connect(t, d)
	started := make(chan *node, 1)
	ctx := t.Context()
	err := db.Alone(ctx, func() error {
		flags := []string{"--demo", "--data-dir", t.TempDir()}
		go func() { started <- startNode(t, d, flags...) }()
		// One connection has the lock, another one asks for it.
		watch.until(`SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_try_advisory_lock(8%'`)
		return db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.InsertUser(ctx, chat.User{Username: "first", Name: "First", CreatedAt: time.Now()}, "!")
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	n := <-started
	if status, _ := n.do("POST", "/session", object{"username": "aarav", "password": "swapnest-demo"}); status != http.StatusUnauthorized {
		t.Errorf("signing in to the second town: %d, want none", status)
	}
}

// TestReadySaysWhetherANodeTakesVisitors asks one that is there, one that is none, and one that ends.
func TestReadySaysWhetherANodeTakesVisitors(t *testing.T) {
	n := startNode(t, testkit.SQLite(t))
	at := strings.TrimPrefix(n.url, "http://")
	out, err := command(t, "ready", "--listen", at).Output()
	if err != nil || string(out) != `{"status":"ok","checks":{"database":"ok"}}`+"\n" {
		t.Errorf("it says %q, %v", out, err)
	}
	other := http.NewServeMux()
	other.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"status":"shutting_down"}`, http.StatusServiceUnavailable)
	})
	site := httptest.NewServer(other)
	defer site.Close()
	c := command(t, "ready", "--listen", site.Listener.Addr().String())
	said, _ := c.CombinedOutput() // the status is compared
	if c.ProcessState.ExitCode() != 1 || !strings.Contains(string(said), "is not ready: 503 Service Unavailable: ") || !strings.Contains(string(said), "shutting_down") {
		t.Errorf("of one that ends: status %d, %s", c.ProcessState.ExitCode(), said)
	}
}
