package torture

import (
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

// byLogWithin is how long a message that is stored may take by the log, with a little for a busy
// machine.
const byLogWithin = 2*time.Second + 1500*time.Millisecond

// failing is a way in which Redis fails.
type failing struct {
	name       string
	fail, mend func(*testing.T, *testkit.Redis)
	gone       bool // nothing passes until it is mended
}

var failings = []failing{
	{"killed", func(_ *testing.T, r *testkit.Redis) { r.Kill() }, func(_ *testing.T, r *testkit.Redis) { r.Start() }, true},
	{"hung", func(_ *testing.T, r *testkit.Redis) { r.Hang() }, func(_ *testing.T, r *testkit.Redis) { r.Resume() }, true},
	{"without its subscriptions", func(_ *testing.T, r *testkit.Redis) { r.Do("CLIENT", "KILL", "TYPE", "pubsub") }, func(*testing.T, *testkit.Redis) {}, false},
	{"out of memory", func(t *testing.T, r *testkit.Redis) {
		r.Do("CONFIG", "SET", "maxmemory", "1")
		if said := r.Do("EVAL", `return redis.pcall('SET', 'a', 'b').err`, "0"); !strings.Contains(said, "OOM") {
			t.Errorf("it still has memory: %s", said)
		}
	}, func(_ *testing.T, r *testkit.Redis) { r.Do("CONFIG", "SET", "maxmemory", "0") }, false},
	{"without all its connections", func(_ *testing.T, r *testkit.Redis) {
		r.Do("CLIENT", "KILL", "TYPE", "normal")
		r.Do("CLIENT", "KILL", "TYPE", "pubsub")
	}, func(*testing.T, *testkit.Redis) {}, false},
	// Who subscribes and has more than that waiting is closed: all who get this.
	{"without room for what waits", func(t *testing.T, r *testkit.Redis) {
		r.Do("CONFIG", "SET", "client-output-buffer-limit", "pubsub 20000 20000 1")
		flood := `for _, c in ipairs(redis.call('PUBSUB', 'CHANNELS', '*')) do redis.call('PUBLISH', c, string.rep('x', 100000)) end`
		r.Do("EVAL", flood, "0")
		if said := r.Do("INFO", "stats"); strings.Contains(said, "client_output_buffer_limit_disconnections:0\r") {
			t.Error("it has closed no connection: the run does not count")
		}
	}, func(_ *testing.T, r *testkit.Redis) {
		r.Do("CONFIG", "SET", "client-output-buffer-limit", "pubsub 33554432 8388608 60")
	}, false},
}

// TestARedisThatFailsDelaysMessagesAndLosesNone shows contracts 9 and 10 across nodes: however
// Redis fails, messages go by the log, and the bus comes back by itself. Nothing has a node look
// into the log but the trouble: in each conversation one person talks, at the other node than
// that of the one who listens.
func TestARedisThatFailsDelaysMessagesAndLosesNone(t *testing.T) {
	t.Parallel() // It waits most of its time.
	ctx := patience(t, 3*time.Minute)
	redis := testkit.StartRedis(t)
	p := newPair(ctx, t, twoNodes(t, testkit.PostgreSQL(t), redis), Plan{People: 6, Tabs: 2, Conversations: 6, Seed: 21, Changes: 0.2})
	p.seat(ctx)
	for _, f := range failings {
		before := p.byLog()
		p.watch.latest()
		hush := p.oneWay(ctx, 50*time.Millisecond)
		pause(ctx, 200*time.Millisecond)
		f.fail(t, redis)
		p.History.Add(checker.Record{Kind: checker.Killed, Note: "Redis: " + f.name})
		if f.gone {
			since := time.Now()
			p.buses(ctx, "unavailable")
			t.Logf("Redis %s: both nodes know after %s", f.name, time.Since(since).Round(time.Millisecond))
		}
		pause(ctx, 500*time.Millisecond)
		f.mend(t, redis)
		since := time.Now()
		p.joined(ctx)
		well := time.Since(since).Round(time.Millisecond)
		hush()
		p.Settle(ctx)
		delays, _ := p.watch.taken()
		t.Logf("Redis %s: well again after %s; by the log %d; %s", f.name, well, p.byLog()-before, summed(delays, nil))
		if late := p.watch.latest(); late > byLogWithin || late == 0 {
			t.Errorf("with Redis %s, of %d messages one took %s after it was stored", f.name, len(delays), late)
		}
	}
	// What is sent again because lines are cut meanwhile is there once, too.
	p.unseat()
	hush := p.chat(ctx, 50*time.Millisecond)
	p.balance.Do(Mischief{Bytes: 5_000})
	pause(ctx, time.Second)
	redis.Kill()
	pause(ctx, time.Second)
	redis.Start()
	pause(ctx, 500*time.Millisecond)
	p.balance.Do(Mischief{})
	hush()
	p.finish(ctx)
}
