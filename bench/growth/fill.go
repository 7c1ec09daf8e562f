package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"swapnest/internal/chat"
)

// batch is how many messages are stored in one transaction.
const batch = 20_000

// filler stores what a town makes up, faster than the program does, as the program would have.
type filler interface {
	// people makes accounts without a session, from the id of the first one on.
	people(ctx context.Context, first, count int64) error
	// messages stores messages, their events and their words.
	messages(ctx context.Context, all []message) error
	// conversations stores them as they are now, those that are new with their listings and members.
	conversations(ctx context.Context, all []*talk) error
	// keep has the seller of a conversation read up to a place, and hide some messages.
	keep(ctx context.Context, t *talk, read int64, hidden []int64) error
	// reload brings conversations to where the program has brought them.
	reload(ctx context.Context, all []*talk) error
	// last returns the id of the last message, 0 for none.
	last(ctx context.Context) (int64, error)
	// end brings the followers to the end of the log.
	end(ctx context.Context) error
	// size returns how many bytes the database takes, and how many messages are in it.
	size(ctx context.Context) (bytes, messages int64, err error)
	// begin prepares the database for being filled.
	begin(ctx context.Context) error
	// done leaves the database to the program.
	done(ctx context.Context) error
}

// filled is how long a fill has taken.
type filled struct {
	messages int
	took     time.Duration
}

// fill stores the next messages of a town.
func (t *town) fill(ctx context.Context, f filler, messages int) (filled, error) {
	began := time.Now()
	if err := f.begin(ctx); err != nil {
		return filled{}, err
	}
	if err := f.reload(ctx, t.spread); err != nil {
		return filled{}, err
	}
	// The program has written, too, since the last fill.
	last, err := f.last(ctx)
	if err != nil {
		return filled{}, err
	}
	t.nextID = last + 1
	chunks, back := make(chan []message, 2), make(chan []message, 4)
	for range cap(back) {
		back <- make([]message, 0, batch)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(chunks)
		for left := messages; left > 0; {
			var chunk []message
			select {
			case chunk = <-back:
			case <-ctx.Done():
				return
			}
			chunk = chunk[:min(batch, left)]
			for i := range chunk {
				t.next(&chunk[i])
			}
			left -= len(chunk)
			select {
			case chunks <- chunk:
			case <-ctx.Done():
				return
			}
		}
	}()
	for chunk := range chunks {
		if err := f.messages(ctx, chunk); err != nil {
			cancel()
			for range chunks { // it ends before its town is looked at
			}
			return filled{}, fmt.Errorf("fill the database: %w", err)
		}
		back <- chunk
	}
	if err := ctx.Err(); err != nil {
		return filled{}, err
	}
	all := append(append(append([]*talk(nil), t.over...), t.active...), t.spread...)
	t.over = nil
	if err := f.conversations(ctx, all); err != nil {
		return filled{}, fmt.Errorf("fill the database: %w", err)
	}
	if err := f.end(ctx); err != nil {
		return filled{}, fmt.Errorf("fill the database: %w", err)
	}
	if err := f.done(ctx); err != nil {
		return filled{}, fmt.Errorf("fill the database: %w", err)
	}
	// What was written is on the disk before anything is measured: else who commits next would wait for all of it.
	unix.Sync()
	return filled{messages, time.Since(began)}, nil
}

// member is how one of the people of a conversation stands to it.
type member struct {
	person            int64
	readSeq, readSent int64
	muted, pinned     bool
	archivedSeq       int64
	unread            bool // there is something unread, of which they are told
}

// members are the two people of a conversation. Most have read all; of one in six the last message waits.
func (t *talk) members() [2]member {
	both := [2]member{
		{person: t.buyer, readSeq: t.head(), readSent: t.sold},
		{person: t.seller, readSeq: t.head(), readSent: t.bought},
	}
	for i := range both {
		m := &both[i]
		switch {
		case t.looked:
		case m.person != t.lastSender && t.id%3 == 0:
			m.readSeq--
			m.readSent--
			m.unread = true
		}
		if t.list == nil || m.person != t.list.person {
			continue
		}
		switch n := t.place; {
		case n%500 == 7: // one in five hundred
			m.pinned = true
		case n%5 == 2:
			m.archivedSeq = t.head()
		case n%20 == 3:
			m.muted = true
		}
	}
	return both
}

// title is what a conversation is about.
func (t *talk) title() string { return fmt.Sprintf("Thing %d, hardly used", t.id) }

// kept is from when on people still have what they were told. The program forgets older notices, and would be at it while
// it is measured.
var kept = time.Now().Add(24*time.Hour - chat.NoticeLife).UnixMicro()

// told tells whether somebody has a notice of the last message.
func (t *talk) told(m member) bool {
	return t.left == 0 && !t.lives() && m.person != t.lastSender && t.last > kept
}

// lives tells whether people write there while the program is measured.
func (t *talk) lives() bool { return t.spread && !t.looked }
