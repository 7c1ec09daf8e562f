// Package peers carries what the nodes of a marketplace tell each other about themselves
// and not about people: tokens taken of rate limits, that a follower has something to do, and
// that something in the outbox is to be sent. All of it may be lost.
package peers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"swapnest/internal/limit"
	"swapnest/internal/live/bus"
)

const (
	// topic is what every node subscribes to.
	topic bus.Topic = "nodes"
	// every is how often a node says something at the most.
	every = 100 * time.Millisecond
	// atOnce is how many taken tokens' keys one note holds, and longest how many bytes it has: more than so many
	// keys take, however they are written.
	atOnce  = 500
	longest = 1 << 19
	// busTimeout bounds how long the bus may take.
	busTimeout = 2 * time.Second
)

// note is what a node says.
type note struct {
	Node  string        `json:"node"`
	Wake  bool          `json:"wake,omitempty"` // something was added to the log
	Fed   bool          `json:"fed,omitempty"`  // something was added to the listings' feed
	Due   bool          `json:"due,omitempty"`  // something was put into the outbox
	Taken []limit.Taken `json:"taken,omitempty"`
}

var errNote = errors.New("not a note of a node")

// parseNote reads a note. Whoever can write to the bus's Redis can write anything there.
func parseNote(data []byte) (note, error) {
	var n note
	if len(data) > longest || json.Unmarshal(data, &n) != nil || n.Node == "" || len(n.Taken) > atOnce {
		return note{}, errNote
	}
	return n, nil
}

// Peers is one node's part.
type Peers struct {
	node   string
	limits *limit.Sharing
	woken  func()
	fed    func()
	due    func()
	log    *slog.Logger
	bus    bus.Bus
	wake   atomic.Bool
	feed   atomic.Bool
	duty   atomic.Bool
	cancel context.CancelFunc
	done   chan struct{}
}

// New returns a node that shares limits and that calls woken, fed or due, which must not block, when
// another node says that it has added to the log, to the listings' feed, or to the outbox. Join puts it in front of whoever receives,
// Start begins, Stop ends it.
func New(limits *limit.Sharing, woken, fed, due func(), log *slog.Logger) *Peers {
	return &Peers{node: rand.Text(), limits: limits, woken: woken, fed: fed, due: due, log: log, done: make(chan struct{})}
}

// Join returns join with what nodes tell each other taken out.
func (p *Peers) Join(join func(bus.Receive) bus.Bus) func(bus.Receive) bus.Bus {
	return func(receive bus.Receive) bus.Bus {
		p.bus = join(func(to bus.Topic, m bus.Message) {
			if to == topic {
				p.heard(m.Frame)
				return
			}
			receive(to, m)
		})
		return p.bus
	}
}

// Wake has the others know within a moment that something was added to the log. It does not block.
func (p *Peers) Wake() { p.wake.Store(true) }

// Fed has the others know within a moment that something was added to the listings' feed. It does
// not block.
func (p *Peers) Fed() { p.feed.Store(true) }

// Due has the others know within a moment that something is to be sent. It does not block.
func (p *Peers) Due() { p.duty.Store(true) }

func (p *Peers) heard(data []byte) {
	n, err := parseNote(data)
	if err != nil {
		p.log.Warn("skipped what a node said", "error", err, "bytes", len(data))
		return
	}
	if n.Node == p.node {
		return
	}
	p.limits.Heard(n.Taken)
	if n.Wake {
		p.woken()
	}
	if n.Fed {
		p.fed()
	}
	if n.Due {
		p.due()
	}
}

// Start subscribes, and says what there is to say until Stop.
func (p *Peers) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go p.run(ctx)
}

// Stop ends it and waits. One that was not started has ended.
func (p *Peers) Stop() {
	if p.cancel != nil {
		p.cancel()
		<-p.done
	}
}

func (p *Peers) run(ctx context.Context) {
	defer close(p.done)
	p.subscribe(ctx)
	for pause(ctx) {
		// Others are woken once a pause, however many notes the tokens take.
		n := note{Node: p.node, Wake: p.wake.Swap(false), Fed: p.feed.Swap(false), Due: p.duty.Swap(false)}
		for n.Taken = p.limits.News(atOnce); n.Wake || n.Fed || n.Due || len(n.Taken) > 0; n.Taken = p.limits.News(atOnce) {
			p.say(ctx, n)
			n = note{Node: p.node}
		}
	}
}

// pause waits until something may be said again, and tells false when the node ends.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(every):
		return true
	}
}

// subscribe asks for what the others say: it comes as soon as the bus is there.
func (p *Peers) subscribe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, busTimeout)
	defer cancel()
	if err := p.bus.Subscribe(ctx, topic); err != nil && !errors.Is(err, bus.ErrDown) && ctx.Err() == nil {
		p.log.Warn("other nodes are not heard", "error", err)
	}
}

func (p *Peers) say(ctx context.Context, n note) {
	data, err := json.Marshal(n)
	switch {
	case err != nil:
		return // a hint
	case len(data) > longest && len(n.Taken) > 1:
		half := len(n.Taken) / 2
		rest := note{Node: n.Node, Taken: n.Taken[half:]}
		n.Taken = n.Taken[:half]
		p.say(ctx, n)
		p.say(ctx, rest)
		return
	case len(data) > longest && len(n.Taken) == 1:
		n.Taken = nil // no node would take it
		p.say(ctx, n)
		return
	case len(data) > longest:
		return // likewise, and there is nothing to leave out
	}
	ctx, cancel := context.WithTimeout(ctx, busTimeout)
	defer cancel()
	if err := p.bus.Publish(ctx, bus.Message{To: []bus.Topic{topic}, Frame: data}); err != nil && !errors.Is(err, bus.ErrDown) {
		p.log.Warn("nothing said to other nodes", "error", err)
	}
}
