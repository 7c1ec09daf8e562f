package torture

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// sentBy is how much a node has sent since it was started.
func sentBy(t *testing.T, n *Node) (sent float64) {
	t.Helper()
	for _, c := range aways {
		sent += n.sent(t, c.channel)
	}
	return sent
}

// TestTwoNodesShareWhatIsSentAndEitherSendsOnAlone shows that what two nodes send comes once as long as both run,
// and at least once when one of them is killed between the other side's answer and the commit.
func TestTwoNodesShareWhatIsSentAndEitherSendsOnAlone(t *testing.T) {
	t.Parallel() // It waits most of its time.
	ctx := patience(t, 2*time.Minute)
	d, redis, out := testkit.PostgreSQL(t), testkit.StartRedis(t), NewOutside(t)
	var nodes []*Node
	for range 2 {
		flags := append(out.Flags(0), "--redis-url", redis.URL(), "--data-dir", t.TempDir())
		nodes = append(nodes, NewNode(t, planted, d, flags...))
	}
	a := NewAway(t, nodes[0], out, 24)
	stays, dies := nodes[0], nodes[1]
	// start has the second node come, and waits until both know of each other.
	start := func(environment ...string) {
		dies.MustStart(environment...)
		for _, n := range nodes {
			if !await(ctx, func() bool { return bus(n) == "ok" }) {
				t.Fatalf("the bus of a node is %q", bus(n))
			}
		}
	}
	start()
	for i := range a.People {
		a.People[i].node = nodes[i%2]
	}
	// write has all of some conversations be written in at once, so that more is due than one node sends at a
	// time, and waits until all has come.
	write := func(talks []int64, text string) {
		t.Helper()
		var writing sync.WaitGroup
		for _, talk := range talks {
			writing.Go(func() { a.Write(ctx, talk, fmt.Sprintf("%s %d", text, talk)) })
		}
		writing.Wait()
		for _, talk := range talks {
			if text := fmt.Sprintf("%s %d", text, talk); !await(ctx, func() bool { return a.Told(talk, text) && len(a.Mailed(talk)) > 0 }) {
				t.Errorf("nobody was pushed %q, or mailed", text)
			}
		}
	}
	first, rest := a.Talks[:16], a.Talks[16:]
	// One node sends eight at a time, and the other one looks for what is due each second.
	out.Push.Slow(1500 * time.Millisecond)
	shared := func() bool { return sentBy(t, stays) > 0 && sentBy(t, dies) > 0 }
	for round := 1; round == 1 || round < 5 && !shared(); round++ {
		write(first, fmt.Sprintf("Round %d of", round))
		drained(ctx, t, stays, chat.PushChannel)
		if round == 1 {
			drained(ctx, t, stays, chat.MailChannel)
		}
		for _, talk := range first {
			// The next mail about a conversation is one of another hour.
			if pushed, mailed := len(a.Pushed(talk)), len(a.Mailed(talk)); pushed != round || mailed != 1 {
				t.Errorf("conversation %d was pushed %d times and mailed %d times, want %d and 1", talk, pushed, mailed, round)
			}
		}
	}
	out.Push.Slow(0)
	t.Logf("the nodes have sent %v and %v", sentBy(t, stays), sentBy(t, dies))
	if !shared() {
		t.Error("one node has sent all")
	}
	dies.Kill()
	for i := range a.People {
		a.People[i].node = stays
	}
	start("SWAPNEST_KILL=before settling:1")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-dies.Exited():
			abandon(t, d)
		case <-ctx.Done():
		}
	}()
	for round, over := 1, false; !over && ctx.Err() == nil; round++ {
		write(a.Talks, fmt.Sprintf("Then %d of", round))
		select {
		case <-gone:
			over = true
		default: // the other one has sent nearly all of it
		}
	}
	<-gone
	if ctx.Err() != nil {
		t.Fatal("the node was not killed")
	}
	drained(ctx, t, stays, chat.PushChannel)
	for _, talk := range rest {
		for _, name := range aways[1].came(a, talk) {
			if first := aways[1].came(a, talk)[0]; name != first {
				t.Errorf("conversation %d: it was mailed as %s and as %s", talk, first, name)
			}
		}
	}
	a.Names()
}
