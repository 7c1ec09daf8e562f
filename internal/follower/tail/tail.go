// Package tail follows the log of conversations on each node for the connections there: an
// event that the bus has lost on its way to this node is handed to whom it is for. So a lost
// frame delays and never loses, also when nothing comes behind it. It writes nothing.
package tail

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
)

const (
	// every is how often the log is read, a fifth of it sooner by chance: nodes that were
	// started together do not read together. With linger it is 25 s at most.
	every = 24 * time.Second
	// linger is how old an event is before it is missed: it may be on its way.
	linger = time.Second
	// skew is by how much the clocks of two nodes differ at the most.
	skew  = 5 * time.Second
	batch = 500
	// most is how many events are remembered while the log is held back.
	most = 100_000
	// quick is how often the log is read while the bus is not proven healthy, and calm how long
	// after trouble it still is: an event may be hidden so long by a transaction that runs on.
	quick = 400 * time.Millisecond
	calm  = 3 * time.Second
	// repeat is how often other nodes are told of trouble that goes on, less than calm.
	repeat = time.Second
)

// event names an event of the log.
type event struct {
	conversation chat.ConversationID
	seq          chat.Seq
}

// HereFunc tells whether somebody has a connection on this node, and since when they get
// what the bus brings.
type HereFunc func(who chat.UserID) (since time.Time, connected bool)

// Tail knows what the bus has brought to this node, and hands out what it has not.
type Tail struct {
	log     *slog.Logger
	receive bus.Receive // the hub's
	here    HereFunc
	db      *store.DB
	cursor  store.Cursor
	moved   chan struct{} // the log is another one
	stop    context.CancelFunc
	done    chan struct{}
	healthy func() bool // nil for a bus that is always
	began   time.Time
	wake    chan struct{}
	tell    chan struct{} // the bus is not what it was
	until   atomic.Int64  // in nanoseconds: until then trouble is not over

	mu sync.Mutex // guards what follows
	// What is known of events: since the log was last read, and before.
	now, before map[event]passage
}

// passage is what this node has seen of an event on the bus. There may be hundreds of thousands, so
// nothing of it is a pointer: the collector has nothing to look at.
type passage struct {
	published time.Duration  // when this node handed it to the bus, behind the tail's beginning; 0 for another's
	came      [2]chat.UserID // for whom of the conversation's two people it came, 0 for nobody
}

func (p passage) cameFor(who chat.UserID) passage {
	switch {
	case p.came[0] == 0:
		p.came[0] = who
	case p.came[0] != who:
		p.came[1] = who
	}
	return p
}

// New returns a tail. Join puts it between bus and hub, Start begins, Stop ends it. While
// healthy tells false, nothing is expected of the bus; nil is a bus of which all is.
func New(healthy func() bool, log *slog.Logger) *Tail {
	return &Tail{log: log, now: make(map[event]passage), moved: make(chan struct{}, 1), done: make(chan struct{}), healthy: healthy, began: time.Now(), wake: make(chan struct{}, 1), tell: make(chan struct{}, 1)}
}

// pause is how long the log is not read.
func (t *Tail) pause() time.Duration {
	if t.troubled() {
		return quick
	}
	return every - rand.N(every/5)
}

// Join returns join with the tail in front of whoever publishes and receives.
func (t *Tail) Join(join func(bus.Receive) bus.Bus) func(bus.Receive) bus.Bus {
	return func(receive bus.Receive) bus.Bus {
		t.receive = receive
		return publisher{t, join(func(to bus.Topic, m bus.Message) {
			if who, presence, ok := bus.Parse(to); ok && !presence {
				t.note(m, func(p passage) passage { return p.cameFor(who) })
			}
			receive(to, m)
		})}
	}
}

// publisher is the bus of a node with a tail.
type publisher struct {
	t *Tail
	bus.Bus
}

// Publish implements bus.Bus.
func (p publisher) Publish(ctx context.Context, m bus.Message) error {
	p.t.note(m, func(seen passage) passage {
		seen.published = max(1, time.Since(p.t.began))
		return seen
	})
	return p.Bus.Publish(ctx, m)
}

// note changes what is known of an event. What is none may be lost.
func (t *Tail) note(m bus.Message, change func(passage) passage) {
	if m.Seq == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	e := event{m.Conversation, m.Seq}
	t.now[e] = change(t.now[e])
}

// Start follows from the present end of the log until Stop. Nobody is connected yet.
func (t *Tail) Start(ctx context.Context, db *store.DB, here HereFunc) error {
	var err error
	if t.cursor, err = db.End(ctx); err != nil {
		return err
	}
	t.db, t.here = db, here
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = cancel
	go t.run(ctx)
	return nil
}

// Moved says that the log is another one than before, whose numbers mean something else. All
// who are connected are sent away and read it anew. It never blocks.
func (t *Tail) Moved() {
	select {
	case t.moved <- struct{}{}:
	default:
	}
}

// anew goes on from the end of another log.
func (t *Tail) anew(ctx context.Context) error {
	end, err := t.db.End(ctx)
	if err != nil {
		t.Moved() // the next time
		return err
	}
	t.cursor = end
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now, t.before = make(map[event]passage), nil
	return nil
}

// Stop ends the tail and waits for it. One that was not started has ended.
func (t *Tail) Stop() {
	if t.stop == nil {
		return
	}
	t.stop()
	<-t.done
}

func (t *Tail) run(ctx context.Context) {
	defer close(t.done)
	if t.healthy != nil {
		var others sync.WaitGroup
		others.Go(func() { t.neighbours(ctx) })
		defer others.Wait()
	}
	for {
		timer := time.NewTimer(t.pause())
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-t.moved:
			timer.Stop()
			if err := t.anew(ctx); err != nil && ctx.Err() == nil {
				t.log.Warn("log not followed", "error", err)
				rest(ctx)
			}
			continue
		case <-t.wake:
			timer.Stop()
		}
		missed, err := t.look(ctx)
		if err != nil && ctx.Err() == nil {
			t.log.Warn("log not followed", "error", err)
		}
		if missed > 0 {
			t.log.Info("events handed on that the bus had lost", "events", missed)
		}
	}
}

// rest waits a little for a database that is away.
func rest(ctx context.Context) {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// look reads the log up to what is too young, and tells how many events were missed here. In
// trouble nothing is: what comes by the bus as well comes twice, and counts once.
func (t *Tail) look(ctx context.Context) (missed int, err error) {
	expected := linger
	if t.troubled() {
		expected = 0
	}
	for {
		logged, err := t.db.After(ctx, t.cursor, batch)
		if err != nil {
			return missed, err
		}
		ripe := logged
		for i, e := range logged {
			if age := time.Since(e.At); age >= 0 && age < expected {
				ripe = logged[:i]
				break
			}
		}
		n, err := t.hand(ctx, ripe)
		if missed += n; err != nil {
			return missed, err
		}
		if len(ripe) > 0 {
			t.cursor = ripe[len(ripe)-1].Cursor
		}
		if len(ripe) < batch {
			oldest, err := t.db.Waiting(ctx, t.cursor)
			if err != nil {
				return missed, err
			}
			t.forget(!oldest.IsZero() && time.Since(oldest) >= linger)
			return missed, nil
		}
	}
}

// hand gives those who are here what the bus has not brought them.
func (t *Tail) hand(ctx context.Context, logged []store.Logged) (missed int, err error) {
	people := make(map[chat.ConversationID][2]chat.UserID)
	var ids []chat.ConversationID
	for _, e := range logged {
		// What came for both was missed by nobody, and needs no look at whom it is for.
		if _, known := people[e.Conversation]; !known && t.seen(e).came[1] == 0 {
			people[e.Conversation] = [2]chat.UserID{}
			ids = append(ids, e.Conversation)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	if people, err = t.db.PeopleOf(ctx, ids); err != nil {
		return 0, err
	}
	for _, e := range logged {
		seen := t.seen(e)
		for _, who := range people[e.Conversation] {
			to := bus.Person(who)
			since, connected := t.here(who)
			if !connected || slices.Contains(seen.came[:], who) || t.earlier(e, seen, since) {
				continue
			}
			found, err := t.db.As(who).Event(ctx, chat.Conversation{ID: e.Conversation}, e.Seq)
			if err != nil {
				return missed, fmt.Errorf("read a missed event: %w", err)
			}
			missed++
			t.receive(to, bus.Message{To: []bus.Topic{to}, Conversation: e.Conversation, Seq: e.Seq, Frame: wire.Event(found)})
		}
	}
	return missed, nil
}

// earlier tells whether an event was there before somebody was connected: they have read it.
// Of what this node has published one clock tells, of all else two. What happened at once is
// handed on: twice is better than never.
func (t *Tail) earlier(e store.Logged, seen passage, since time.Time) bool {
	if seen.published == 0 {
		return e.At.Before(since.Add(-skew))
	}
	return seen.published < since.Sub(t.began)
}

// seen returns what is known of an event.
func (t *Tail) seen(l store.Logged) passage {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := event{l.Conversation, l.Seq}
	p, before := t.now[e], t.before[e]
	for _, who := range before.came {
		if who != 0 {
			p = p.cameFor(who)
		}
	}
	if p.published == 0 {
		p.published = before.published
	}
	return p
}

// forget drops what was known before the log was last read. Of a log that is held back, by a
// transaction on PostgreSQL that goes on and on, nothing has been read of what came since.
func (t *Tail) forget(held bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if held && len(t.now) < most {
		return
	}
	t.before, t.now = t.now, make(map[event]passage)
}
