package torture

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/testkit"
)

// endsWithin is how long a session's socket may last at another node, with a little for a busy
// machine.
const endsWithin = 5*time.Second + 1500*time.Millisecond

// accounts makes people who take part in nothing.
func accounts(t *testing.T, n *Node, count int) []Person {
	t.Helper()
	w := &World{tb: t, Node: n}
	w.accounts(count)
	return w.People
}

// signedOut has somebody open a socket at one node and sign out at another, and returns how long
// the socket lasted.
func signedOut(t *testing.T, who Person, at, from *Node) time.Duration {
	dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP(http.Header{"Cookie": {who.cookie()}, "Origin": {"http://" + at.At}})}
	conn, reader, _, err := dialer.Dial(t.Context(), "ws://"+at.At+"/ws/")
	if err != nil {
		t.Error(err)
		return 0
	}
	defer conn.Close()
	if reader == nil {
		reader = bufio.NewReader(conn)
	}
	l := &line{conn: conn, frames: make(chan frame, 64), over: make(chan struct{}), patience: 30 * time.Second}
	go l.read(reader, func(<-chan struct{}) {})
	if f := <-l.frames; f.Type != "hello" {
		t.Errorf("the socket begins with %q", f.Type)
	}
	who.node = from
	if _, err := who.call(http.MethodDelete, "/session", nil, nil); err != nil {
		t.Error(err)
	}
	since := time.Now()
	for range l.frames { // until it is closed
	}
	return time.Since(since)
}

// TestANodeThatIsCutOffFromRedisAloneLosesNothing shows contracts 9, 10 and 21 across nodes: a
// node that has its database, its people and no way to Redis, while all others have one. What is
// said at either reaches the other within two seconds, and whoever signs out at one loses their
// sockets at the other within five.
func TestANodeThatIsCutOffFromRedisAloneLosesNothing(t *testing.T) {
	t.Parallel() // It waits most of its time.
	ctx := patience(t, 3*time.Minute)
	s := newSpace(t)
	d, redis := testkit.PostgreSQL(t), testkit.StartRedis(t, "--bind", "127.0.0.1", s.here)
	nodes := twoNodes(t, d, redis)
	database, err := url.Parse(d.URL())
	must(t, err)
	s.outward(database.Host)
	_, port, err := net.SplitHostPort(redis.Host())
	must(t, err)
	away := nodes[1]
	away.wrap, away.At = s.enter(), s.inward()
	for i, flag := range away.more {
		away.more[i] = strings.Replace(flag, redis.Host(), net.JoinHostPort(s.here, port), 1)
	}
	p := newPair(ctx, t, nodes, Plan{People: 6, Tabs: 2, Conversations: 6, Seed: 27, Changes: 0.2})
	p.seat(ctx)
	// In each conversation one person talks, by a socket, so that nothing has the other one's node
	// look into the log.
	hush := p.oneWay(ctx, 200*time.Millisecond)
	pause(ctx, 500*time.Millisecond)
	p.watch.taken()
	p.watch.latest()
	before := p.byLog()
	s.cut()
	since := time.Now()
	if !await(ctx, func() bool { return bus(away) == "unavailable" }) {
		t.Fatal("the node does not notice")
	}
	t.Logf("the node knows after %s", time.Since(since).Round(time.Millisecond))
	pause(ctx, 2*time.Second)
	// For a moment it may miss a probe of its own.
	if !await(ctx, func() bool { return bus(nodes[0]) == "ok" }) {
		t.Errorf("the node that is not cut off says %q of the bus", bus(nodes[0]))
	}
	hush()
	p.Settle(ctx)
	delays, _ := p.watch.taken()
	t.Logf("cut off: by the log %d; %s", p.byLog()-before, summed(delays, nil))
	if late := p.watch.latest(); late > byLogWithin || late == 0 {
		t.Errorf("of %d messages one took %s after it was stored", len(delays), late)
	}
	for _, n := range nodes {
		if !handedOn.MatchString(n.Log()) {
			t.Error("a node has brought nothing from the log: the run does not count")
		}
	}
	// Lines are cut as well, and end up anywhere; and people sign out.
	s.unplug()
	hush = p.chat(ctx, 100*time.Millisecond)
	p.balance.Do(Mischief{Bytes: 5_000})
	p.unseat()
	strangers := accounts(t, nodes[0], 4)
	var leaving sync.WaitGroup
	for i, who := range strangers {
		at, from := nodes[i%2], nodes[(i+1)%2]
		leaving.Go(func() {
			if took := signedOut(t, who, at, from); took > endsWithin {
				t.Errorf("a session that ended at the other node than its socket's lost it after %s", took)
			} else {
				t.Logf("a session that ended at the other node than its socket's lost it after %s", took.Round(time.Millisecond))
			}
		})
	}
	leaving.Wait()
	s.mend()
	since = time.Now()
	p.joined(ctx)
	t.Logf("the bus carries again after %s", time.Since(since).Round(time.Millisecond))
	hush()
	p.balance.Do(Mischief{})
	p.finish(ctx)
}
