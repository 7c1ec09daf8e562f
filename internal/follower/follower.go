// Package follower has what all have in common who follow a feed at one node of several: they
// look at it again and again, sooner when somebody wakes them, for as long as this node holds
// their lease.
package follower

import (
	"context"
	"log/slog"
	"time"

	"swapnest/internal/store"
)

// Options say what a follower does. All but Linger must be given.
type Options struct {
	// Lease is the name of the lease in the database: one node of those that hold it in turn
	// takes steps. Two at once, for a moment, must do no harm.
	Lease string
	// Step does what there is to do. It returns how long to wait until it has to be called
	// again, whoever wakes meanwhile; 0 is until somebody wakes, and Every at the most. That
	// counts with an error, too, which is logged.
	Step func(context.Context) (next time.Duration, err error)
	// Every is how often it is looked when nobody says that there is something.
	Every time.Duration
	// Linger is how long it waits for company of what somebody has woken it for.
	Linger time.Duration
	// Failed is what the log says when a step failed, and Late when the lease was not given back,
	// so that another node follows when it has run out.
	Failed, Late string
	Log          *slog.Logger
}

// Loop calls a follower's steps one after the other, between Start and Stop.
type Loop struct {
	o     Options
	lease *store.Lease
	wake  chan struct{}
	stop  context.CancelFunc
	done  chan struct{}
}

// New returns a loop. Start begins, Stop ends it.
func New(db *store.DB, o Options) *Loop {
	return &Loop{o: o, lease: db.Lease(o.Lease), wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Wake says that there may be something to do. It never blocks.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Start takes steps until Stop, at one node of several, the first one at once.
func (l *Loop) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	go l.run(ctx)
}

// Stop ends the loop, waits for it and gives the lease back. One that was not started has ended.
func (l *Loop) Stop() {
	if l.stop == nil {
		return
	}
	l.stop()
	<-l.done
	if err := l.lease.Release(context.Background()); err != nil {
		l.o.Log.Warn(l.o.Late, "error", err)
	}
}

// Turn takes one step, where no other node does; it returns what the step does.
func (l *Loop) Turn(ctx context.Context) (next time.Duration, err error) {
	if held, err := l.lease.Held(ctx); err != nil || !held {
		return 0, err
	}
	return l.o.Step(ctx)
}

func (l *Loop) run(ctx context.Context) {
	defer close(l.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, err := l.Turn(ctx)
		if err != nil && ctx.Err() == nil {
			l.o.Log.Warn(l.o.Failed, "error", err)
		}
		wake := l.wake
		if next > 0 {
			wake = nil
		} else {
			next = l.o.Every
		}
		timer.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			continue
		case <-wake:
		}
		timer.Reset(l.o.Linger)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}
