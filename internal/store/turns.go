package store

import (
	"container/list"
	"context"
	"sync"
	"time"

	"swapnest/internal/chat"
)

// turnsCap is how many may wait for an Update on SQLite. Who comes beyond that would wait longer than callers do.
const turnsCap = 1000

// errCrowded is the answer to who finds so many waiting.
var errCrowded = &chat.Error{
	Code: chat.Unavailable, RetryAfter: time.Second,
	Detail: "Too much is being stored just now, and nothing of this was. Try again in a moment.",
}

// turns has those who write to SQLite go one after the other, in the order in which they came: it has one writer
// at a time, and database/sql hands the one connection to any of those who wait for it. The writer of messages goes before all
// that wait for an Update, so that it waits for one transaction at the most. The zero value is free.
type turns struct {
	mu       sync.Mutex // guards what follows
	taken    bool
	messages list.List // of chan struct{}, closed when it is their turn
	updates  list.List
	waits    int64 // how often somebody has waited
}

// enter waits for a turn, until ctx ends; leave ends it. Who comes with too many before them is refused at once, with
// Unavailable, but for the writer of messages.
func (t *turns) enter(ctx context.Context, messages bool) error {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return nil
	}
	line := &t.updates
	if messages {
		line = &t.messages
	} else if line.Len() >= turnsCap {
		t.mu.Unlock()
		return errCrowded
	}
	turn := make(chan struct{})
	place := line.PushBack(turn)
	t.waits++
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-turn: // it came just now, and is the caller's to end
		return nil
	default:
		line.Remove(place)
		return ctx.Err()
	}
}

// leave ends a turn, and lets the next one in.
func (t *turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range [...]*list.List{&t.messages, &t.updates} {
		if next := line.Front(); next != nil {
			close(line.Remove(next).(chan struct{}))
			return
		}
	}
	t.taken = false
}

// waited is how often somebody has waited for a turn.
func (t *turns) waited() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waits
}

// turn waits until an Update may begin, and returns what is called behind its end. PostgreSQL has many writers.
func (db *DB) turn(ctx context.Context) (leave func(), err error) {
	if db.d == postgres {
		return func() {}, nil
	}
	return db.turns.leave, db.turns.enter(ctx, false)
}
