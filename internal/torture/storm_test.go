package torture

import (
	"context"
	"flag"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

var messages = flag.Int("messages", 10_000, "how many messages go through the storm")

// storm kills, stops and cuts until ctx ends, and leaves the node running.
func storm(ctx context.Context, t *testing.T, w *World, p *Proxy) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // It repeats what it did.
	p.Do(Mischief{Bytes: 40_000, Stall: 300 * time.Millisecond})
	for pause(ctx, time.Duration(300+random.IntN(700))*time.Millisecond) {
		if random.IntN(3) == 0 {
			w.Node.Signal(syscall.SIGSTOP)
			pause(ctx, time.Duration(random.IntN(300))*time.Millisecond)
			w.Node.Signal(syscall.SIGCONT)
			continue
		}
		w.Node.Kill()
		w.History.Add(checker.Record{Kind: checker.Killed, Note: "in the storm"})
		w.Node.MustStart()
	}
	p.Do(Mischief{})
}

func TestTenThousandMessagesGoThroughCutsReplaysAndKills(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := NewNode(t, plain, d)
		p := NewProxy(t, 1, func() string { return n.At })
		w := NewWorld(t, n, Plan{People: 10, Tabs: 2, Conversations: 25, Seed: 3, Changes: 0.2}, func(int) string { return p.At })
		ctx := patience(t, 5*time.Minute)
		over, clear := context.WithCancel(ctx)
		var stormy sync.WaitGroup
		stormy.Go(func() { storm(over, t, w, p) })
		w.Talk(ctx, *messages-*messages/10)
		clear()
		stormy.Wait()
		w.Talk(ctx, *messages/10)
		w.Read()
		w.Settle(ctx)
		r := w.Check()
		judge(t, r)
		t.Logf("the proxy struck %d times", p.Strikes())
		if r.Counts.Duplicates == 0 || r.Counts.Doubts == 0 || r.Counts.Again == 0 {
			t.Error("no duplicate was answered, no outcome was unknown, or nothing came twice: the run does not count")
		}
	})
}
