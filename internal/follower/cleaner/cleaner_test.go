package cleaner

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// until waits for what must come soon.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 20 s: %s", what)
		}
	}
}

func TestOneNodeOfSeveralSweepsAndAnotherTakesOver(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var first, second atomic.Int64
		sweep := func(n *atomic.Int64) func(context.Context) error {
			return func(context.Context) error {
				n.Add(1)
				return errors.New("the disk is full, which ends nothing")
			}
		}
		one := New(d.Open(t, nil), sweep(&first), slog.New(slog.DiscardHandler))
		one.Start()
		until(t, "nobody has swept", func() bool { return first.Load() == 1 })
		if d.URL() == "" {
			one.Stop() // SQLite belongs to one process
			return
		}
		elsewhere, err := store.Open(t.Context(), store.Options{URL: d.URL(), Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer elsewhere.Close()
		two := New(elsewhere, sweep(&second), slog.New(slog.DiscardHandler))
		if _, err := two.Turn(t.Context()); err != nil || second.Load() != 0 {
			t.Errorf("two nodes sweep (%v)", err)
		}
		two.Start()
		defer two.Stop()
		one.Stop()
		until(t, "the second has not taken over", func() bool { return second.Load() == 1 })
		if first.Load() != 1 {
			t.Errorf("the first has swept %d times within a minute", first.Load())
		}
	})
}

func TestAFollowerThatWasNotStartedEnds(t *testing.T) {
	New(testkit.SQLite(t).Open(t, nil), nil, slog.New(slog.DiscardHandler)).Stop()
}
