package torture

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// backup copies the database of a node that is down, and returns what puts the copy back in
// its place.
func backup(ctx context.Context, t *testing.T, d *testkit.Database) (restore func()) {
	t.Helper()
	if d.URL() != "" {
		server, name := testkit.SharedPostgres(t), path.Base(strings.SplitN(d.URL(), "?", 2)[0])
		must(t, server.CreateDatabase(ctx, name+"_copy", name))
		return func() {
			must(t, server.DropDatabase(ctx, name))
			must(t, server.CreateDatabase(ctx, name, name+"_copy"))
		}
	}
	to := t.TempDir()
	copyFiles(t, d.Dir(), to)
	return func() {
		for _, name := range []string{"swapnest.db", "swapnest.db-wal", "swapnest.db-shm"} {
			if err := os.Remove(filepath.Join(d.Dir(), name)); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		copyFiles(t, to, d.Dir())
	}
}

// copyFiles copies the files of SQLite.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "swapnest.db*"))
	must(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // It was made by this test.
		must(t, err)
		must(t, os.WriteFile(filepath.Join(to, filepath.Base(file)), data, 0o600))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Contract 15: who knows more than a database that was restored from an older copy is told so,
// also when its conversations have grown beyond what they know by then.
func TestClientsAheadOfARestoredCopyForgetWhatItHasLost(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := NewNode(t, plain, d)
		var away atomic.Bool
		w := NewWorld(t, n, Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 8, Changes: 0.2}, func(int) string {
			if away.Load() {
				return "127.0.0.1:1" // nobody listens there
			}
			return n.At
		})
		ctx := patience(t, time.Minute)
		w.Talk(ctx, 200)
		w.Settle(ctx)
		n.Kill()
		restore := backup(ctx, t, d)
		n.MustStart()
		w.Talk(ctx, 200)
		w.Settle(ctx)
		ahead := make(map[int64]int64)
		for id := range w.talks {
			for _, c := range w.Clients {
				ahead[id] = max(ahead[id], c.head(id))
			}
		}
		away.Store(true)
		n.Kill()
		restore()
		n.MustStart()
		w.History.PutBack()
		grown := true
		for id := range ahead {
			if grown = !grown; grown {
				w.Post("after-the-restore", id, int(ahead[id]))
			}
		}
		away.Store(false)
		if r := finish(ctx, t, w); r.Counts.Resets < len(w.Clients) {
			t.Error("some client was not told to forget")
		}
	})
}
