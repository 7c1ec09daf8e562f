package hub

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"swapnest/internal/chat"
)

// The bounds of the bell: how many people are told at once, how many may wait (beyond it
// nobody is told until their next hello or notice), and of how many new notices each.
const (
	bellCrowd   = 200
	bellWaiting = 100_000
	bellFresh   = 10
	bellAgain   = time.Second // after a failure
)

// NoticesFunc returns those of some notices that are unread, and how many each of some
// people has not read.
type NoticesFunc func(ctx context.Context, ids []chat.NoticeID, who []chat.UserID) ([]chat.Notice, map[chat.UserID]int64, error)

// Bell tells people how many notices they have not read. It looks and tells one after the
// other, whoever rings, so that the last count that somebody is told is the one that holds.
type Bell struct {
	look NoticesFunc
	tell func(chat.Signal)
	log  *slog.Logger
	wake chan struct{}
	quit chan struct{}
	done chan struct{}
	once sync.Once
	// again wakes after a failure.
	again *time.Timer

	mu      sync.Mutex // guards waiting
	waiting map[chat.UserID][]chat.NoticeID
}

// NewBell returns a bell that looks by look and tells by tell; Stop ends it.
func NewBell(look NoticesFunc, tell func(chat.Signal), log *slog.Logger) *Bell {
	b := &Bell{
		look: look, tell: tell, log: log, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		waiting: make(map[chat.UserID][]chat.NoticeID),
	}
	b.again = time.AfterFunc(time.Hour, b.ring)
	b.again.Stop()
	go b.run()
	return b
}

// Ring says that the notices of somebody have changed, and which are new. It never blocks.
func (b *Bell) Ring(who chat.UserID, fresh ...chat.NoticeID) {
	if !b.wait(who, fresh) {
		b.log.Warn("bell dropped", "user", who)
		return
	}
	b.ring()
}

// wait notes whom to tell, and tells whether there was room.
func (b *Bell) wait(who chat.UserID, fresh []chat.NoticeID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, known := b.waiting[who]
	if !known && len(b.waiting) >= bellWaiting {
		return false
	}
	if all = append(all, fresh...); len(all) > bellFresh {
		all = all[len(all)-bellFresh:]
	}
	b.waiting[who] = all
	return true
}

func (b *Bell) ring() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Stop ends the bell. Whoever still waits is told nothing.
func (b *Bell) Stop() {
	b.once.Do(func() { close(b.quit) })
	<-b.done
	b.again.Stop()
}

func (b *Bell) run() {
	defer close(b.done)
	for {
		select {
		case <-b.quit:
			return
		case <-b.wake:
		}
		for b.round() {
			select {
			case <-b.quit:
				return
			default:
			}
		}
	}
}

// round tells some of those who wait, and whether there were any.
func (b *Bell) round() bool {
	b.mu.Lock()
	var who []chat.UserID
	var ids []chat.NoticeID
	for id, fresh := range b.waiting {
		if len(who) == bellCrowd {
			break
		}
		who, ids = append(who, id), append(ids, fresh...)
		delete(b.waiting, id)
	}
	b.mu.Unlock()
	if len(who) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	fresh, counts, err := b.look(ctx, ids, who)
	if err != nil {
		b.log.Warn("bell not rung", "people", len(who), "error", err)
		// They wait on, and are told in a second or with whoever rings next.
		for _, id := range who {
			b.wait(id, nil)
		}
		b.again.Reset(bellAgain)
		return false
	}
	of := make(map[chat.UserID][]chat.Notice)
	for _, n := range fresh {
		of[n.To] = append(of[n.To], n)
	}
	for _, id := range who {
		if len(of[id]) == 0 {
			b.tell(chat.NoticesChanged{To: id, Unread: counts[id]})
		}
		for _, n := range of[id] {
			b.tell(chat.NoticesChanged{To: id, Fresh: &n, Unread: counts[id]})
		}
	}
	return true
}
