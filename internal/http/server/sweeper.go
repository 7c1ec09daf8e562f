package server

import (
	"context"
	"log/slog"
	"time"
)

// sweepEvery is how often what has expired is looked for, and unmuteEvery how often what was
// muted for a time.
const (
	sweepEvery  = 10 * time.Minute
	unmuteEvery = 5 * time.Second
)

// job deletes what has expired of one kind.
type job struct {
	what string
	do   func(context.Context) error
}

// sweeper does its jobs in the background.
type sweeper struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startSweeper does its jobs at once and then once in every.
func startSweeper(every time.Duration, log *slog.Logger, jobs ...job) *sweeper {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sweeper{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			for _, j := range jobs {
				if err := j.do(ctx); err != nil && ctx.Err() == nil {
					log.Warn("not swept", "what", j.what, "error", err)
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return s
}

// stop ends the sweeper and waits for it.
func (s *sweeper) stop() {
	s.cancel()
	<-s.done
}
