package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

// pair is two nodes on one PostgreSQL and one Redis behind a load balancer, and people who
// talk: each line and each call goes to one node or the other.
type pair struct {
	*World
	t       *testing.T
	nodes   []*Node
	balance *Proxy
	watch   *watch
	both    atomic.Bool // the second node has been started, too
	dialled atomic.Int64
	seated  atomic.Bool // see seat
}

// twoNodes returns two nodes that have not been started, each with a data directory of its own.
func twoNodes(t *testing.T, d *testkit.Database, redis *testkit.Redis) []*Node {
	t.Helper()
	var nodes []*Node
	for range 2 {
		nodes = append(nodes, NewNode(t, plain, d, "--redis-url", redis.URL(), "--data-dir", t.TempDir()))
	}
	return nodes
}

// newPair starts the nodes, has all tabs come, and waits until the bus carries.
func newPair(ctx context.Context, t *testing.T, nodes []*Node, plan Plan) *pair {
	t.Helper()
	p := &pair{t: t, nodes: nodes}
	p.balance = NewProxy(t, plan.Seed, func() string {
		if !p.both.Load() {
			return nodes[0].At
		}
		return nodes[int(p.dialled.Add(1))%len(nodes)].At
	})
	plan.Door = func() string { return p.balance.At }
	p.World = NewWorld(t, nodes[0], plan, func(tab int) string {
		if p.seated.Load() {
			return nodes[tab/plan.Tabs%len(nodes)].At
		}
		return p.balance.At
	})
	nodes[1].MustStart()
	if !await(ctx, p.up) {
		t.Fatal("not all lines came up")
	}
	before := p.lines()
	p.both.Store(true)
	p.balance.CutAll() // the lines that came before are spread over both
	p.joined(ctx)
	// A tab that has not seen yet that its line was cut is up, too.
	if !await(ctx, func() bool { return p.up() && p.lines() >= before+len(p.Clients) }) {
		t.Fatal("not all lines came up")
	}
	p.watch = watched(p.Clients)
	return p
}

// joined waits until both nodes are ready and say that the bus carries.
func (p *pair) joined(ctx context.Context) {
	p.t.Helper()
	p.buses(ctx, "ok")
}

// buses waits until both nodes are ready and say this of the bus.
func (p *pair) buses(ctx context.Context, word string) {
	p.t.Helper()
	for i, n := range p.nodes {
		if !await(ctx, func() bool { return bus(n) == word }) {
			p.t.Fatalf("node %d says %q of the bus, and not %q", i, bus(n), word)
		}
	}
}

// bus is what a node says of the bus, "" when it is not ready.
func bus(n *Node) string {
	answer, err := caller.Get("http://" + n.At + "/readyz")
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	var got struct {
		Checks map[string]string `json:"checks"`
	}
	if json.NewDecoder(answer.Body).Decode(&got) != nil || answer.StatusCode != http.StatusOK {
		return ""
	}
	return got.Checks["bus"]
}

// chat has each tab say something every so often until the returned function is called. A
// tab that has 8 messages waiting says no more.
func (p *pair) chat(ctx context.Context, every time.Duration) (hush func()) {
	ctx, cancel := context.WithCancel(ctx)
	var talking sync.WaitGroup
	for i, c := range p.Clients {
		random := rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano()))) //nolint:gosec // Nobody guesses it.
		talking.Go(func() {
			for pause(ctx, every/2+time.Duration(random.Int64N(int64(every)))) {
				if c.Waiting() < 8 {
					p.speak(c, random)
				}
			}
		})
	}
	return func() {
		cancel()
		talking.Wait()
	}
}

// seat has each person's lines go to a node of their own from now on: that of their neighbours
// in People is the other one.
func (p *pair) seat(ctx context.Context) {
	p.t.Helper()
	p.seated.Store(true)
	p.balance.CutAll()
	if !await(ctx, func() bool { return p.up() && p.balance.Open() == 0 }) {
		p.t.Fatal("not all lines came up")
	}
}

// unseat has lines go anywhere.
func (p *pair) unseat() {
	p.seated.Store(false)
	for _, c := range p.Clients {
		c.Cut()
	}
}

// oneWay has one of the two people of each conversation say something every so often, by a socket,
// until the returned function is called: in one half of the conversations somebody who is
// seated at the first node, in the other half at the second.
func (p *pair) oneWay(ctx context.Context, every time.Duration) (hush func()) {
	ctx, cancel := context.WithCancel(ctx)
	var talking sync.WaitGroup
	for i, id := range slices.Sorted(maps.Keys(p.talks)) {
		who := p.talks[id][0]
		if who%2 != i/2%2 {
			who = p.talks[id][1]
		}
		c := p.Clients[len(p.Clients)/len(p.People)*who+1] // the second tab calls no API
		talking.Go(func() {
			for pause(ctx, every) {
				c.Say(id)
			}
		})
	}
	return func() {
		cancel()
		talking.Wait()
	}
}

var handedOn = regexp.MustCompile(`events handed on that the bus had lost.* events=(\d+)`)

// byLog is how many events the nodes have brought to somebody from the log, not from the bus.
func (p *pair) byLog() (events int) {
	for _, n := range p.nodes {
		for _, m := range handedOn.FindAllStringSubmatch(n.Log(), -1) {
			k, _ := strconv.Atoi(m[1]) // digits
			events += k
		}
	}
	return events
}

// finish settles all and judges. A run in which nothing was in doubt, answered a second time
// or brought by the log shows nothing.
func (p *pair) finish(ctx context.Context) checker.Report {
	p.t.Helper()
	r := finish(ctx, p.t, p.World)
	events := p.byLog()
	p.t.Logf("brought by the log %d; %s", events, p.watch)
	if r.Counts.Duplicates == 0 || r.Counts.Doubts == 0 || r.Counts.Again == 0 || events == 0 {
		p.t.Error("no duplicate was answered, no outcome was unknown, nothing came twice or nothing came by the log: the run does not count")
	}
	for i, n := range p.nodes {
		if n.metric(p.t, `swapnest_sends_total{outcome="ok"}`) == 0 {
			p.t.Errorf("node %d has taken no messages: the run does not count", i)
		}
	}
	return r
}

// watch measures what people notice: how long a message takes from being written until each
// tab of the other one has it, and how long a tab is without a line.
type watch struct {
	mu     sync.Mutex // guards what follows
	said   map[string]time.Time
	stored map[string]time.Time // when the sender was told so
	late   time.Duration        // the longest from there until a tab of the other one has had it
	left   map[*Client]time.Time
	delays []time.Duration
	gaps   []time.Duration
}

// watched begins to watch tabs.
func watched(clients []*Client) *watch {
	w := &watch{said: make(map[string]time.Time), stored: make(map[string]time.Time), left: make(map[*Client]time.Time)}
	for _, c := range clients {
		c.mu.Lock()
		c.said = func(id string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.said[id] = time.Now()
		}
		c.timed = func(id string, _ time.Duration) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.stored[id] = time.Now()
		}
		c.seen = func(e checker.Entry) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if since, ok := w.said[e.ClientID]; ok && e.Sender != c.Person.ID {
				w.delays = append(w.delays, time.Since(since))
				if since, ok := w.stored[e.ClientID]; ok {
					w.late = max(w.late, time.Since(since))
				}
			}
		}
		c.turned = func(up bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if !up {
				w.left[c] = time.Now()
			} else if since, ok := w.left[c]; ok {
				w.gaps = append(w.gaps, time.Since(since))
			}
		}
		c.mu.Unlock()
	}
	return w
}

// taken returns what was measured since the last call.
func (w *watch) taken() (delays, gaps []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delays, gaps = w.delays, w.gaps
	w.delays, w.gaps = nil, nil
	return delays, gaps
}

// latest is the longest that the other one has waited for what was stored, since the last call.
func (w *watch) latest() (late time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	late, w.late = w.late, 0
	return late
}

// String sums up what was measured, and not taken.
func (w *watch) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return summed(w.delays, w.gaps)
}

func summed(delays, gaps []time.Duration) string {
	return fmt.Sprintf("messages reached the other one %d times in p50 %s, p99 %s, max %s; without a line %d times for p50 %s, p99 %s, max %s",
		len(delays), at(delays, 50), at(delays, 99), at(delays, 100), len(gaps), at(gaps, 50), at(gaps, 99), at(gaps, 100))
}
