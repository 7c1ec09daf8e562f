package torture

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

var (
	crowd    = flag.Int("crowd", 5_000, "how many lines come back at once")
	readers  = flag.Int("readers", 300, "how many read beside a slow one")
	measured = flag.Bool("measure", false, "fail when what is measured is worse than promised; for a quiet machine")
)

// Contract 20: a crowd that comes back does not stop those who are there.
func TestACrowdThatComesBackStopsNobody(t *testing.T) {
	const people = 50
	n := NewNode(t, plain, testkit.SQLite(t))
	p := NewProxy(t, 4, func() string { return n.At })
	// The first tab of each person is the crowd's neighbour: its line goes past the proxy.
	tabs := *crowd/people + 1
	w := NewWorld(t, n, Plan{People: people, Tabs: tabs, Conversations: people, Seed: 11}, func(tab int) string {
		if tab%tabs == 0 {
			return n.At
		}
		return p.At
	})
	ctx := patience(t, 3*time.Minute)
	var there []*Client
	for i, c := range w.Clients {
		if i%tabs == 0 {
			there = append(there, c)
		}
	}
	if !await(ctx, w.up) {
		t.Fatal("not all lines came up")
	}
	quiet := chatter(ctx, there, 2*time.Second)
	before := w.lines()
	p.CutAll()
	busy := chatter(ctx, there, 5*time.Second)
	if !await(ctx, func() bool { return w.up() && w.lines() >= before+len(w.Clients)-len(there) }) {
		t.Errorf("after %d lines there have been %d, of %d tabs", before, w.lines(), len(w.Clients))
	}
	t.Logf("answers to those who were there took p50 %s and p99 %s before, p50 %s and p99 %s while %d came back",
		at(quiet, 50), at(quiet, 99), at(busy, 50), at(busy, 99), len(w.Clients)-len(there))
	for _, c := range there {
		if got := c.lines.Load(); got != 1 {
			t.Errorf("%s, which was there, has had %d lines", c.Tab, got)
		}
	}
	w.Settle(ctx)
	judge(t, w.Check())
}

// chatter has each client say something twice a second, and returns how long the answers
// took.
func chatter(ctx context.Context, all []*Client, d time.Duration) []time.Duration {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var talking sync.WaitGroup
	var mu sync.Mutex // guards took
	var took []time.Duration
	for _, c := range all {
		talking.Go(func() {
			c.mu.Lock()
			c.timed = func(_ string, d time.Duration) {
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			}
			c.mu.Unlock()
			for i := 0; pause(ctx, 500*time.Millisecond); i++ {
				c.Say(c.Conversations[i%len(c.Conversations)])
			}
		})
	}
	talking.Wait()
	return took
}

// at is a percentile.
func at(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)].Round(10 * time.Microsecond)
}

// Contract 11: nobody waits for a slow reader.
func TestASlowReaderAmongManyIsClosedAndKeepsNobodyWaiting(t *testing.T) {
	n := NewNode(t, plain, testkit.SQLite(t))
	w := NewWorld(t, n, Plan{People: 2, Tabs: *readers / 2, Conversations: 1, Seed: 12, Narrow: true}, nil)
	ctx := patience(t, 4*time.Minute)
	if !await(ctx, w.up) {
		t.Fatal("not all lines came up")
	}
	slow, speaker := w.Clients[1], w.Clients[3]
	id := speaker.Conversations[0]
	if *measured {
		alike(ctx, t, w, slow, speaker)
	}
	lines := slow.lines.Load()
	resume := slow.Pause()
	speakers := w.Clients[3:min(23, len(w.Clients))]
	for _, c := range speakers {
		c.pad(3900)
	}
	for range 20 {
		want := speaker.head(id) + int64(len(speakers))
		for _, c := range speakers {
			c.Say(id)
		}
		for _, c := range w.Clients {
			if c != slow && !await(ctx, func() bool { return c.head(id) >= want }) {
				t.Fatalf("%s has not what was said beside a slow reader", c.Tab)
			}
		}
		if n.metric(t, "swapnest_connections") < float64(len(w.Clients)) {
			break // it is closed, for its queue or, where the disk takes long, because a write to it does
		}
	}
	resume()
	w.Settle(ctx)
	r := w.Check()
	judge(t, r)
	if got := slow.lines.Load() - lines; got != 1 {
		t.Errorf("the slow reader has had %d more lines: it was not closed, or did not come back", got)
	}
}

// alike shows that a message takes hardly longer beside a slow reader than without one.
func alike(ctx context.Context, t *testing.T, w *World, slow, speaker *Client) {
	t.Helper()
	id := speaker.Conversations[0]
	var ratios []float64
	var said string
	for range 5 {
		alone := around(ctx, w, speaker, id, nil)
		resume := slow.Pause()
		beside := around(ctx, w, speaker, id, slow)
		resume()
		ratios = append(ratios, float64(at(beside, 99))/float64(at(alone, 99)))
		said += fmt.Sprintf("; p99 %s alone, %s beside one", at(alone, 99), at(beside, 99))
		await(ctx, func() bool { return slow.head(id) == speaker.head(id) })
	}
	slices.Sort(ratios)
	middle := ratios[len(ratios)/2]
	t.Logf("a message is with %d tabs after%s: the middle ratio is %.2f", len(w.Clients), said[1:], middle)
	if middle > 1.2 {
		t.Error("the others wait for a slow reader: more than 1.2 times as long")
	}
}

// around measures spread behind as many long messages as the kernel takes for one who does
// not read them.
func around(ctx context.Context, w *World, speaker *Client, id int64, but *Client) []time.Duration {
	speaker.pad(3900)
	spread(ctx, w, speaker, id, but, 60)
	speaker.pad(0)
	return spread(ctx, w, speaker, id, but, 100)
}

// spread has one client say something, again and again, and returns how long it took until
// each of the others had it.
func spread(ctx context.Context, w *World, speaker *Client, id int64, but *Client, times int) []time.Duration {
	var mu sync.Mutex // guards what follows
	var began time.Time
	var took []time.Duration
	for _, c := range w.Clients {
		if c == but {
			continue
		}
		c.mu.Lock()
		c.seen = func(checker.Entry) {
			mu.Lock()
			took = append(took, time.Since(began))
			mu.Unlock()
		}
		c.mu.Unlock()
	}
	for range times {
		mu.Lock()
		began = time.Now()
		mu.Unlock()
		before := speaker.head(id)
		speaker.Say(id)
		await(ctx, func() bool {
			for _, c := range w.Clients {
				if c != but && c.head(id) <= before {
					return false
				}
			}
			return true
		})
	}
	for _, c := range w.Clients {
		c.mu.Lock()
		c.seen = nil
		c.mu.Unlock()
	}
	return took
}
