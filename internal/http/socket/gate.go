package socket

import (
	"container/list"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// gateWork is how many are at work at once. Who is admitted asks the database a few short
// questions, and SQLite answers them on this machine's processors: more than those would only
// keep the ones who are there already from their turn.
var gateWork = min(4, max(2, runtime.GOMAXPROCS(0)))

// The other bounds of the gate.
const (
	gateWaiting = 8192             // who may wait
	gateTime    = 10 * time.Second // how long
	// comingFor is how long a line belongs to those who come: until it has opened what it had.
	comingFor = 2 * gateTime
)

// Why somebody is not admitted.
var (
	errOverflow = errors.New("too many come at once")
	errClosing  = errors.New("the server goes down")
)

// gate admits those who come, and what they have missed, a few at a time and in the order in
// which they came, so that a crowd that comes back does not stop those who are there. It is
// no limit for people: how much somebody may do is not asked here.
type gate struct {
	waited  func(delta int)
	refused func()

	mu      sync.Mutex // guards what follows
	most    int
	busy    int
	waiting *list.List // of chan struct{}, closed by whoever hands its place on
	closed  chan struct{}
	once    sync.Once
}

func newGate(o Observer) *gate {
	return &gate{waited: o.Waiting, refused: o.Refused, most: gateWork, waiting: list.New(), closed: make(chan struct{})}
}

// enter waits for a place, and leave gives it back. Nobody waits longer than gateTime. Who
// has had a place before, and comes again for the rest, goes first.
func (g *gate) enter(ctx context.Context, again bool) error {
	place, turn, err := g.ask(again)
	if err != nil || turn == nil {
		return err
	}
	g.waited(1)
	defer g.waited(-1)
	timer := time.NewTimer(gateTime)
	defer timer.Stop()
	select {
	case <-turn:
		return nil
	case <-g.closed:
		err = errClosing
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errOverflow
		g.refused()
	}
	g.giveUp(place, turn)
	return err
}

// ask takes a place that is free, for which turn is nil, or one in the queue.
func (g *gate) ask(again bool) (place *list.Element, turn chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.busy < g.most:
		g.busy++
		return nil, nil, nil
	case g.waiting.Len() >= gateWaiting && !again: // who comes again has made room before
		g.refused()
		return nil, nil, errOverflow
	}
	turn = make(chan struct{})
	if again {
		return g.waiting.PushFront(turn), turn, nil
	}
	return g.waiting.PushBack(turn), turn, nil
}

// giveUp leaves the queue, or hands on the place that has come in that very moment.
func (g *gate) giveUp(place *list.Element, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn:
		g.next()
	default:
		g.waiting.Remove(place)
	}
}

// leave gives a place back.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

// next hands a place to who has waited longest. The caller holds mu.
func (g *gate) next() {
	first := g.waiting.Front()
	if first == nil {
		g.busy--
		return
	}
	close(g.waiting.Remove(first).(chan struct{}))
}

// close lets nobody wait any more.
func (g *gate) close() { g.once.Do(func() { close(g.closed) }) }

// comeBack is when those who found no place are to try again: spread, so that they do not
// come back as the same crowd.
func comeBack() time.Duration { return time.Second + rand.N(9*time.Second) }
