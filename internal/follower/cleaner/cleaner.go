// Package cleaner removes what nobody can reach any more: photos that no listing and files that no
// message has taken up within a day, and files of messages that were deleted. It follows their
// rows, which say when they expire, and not the log: so nothing is missed, whatever ended.
package cleaner

import (
	"context"
	"log/slog"
	"time"

	"swapnest/internal/follower"
	"swapnest/internal/store"
)

// every is how often it is looked, and renewal how often whether it is this node that looks.
const (
	every   = time.Minute
	renewal = time.Second
)

// Follower removes what has expired, at one node of several. Two at once do no harm.
type Follower struct {
	*follower.Loop
	sweep func(context.Context) error
	swept time.Time // the last time, by this node
}

// New returns a follower that has sweep remove what has expired: at once, and then once in a
// minute. Start begins, Stop ends it.
func New(db *store.DB, sweep func(context.Context) error, log *slog.Logger) *Follower {
	f := &Follower{sweep: sweep}
	f.Loop = follower.New(db, follower.Options{
		Lease: "cleaner", Step: f.step, Every: renewal, Linger: renewal, Log: log,
		Failed: "expired files not removed", Late: "another node removes expired files only in a moment",
	})
	return f
}

// step sweeps when it is time.
func (f *Follower) step(ctx context.Context) (time.Duration, error) {
	if time.Since(f.swept) < every {
		return 0, nil
	}
	f.swept = time.Now()
	return 0, f.sweep(ctx)
}
