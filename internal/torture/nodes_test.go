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

var betrayals = flag.Duration("betrayals", 8*time.Second, "how long two nodes and their Redis are killed")

// betrayal kills and stops two nodes and their Redis, one after the other, until ctx ends, and
// leaves all of them running.
func betrayal(ctx context.Context, t *testing.T, w *World, nodes []*Node, redis *testkit.Redis) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // It repeats what it did.
	moment := func(most int) { pause(ctx, time.Duration(random.IntN(most))*time.Millisecond) }
	for round := 0; pause(ctx, time.Duration(200+random.IntN(600))*time.Millisecond); round++ {
		n := nodes[random.IntN(len(nodes))]
		switch round % 5 {
		case 0:
			redis.Kill()
			w.History.Add(checker.Record{Kind: checker.Killed, Note: "Redis"})
			moment(3000)
			redis.Start()
		case 1:
			n.Kill()
			w.History.Add(checker.Record{Kind: checker.Killed, Note: "a node"})
			moment(500)
			n.MustStart()
		case 2:
			redis.Hang()
			moment(3000)
			redis.Resume()
		case 3:
			redis.Do("CLIENT", "KILL", "TYPE", "pubsub")
		case 4:
			n.Signal(syscall.SIGSTOP)
			moment(300)
			n.Signal(syscall.SIGCONT)
		}
	}
}

// TestTwoNodesLoseAndDoubleNothingWhileTheyAndRedisAreKilled shows the contract across nodes: each
// line goes to one of them by chance, so what one has not confirmed is sent again at the other.
func TestTwoNodesLoseAndDoubleNothingWhileTheyAndRedisAreKilled(t *testing.T) {
	d, redis := testkit.PostgreSQL(t), testkit.StartRedis(t)
	var nodes []*Node
	var proxies []*Proxy
	for i := range 2 {
		n := NewNode(t, plain, d, "--redis-url", redis.URL(), "--data-dir", t.TempDir())
		nodes = append(nodes, n)
		proxies = append(proxies, NewProxy(t, uint64(i), func() string { return n.At }))
	}
	var mu sync.Mutex                     // guards random
	random := rand.New(rand.NewPCG(9, 1)) //nolint:gosec // It repeats what it did.
	w := NewWorld(t, nodes[0], Plan{People: 8, Tabs: 2, Conversations: 16, Seed: 12, Changes: 0.2}, func(int) string {
		mu.Lock()
		defer mu.Unlock()
		return proxies[random.IntN(len(proxies))].At
	})
	nodes[1].MustStart()
	ctx := patience(t, 5*time.Minute)
	w.Talk(ctx, 400) // while all is well
	for _, p := range proxies {
		p.Do(Mischief{Bytes: 40_000, Stall: 300 * time.Millisecond})
	}
	over, clear := context.WithCancel(ctx)
	var betrayed sync.WaitGroup
	betrayed.Go(func() { betrayal(over, t, w, nodes, redis) })
	began := time.Now()
	for time.Since(began) < *betrayals {
		w.Talk(ctx, 1000)
	}
	clear()
	betrayed.Wait()
	for _, p := range proxies {
		p.Do(Mischief{})
	}
	w.Talk(ctx, 400)
	w.Read()
	w.Settle(ctx)
	r := w.Check()
	judge(t, r)
	if r.Counts.Duplicates == 0 || r.Counts.Doubts == 0 || r.Counts.Again == 0 {
		t.Error("no duplicate was answered, no outcome was unknown, or nothing came twice: the run does not count")
	}
	for i, n := range nodes {
		if n.metric(t, `swapnest_sends_total{outcome="ok"}`) == 0 {
			t.Errorf("node %d has taken no messages: the run does not count", i)
		}
	}
}
