package uploads

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"swapnest/internal/chat"
)

const (
	// writers is how many requests may bring bytes of somebody's uploads at once.
	writers = 4
	// lookers is how many files are looked at at once, each of another person.
	lookers = 4
	// fetchers is how many files somebody may be sent at once, and fetchTime how long another one waits.
	fetchers  = 16
	fetchTime = 5 * time.Second
	// bringers is how many photos of listings somebody may bring at once, and bringTime how long another one waits.
	bringers  = 4
	bringTime = 25 * time.Second
)

// desk bounds what is done at once on this node.
type desk struct {
	free  *semaphore.Weighted
	spool *semaphore.Weighted // bytes; see room

	mu       sync.Mutex // guards what follows
	writing  map[chat.UserID]int
	fetching map[chat.UserID]*queue
	bringing map[chat.UserID]*queue
	looking  map[chat.UserID]chan struct{} // closed when what is looked at of theirs has been
	coming   map[chat.AttachmentID][]*arrival
}

func newDesk(largest int64) *desk {
	return &desk{
		free: semaphore.NewWeighted(lookers), spool: semaphore.NewWeighted(max(spool, 4*largest)), writing: make(map[chat.UserID]int),
		looking: make(map[chat.UserID]chan struct{}), coming: make(map[chat.AttachmentID][]*arrival), fetching: make(map[chat.UserID]*queue),
		bringing: make(map[chat.UserID]*queue),
	}
}

// sit takes a place for bytes of somebody's, or refuses with RateLimited.
func (d *desk) sit(who chat.UserID) (leave func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writing[who] >= writers {
		return nil, severalAtOnce()
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

func severalAtOnce() error {
	return &chat.Error{Code: chat.RateLimited, RetryAfter: time.Second, Detail: "You are sending several files at once. Wait until one has arrived."}
}

// queue are the places of one person, and how many there are who have one or wait for one.
type queue struct {
	free *semaphore.Weighted
	all  int
}

// fetch waits for a place to be sent a file, or refuses with RateLimited.
func (d *desk) fetch(ctx context.Context, who chat.UserID) (leave func(), err error) {
	leave, ok := d.stand(ctx, d.fetching, who, fetchers, fetchTime)
	if !ok {
		return nil, &chat.Error{Code: chat.RateLimited, RetryAfter: fetchTime, Detail: "You are saving many files at once. Wait until one has come."}
	}
	return leave, nil
}

// bring waits for a place for bytes of a photo of a listing, or refuses with RateLimited.
func (d *desk) bring(ctx context.Context, who chat.UserID) (leave func(), err error) {
	leave, ok := d.stand(ctx, d.bringing, who, bringers, bringTime)
	if !ok {
		return nil, severalAtOnce()
	}
	return leave, nil
}

// stand waits for one of so many places that each person has, until ctx ends or it takes too long; then it is not ok.
func (d *desk) stand(ctx context.Context, in map[chat.UserID]*queue, who chat.UserID, places int64, patience time.Duration) (leave func(), ok bool) {
	d.mu.Lock()
	own := in[who]
	if own == nil {
		own = &queue{free: semaphore.NewWeighted(places)}
		in[who] = own
	}
	own.all++
	d.mu.Unlock()
	gone := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if own.all--; own.all == 0 {
			delete(in, who)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if own.free.Acquire(ctx, 1) != nil {
		gone()
		return nil, false
	}
	return func() {
		own.free.Release(1)
		gone()
	}, true
}

// look waits until no file of a person is looked at, and for a place to do so, until ctx ends:
// then it is Unavailable. So nobody holds more than one place.
func (d *desk) look(ctx context.Context, who chat.UserID) (leave func(), err error) {
	free, err := d.turn(ctx, who)
	if err != nil {
		return nil, err
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

// turn waits until nothing else of a person's is looked at, until ctx ends: then it is Unavailable.
func (d *desk) turn(ctx context.Context, who chat.UserID) (leave func(), err error) {
	own := make(chan struct{})
	for {
		d.mu.Lock()
		other, taken := d.looking[who]
		if !taken {
			d.looking[who] = own
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
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.looking, who)
		close(own)
	}, nil
}

func busy() error {
	return &chat.Error{Code: chat.Unavailable, Field: field, RetryAfter: time.Second, Detail: "Too many files are being looked at just now. Try again in a moment."}
}

// arrival is bytes of an upload that are coming just now.
type arrival struct {
	interrupt func()
	stored    chan struct{} // closed when what has come counts
}

// Interrupter is a body that can be told that nothing more of it is wanted: who reads it gets an
// error, and what was read before counts.
type Interrupter interface{ Interrupt() }

// arrive notes that bytes of an upload are coming, until what has come counts.
func (d *desk) arrive(id chat.AttachmentID, r io.Reader) (stored func()) {
	a := &arrival{interrupt: func() {}, stored: make(chan struct{})}
	if i, ok := r.(Interrupter); ok {
		a.interrupt = i.Interrupt
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.coming[id] = append(d.coming[id], a)
	return func() {
		close(a.stored)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.coming[id] = slices.DeleteFunc(d.coming[id], func(other *arrival) bool { return other == a }); len(d.coming[id]) == 0 {
			delete(d.coming, id)
		}
	}
}

// arrivals is how many uploads are coming just now.
func (d *desk) arrivals() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.coming)
}

// interruptAll ends what is coming of all uploads.
func (d *desk) interruptAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, all := range d.coming {
		for _, a := range all {
			a.interrupt()
		}
	}
}

// interrupt ends what is coming of an upload, and waits until what has come counts or ctx ends.
func (d *desk) interrupt(ctx context.Context, id chat.AttachmentID) {
	d.mu.Lock()
	all := slices.Clone(d.coming[id])
	d.mu.Unlock()
	for _, a := range all {
		a.interrupt()
		select {
		case <-a.stored:
		case <-ctx.Done():
		}
	}
}
