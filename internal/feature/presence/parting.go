package presence

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// mostGone is how many share a transaction, which others wait for on SQLite.
const mostGone = 100

// parting is those who have gone and whose time is not stored yet. When a crowd is cut off, it goes at
// once, and a transaction for each of them would cost those who come back more than all else.
type parting struct {
	storing chan struct{} // holds something while a batch is stored

	mu   sync.Mutex // guards next and what is in it
	next *goneBatch // not being stored yet; nil while nobody waits
}

type goneBatch struct {
	left   []left
	stored chan struct{} // closed when it is, or cannot be
}

type left struct {
	who chat.UserID
	at  time.Time
}

// gone stores that somebody was here until at, together with others who go meanwhile.
func (s *Service) gone(who chat.UserID, at time.Time) {
	s.mu.Lock()
	b, first := s.next, false
	if b == nil || len(b.left) >= mostGone {
		b, first = &goneBatch{stored: make(chan struct{})}, true
		s.next = b
	}
	b.left = append(b.left, left{who, at})
	s.mu.Unlock()
	if !first {
		<-b.stored
		return
	}
	s.storing <- struct{}{} // whoever goes until here comes along
	s.mu.Lock()
	if s.next == b {
		s.next = nil
	}
	s.mu.Unlock()
	defer func() {
		<-s.storing
		close(b.stored)
	}()
	// In one order at all nodes, so that none waits for another that waits for it.
	slices.SortFunc(b.left, func(a, b left) int { return cmp.Compare(a.who, b.who) })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		for _, l := range b.left {
			if err := tx.SetLastSeen(ctx, []chat.UserID{l.who}, l.at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.log.Warn("last seen not stored", "error", err)
	}
}
