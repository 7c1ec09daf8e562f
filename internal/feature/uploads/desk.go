package uploads

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"swapnest/internal/chat"
)

const (
	// writers is how many requests may bring bytes of somebody's uploads at once.
	writers = 4
	// lookers is how many files are looked at at once, whosever they are.
	lookers = 4
)

// desk bounds what is done at once on this node.
type desk struct {
	free *semaphore.Weighted

	mu      sync.Mutex // guards what follows
	writing map[chat.UserID]int
	looking map[chat.AttachmentID]chan struct{} // closed when that file has been looked at
}

func newDesk() *desk {
	return &desk{
		free: semaphore.NewWeighted(lookers), writing: make(map[chat.UserID]int), looking: make(map[chat.AttachmentID]chan struct{}),
	}
}

// sit takes a place for bytes of somebody's, or refuses with RateLimited.
func (d *desk) sit(who chat.UserID) (leave func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writing[who] >= writers {
		return nil, &chat.Error{Code: chat.RateLimited, RetryAfter: time.Second, Detail: "You are sending several files at once. Wait until one has arrived."}
	}
	d.writing[who]++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.writing[who]--; d.writing[who] == 0 {
			delete(d.writing, who)
		}
	}, nil
}

// look waits until nobody else looks at a file, and for a place to do so, until ctx ends:
// then it is Unavailable.
func (d *desk) look(ctx context.Context, id chat.AttachmentID) (leave func(), err error) {
	own := make(chan struct{})
	for {
		d.mu.Lock()
		other, taken := d.looking[id]
		if !taken {
			d.looking[id] = own
		}
		d.mu.Unlock()
		if !taken {
			break
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, busy()
		}
	}
	free := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.looking, id)
		close(own)
	}
	if err := d.free.Acquire(ctx, 1); err != nil {
		free()
		return nil, busy()
	}
	return func() {
		d.free.Release(1)
		free()
	}, nil
}

func busy() error {
	return &chat.Error{Code: chat.Unavailable, Field: field, RetryAfter: time.Second, Detail: "Too many files are being looked at just now. Try again in a moment."}
}
