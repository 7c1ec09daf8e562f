package torture

import (
	"context"
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

var chaos = flag.Duration("chaos", 8*time.Second, "how long two nodes, their Redis and their PostgreSQL are killed")

// ruin kills nodes, Redis and PostgreSQL at random until ctx ends, one after the other and also
// several at once, and leaves all of them running.
func ruin(ctx context.Context, t *testing.T, p *pair, redis *testkit.Redis, server *testkit.Postgres) {
	t.Helper()
	random := rand.New(rand.NewPCG(25, 26)) //nolint:gosec // It repeats what it did.
	killed := func(what string) { p.History.Add(checker.Record{Kind: checker.Killed, Note: what}) }
	for round := 0; pause(ctx, time.Duration(200+random.IntN(500))*time.Millisecond); round++ {
		// A node cannot be started without its database, so that comes back before it does.
		var database, bus bool
		var node *Node
		switch which := random.IntN(8); {
		case round < 3: // each alone at first
			database, bus = round == 0, round == 1
			if round == 2 {
				node = p.nodes[random.IntN(2)]
			}
		default:
			database, bus = which&1 != 0, which&2 != 0
			if which&4 != 0 || which == 0 {
				node = p.nodes[random.IntN(2)]
			}
		}
		if bus {
			redis.Kill()
			killed("Redis")
		}
		if database {
			must(t, server.Crash())
			killed("PostgreSQL")
		}
		if node != nil {
			node.Kill()
			killed("a node")
		}
		pause(ctx, time.Duration(random.IntN(1000))*time.Millisecond)
		if database {
			must(t, server.Start())
		}
		if node != nil {
			node.MustStart()
		}
		if bus {
			redis.Start()
		}
	}
}

// TestTwoNodesLoseNothingWhileTheyRedisAndPostgreSQLAreKilled shows the contract across nodes
// when everything that it depends on ends without a warning, at any time and together.
func TestTwoNodesLoseNothingWhileTheyRedisAndPostgreSQLAreKilled(t *testing.T) {
	t.Parallel() // It waits much of its time.
	ctx := patience(t, *chaos+3*time.Minute)
	server, redis := testkit.OwnPostgres(t), testkit.StartRedis(t)
	p := newPair(ctx, t, twoNodes(t, testkit.PostgreSQLOn(t, server), redis), Plan{People: 8, Tabs: 2, Conversations: 16, Seed: 25, Changes: 0.2, Files: 0.1})
	hush := p.chat(ctx, 50*time.Millisecond)
	p.balance.Do(Mischief{Bytes: 40_000, Stall: 300 * time.Millisecond})
	over, clear := context.WithTimeout(ctx, *chaos)
	defer clear()
	var ruined sync.WaitGroup
	ruined.Go(func() { ruin(over, t, p, redis, server) })
	ruined.Wait()
	p.balance.Do(Mischief{})
	since := time.Now()
	p.joined(ctx)
	if !await(ctx, p.up) {
		t.Error("not all have a line again")
	}
	t.Logf("all well %s after the last one was back", time.Since(since).Round(10*time.Millisecond))
	hush()
	p.finish(ctx)
}
