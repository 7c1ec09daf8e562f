// Package presence tells who is here and who is writing. Nothing of it is kept but
// when somebody was last seen.
package presence

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// Service passes presence and typing on.
type Service struct {
	db    *store.DB
	hub   *hub.Hub
	relay Signals
	typed *limit.Keyed // per person and conversation
	log   *slog.Logger
	parting
}

// Signals passes hints on.
type Signals interface{ Signal(s chat.Signal) }

// New returns the service.
func New(db *store.DB, h *hub.Hub, relay Signals, typed *limit.Keyed, log *slog.Logger) *Service {
	return &Service{db: db, hub: h, relay: relay, typed: typed, log: log, parting: parting{storing: make(chan struct{}, 1)}}
}

// Changed notes that somebody came or went, and tells those who watch, unless they keep it to
// themselves. It is what the hub is given.
func (s *Service) Changed(who chat.UserID, online bool, at time.Time) {
	if !s.hub.Keeps(who) {
		s.relay.Signal(chat.PresenceChanged{User: who, Online: online, LastSeen: at})
	}
	if !online {
		s.gone(who, at)
	}
}

// Left notes that people were here until at: for the end of a node.
func (s *Service) Left(people []chat.UserID, at time.Time) { s.seen(people, at) }

func (s *Service) seen(people []chat.UserID, at time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for some := range slices.Chunk(people, 500) {
		err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.SetLastSeen(ctx, some, at) })
		if err != nil {
			s.log.Warn("last seen not stored", "error", err)
		}
	}
}

// Typing tells the other person of a conversation that who writes, or has stopped.
// A conversation of others is NotFound.
func (s *Service) Typing(ctx context.Context, who chat.User, id chat.ConversationID, on bool) error {
	c, err := s.db.Conversation(ctx, id, who.ID)
	if err != nil {
		return err
	}
	// From however many sockets: what is too much is dropped, for the next one says the
	// same, and the line falls silent by itself.
	if s.typed.Take(fmt.Sprintf("%d in %d", who.ID, id), "") != nil {
		return nil
	}
	s.relay.Signal(chat.Typing{To: c.Other(who.ID), Conversation: id, User: who.ID, Name: who.Name, On: on})
	return nil
}

// Watch has a session of who told of the coming and going of people from now on, in
// place of those before, and returns how they stand, as far as who is shown it.
func (s *Service) Watch(ctx context.Context, session hub.Session, who chat.UserID, users []chat.UserID) ([]chat.PresenceChanged, error) {
	seen, err := s.db.LastSeen(ctx, append([]chat.UserID{who}, users...))
	if err != nil {
		return nil, err
	}
	viewer := chat.User{ID: who}
	var known []chat.UserID
	var people []chat.User
	for _, u := range seen {
		if u.ID == who {
			viewer = u
		}
		// Only people that there are: nobody makes a node remember others.
		if slices.Contains(users, u.ID) {
			known, people = append(known, u.ID), append(people, u)
		}
	}
	s.hub.Watch(ctx, session, known)
	now := make([]chat.PresenceChanged, 0, len(people))
	for _, u := range people {
		u = u.ShownTo(viewer, s.hub.Online(u.ID))
		now = append(now, chat.PresenceChanged{User: u.ID, Online: u.Online, LastSeen: u.LastSeen})
	}
	return now, nil
}

// Elsewhere has the other nodes say who of those that are not here is with them. It is for
// after the watcher has got the states, which the answers correct.
func (s *Service) Elsewhere(ctx context.Context, states []chat.PresenceChanged) {
	var away []chat.UserID
	for _, p := range states {
		if !p.Online {
			away = append(away, p.User)
		}
	}
	s.hub.Ask(ctx, away...)
}
