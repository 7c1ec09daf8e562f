package server

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

const (
	// reapEvery is how often the sessions of all sockets here are looked up, a fifth of it
	// sooner by chance: with the question itself within 5 seconds.
	reapEvery   = 4 * time.Second
	reapAtOnce  = 1000
	reapTimeout = 2 * time.Second
)

// reaper closes the sockets of sessions that were ended by another process, also when the bus
// has lost the word of it, and so it is with what people keep to themselves: a few questions a node, however many are connected.
type reaper struct {
	db     *store.DB
	hub    *hub.Hub
	log    *slog.Logger
	cancel context.CancelFunc
	done   chan struct{}
}

func startReaper(db *store.DB, h *hub.Hub, log *slog.Logger) *reaper {
	ctx, cancel := context.WithCancel(context.Background())
	r := &reaper{db: db, hub: h, log: log, cancel: cancel, done: make(chan struct{})}
	go r.run(ctx)
	return r
}

// stop ends the reaper and waits for it.
func (r *reaper) stop() {
	r.cancel()
	<-r.done
}

func (r *reaper) run(ctx context.Context) {
	defer close(r.done)
	for {
		timer := time.NewTimer(reapEvery - rand.N(reapEvery/5))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		for some := range slices.Chunk(r.hub.Sessions(), reapAtOnce) {
			if err := r.look(ctx, some); err != nil && ctx.Err() == nil {
				// Nobody is sent away because the database is.
				r.log.Warn("sessions not looked up", "sessions", len(some), "error", err)
			}
		}
	}
}

// look ends those of some sessions that have ended elsewhere, and notes what their people keep
// to themselves by now.
func (r *reaper) look(ctx context.Context, some []chat.SessionID) error {
	ctx, cancel := context.WithTimeout(ctx, reapTimeout)
	defer cancel()
	asked := time.Now()
	alive, err := r.db.LivingSessions(ctx, some, asked)
	if err != nil {
		return err
	}
	living := make(map[chat.SessionID]bool, len(alive))
	for _, one := range alive {
		living[one.Session] = true
		r.hub.Keep(one.User.ID, one.User.HidesSeen, asked)
	}
	for _, id := range some {
		if !living[id] {
			r.hub.EndSession(id)
		}
	}
	return nil
}
