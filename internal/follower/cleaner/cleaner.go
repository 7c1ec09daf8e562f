// Package cleaner removes what nobody can reach any more: photos that no listing and files that no
// message has taken up within a day, and files of messages that were deleted. It follows their
// rows, which say when they expire, and not the log: so nothing is missed, whatever ended.
package cleaner

import (
	"context"
	"log/slog"
	"time"

	"swapnest/internal/store"
)

// every is how often it is looked, and renewal how often whether it is this node that looks.
const (
	every   = time.Minute
	renewal = time.Second
)

// Follower removes what has expired, at one node of several. Two at once do no harm.
type Follower struct {
	sweep func(context.Context) error
	log   *slog.Logger
	lease *store.Lease
	stop  context.CancelFunc
	done  chan struct{}
	swept time.Time // the last time, by this node
}

// New returns a follower that has sweep remove what has expired. Start begins, Stop ends it.
func New(db *store.DB, sweep func(context.Context) error, log *slog.Logger) *Follower {
	return &Follower{sweep: sweep, log: log, lease: db.Lease("cleaner"), done: make(chan struct{})}
}

// Start sweeps at once and then once in a minute until Stop, at one node of several.
func (f *Follower) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	go f.run(ctx)
}

// Stop ends the follower and waits for it. One that was not started has ended.
func (f *Follower) Stop() {
	if f.stop == nil {
		return
	}
	f.stop()
	<-f.done
	if err := f.lease.Release(context.Background()); err != nil {
		f.log.Warn("another node removes expired files only in a moment", "error", err)
	}
}

func (f *Follower) run(ctx context.Context) {
	defer close(f.done)
	ticker := time.NewTicker(renewal)
	defer ticker.Stop()
	for {
		if err := f.turn(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("expired files not removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// turn sweeps when it is time, where no other node does.
func (f *Follower) turn(ctx context.Context) error {
	held, err := f.lease.Held(ctx)
	if err != nil || !held || time.Since(f.swept) < every {
		return err
	}
	f.swept = time.Now()
	return f.sweep(ctx)
}
