package torture

import (
	"syscall"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// TestARollingRestartOfTwoNodesIsAFlicker shows contract 19 across nodes: one node is told to
// end, is started again and says that it is ready, and then the other, three times round, while
// people talk. Nothing is lost, and nobody is without a line for longer than the goodbye asks
// them to stay away, which is 3 seconds at most.
func TestARollingRestartOfTwoNodesIsAFlicker(t *testing.T) {
	t.Parallel() // It waits most of its time.
	ctx := patience(t, 3*time.Minute)
	redis := testkit.StartRedis(t)
	p := newPair(ctx, t, twoNodes(t, testkit.PostgreSQL(t), redis), Plan{People: 8, Tabs: 2, Conversations: 12, Seed: 24, Changes: 0.2, Polite: true})
	hush := p.chat(ctx, 100*time.Millisecond)
	pause(ctx, 500*time.Millisecond)
	began, grace := time.Now(), testkit.Grace(t)
	for round := range 3 {
		for i, n := range p.nodes {
			since := time.Now()
			n.Signal(syscall.SIGTERM)
			select {
			case <-n.Exited():
			case <-time.After(20 * time.Second):
				t.Fatalf("round %d: node %d has not ended after 20 s", round, i)
			}
			ended := time.Since(since)
			if code := n.ExitCode(); code != 0 {
				t.Errorf("round %d: node %d ended with %d: %s", round, i, code, n.Log())
			}
			n.MustStart()
			if !await(ctx, func() bool { return bus(n) != "" }) {
				t.Fatalf("round %d: node %d is not ready", round, i)
			}
			t.Logf("round %d: node %d has ended after %s and is ready after %s", round, i,
				ended.Round(time.Millisecond), time.Since(since).Round(time.Millisecond))
		}
	}
	if !await(ctx, p.up) {
		t.Error("not all have a line")
	}
	t.Logf("three times round in %s", time.Since(began).Round(10*time.Millisecond))
	hush()
	p.joined(ctx)
	r := finish(ctx, t, p.World)
	delays, gaps := p.watch.taken()
	t.Log(summed(delays, gaps))
	if len(gaps) < len(p.Clients) || r.Counts.Lines <= len(p.Clients) {
		t.Error("not everybody has lost their line: the run does not count")
	}
	// A tab notices, stays away, dials and is greeted: a busy machine may have each of that be late.
	if most := at(gaps, 100); most > 4500*time.Millisecond+grace() {
		t.Errorf("somebody was without a line for %s", most)
	}
}
