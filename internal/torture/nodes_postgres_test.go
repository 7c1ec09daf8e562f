package torture

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

// answeredWithin is how long a command may wait until it is put off while the database is not
// there, with a little for a busy machine. Without a deadline of its own it waits for those of a
// commit, 5 seconds.
const answeredWithin = 2*time.Second + 1500*time.Millisecond

// TestAPostgreSQLThatIsAwayUnderTwoNodesLosesNothing shows contract 22 across nodes: the
// database is stopped at once, hangs, and is restarted while people talk by both. Commands are
// put off within two seconds, lines stay, and service resumes by itself.
func TestAPostgreSQLThatIsAwayUnderTwoNodesLosesNothing(t *testing.T) {
	t.Parallel() // It waits most of its time.
	ctx := patience(t, 3*time.Minute)
	server, redis := testkit.OwnPostgres(t), testkit.StartRedis(t)
	p := newPair(ctx, t, twoNodes(t, testkit.PostgreSQLOn(t, server), redis), Plan{People: 6, Tabs: 2, Conversations: 10, Seed: 22, Changes: 0.2, Files: 0.1})
	before := 0
	struck := func() { await(ctx, func() bool { return p.doubts() > before }) }
	away := func(d time.Duration) {
		pause(ctx, d)
		redis.Do("CLIENT", "KILL", "TYPE", "pubsub") // so that gaps are seen, too
	}
	lines := p.lines()
	for _, f := range []struct {
		name   string
		outage func()
	}{
		{"stopped at once", func() {
			must(t, server.Crash())
			away(time.Second)
			struck()
			must(t, server.Start())
		}},
		{"hung", func() {
			must(t, server.Hang())
			away(4 * time.Second)
			struck()
			must(t, server.Resume())
		}},
		{"restarted", func() {
			must(t, server.Shutdown())
			away(0)
			must(t, server.Start())
		}},
	} {
		hush := talking(ctx, p.World)
		pause(ctx, 500*time.Millisecond)
		p.History.Add(checker.Record{Kind: checker.Killed, Note: "PostgreSQL: " + f.name})
		before = p.doubts()
		f.outage()
		since, heads, late := time.Now(), p.heads(), p.doubts()
		if !await(ctx, func() bool { return p.heads() > heads+200 }) {
			t.Errorf("PostgreSQL %s: it did not recover", f.name)
		}
		t.Logf("PostgreSQL %s: %d commands put off, 200 messages %s after it was back", f.name, late-before, time.Since(since).Round(time.Millisecond))
		hush()
		if late == before && f.name != "restarted" {
			t.Errorf("PostgreSQL %s: nothing was put off: the run does not count", f.name)
		}
	}
	if got := p.lines(); got != lines {
		t.Errorf("there were %d lines, and %d afterwards: not all have stayed: %q", lines, got, p.ends())
	}
	got := p.slowest()
	t.Logf("the slowest was put off after %s", got.Round(time.Millisecond))
	if got > answeredWithin {
		t.Errorf("a command was put off after %s", got)
	}
	// What is sent again because lines are cut meanwhile is there once, too.
	hush := talking(ctx, p.World)
	p.balance.Do(Mischief{Bytes: 20_000})
	pause(ctx, 300*time.Millisecond)
	redis.Kill()
	must(t, server.Crash())
	must(t, server.Start())
	pause(ctx, 700*time.Millisecond)
	redis.Start()
	p.balance.Do(Mischief{})
	hush()
	p.finish(ctx)
}

// epochs collects the names that both nodes give the database until the returned function is
// called, which returns them in the order in which they came.
func (p *pair) epochs(ctx context.Context) (stop func() [][]string) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan [][]string, 1)
	go func() {
		all := make([][]string, len(p.nodes))
		for pause(ctx, 10*time.Millisecond) {
			for i, n := range p.nodes {
				epoch := p.epochAt(n)
				if k := len(all[i]); epoch != "" && (k == 0 || all[i][k-1] != epoch) {
					all[i] = append(all[i], epoch)
				}
			}
		}
		done <- all
	}()
	return func() [][]string {
		cancel()
		return <-done
	}
}

// epochAt is what a node calls the database, "" when it does not say.
func (p *pair) epochAt(n *Node) string {
	for id, both := range p.talks {
		who := p.People[both[0]]
		who.node, who.door = n, nil
		got, err := who.newest(id)
		if err != nil {
			return ""
		}
		return got.Epoch
	}
	return ""
}

// marked is when a node has written its watermark.
func marked(n *Node) time.Time {
	dir := n.more[len(n.more)-1] // of --data-dir
	info, err := os.Stat(filepath.Join(dir, "watermark"))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// TestAnOlderCopyOfPostgreSQLUnderTwoNodesIsKnownAsOne shows contract 15 across nodes: the
// folder of the database is put back while clients know more, with both nodes up, with one,
// and with none. All are told to forget, both nodes draw one new epoch together, and nobody
// keeps a message that is gone.
func TestAnOlderCopyOfPostgreSQLUnderTwoNodesIsKnownAsOne(t *testing.T) {
	t.Parallel() // It waits most of its time.
	server := testkit.OwnPostgres(t)
	for name, down := range map[string]int{"while both nodes run": 0, "while one node runs": 1, "while no node runs": 2} {
		t.Run(name, func(t *testing.T) {
			ctx := patience(t, 2*time.Minute)
			p := newPair(ctx, t, twoNodes(t, testkit.PostgreSQLOn(t, server), testkit.StartRedis(t)), Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 23, Changes: 0.2})
			p.Talk(ctx, 100)
			p.Settle(ctx)
			must(t, server.Shutdown())
			restore, err := server.Copy()
			must(t, err)
			must(t, server.Start())
			p.Talk(ctx, 100)
			p.Settle(ctx)
			before := p.epochAt(p.nodes[0])
			// Both nodes commit something just before; those that end have it in their watermarks.
			since := time.Now()
			for id := range p.talks {
				p.Post("just-before", id, 2)
			}
			p.Settle(ctx)
			for _, n := range p.nodes[:down] {
				if !await(ctx, func() bool { return marked(n).After(since) }) {
					t.Fatal("the watermark does not follow")
				}
				n.Kill()
			}
			must(t, server.Shutdown())
			must(t, restore())
			p.History.PutBack()
			names := p.epochs(ctx)
			must(t, server.Start())
			hush := p.chat(ctx, 60*time.Millisecond)
			for _, n := range p.nodes[:down] {
				n.MustStart()
			}
			since = time.Now()
			if !await(ctx, func() bool { return p.History.Resets() >= len(p.Clients) }) {
				t.Error("some client was not told to forget")
			}
			t.Logf("all were told to forget %s after the database was back", time.Since(since).Round(time.Millisecond))
			pause(ctx, 2500*time.Millisecond) // the nodes look at the log each second
			hush()
			seen := names()
			for i, all := range seen {
				if len(all) == 0 || len(all) > 2 || all[len(all)-1] == before || len(all) == 2 && all[0] != before {
					t.Errorf("node %d has called the database %v, which was %s before", i, all, before)
				}
				if all[len(all)-1] != seen[0][len(seen[0])-1] {
					t.Errorf("the nodes disagree on what database it is: %v", seen)
				}
			}
			r := finish(ctx, t, p.World)
			if r.Counts.Resets < len(p.Clients) {
				t.Error("some client was not told to forget")
			}
		})
	}
}
