package server

import (
	"context"
	"log/slog"
	"time"

	"swapnest/internal/feature/uploads"
)

// sweepEvery is how often photos that nothing has taken up are looked for.
const sweepEvery = 10 * time.Minute

// sweeper deletes in the background what has expired.
type sweeper struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func startSweeper(photos *uploads.Service, log *slog.Logger) *sweeper {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sweeper{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		ticker := time.NewTicker(sweepEvery)
		defer ticker.Stop()
		for {
			if err := photos.Sweep(ctx); err != nil && ctx.Err() == nil {
				log.Warn("expired photos not deleted", "error", err)
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
