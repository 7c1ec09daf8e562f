// Package indexer follows the log of conversations, and keeps the index in which messages are
// found: new ones, those that were edited, and those that are gone. It is off the path of
// acknowledgements, and a crash loses nothing: its cursor moves with what it writes.
package indexer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower"
	"swapnest/internal/store"
)

const (
	// batch is how many events are read at once, and put into the index at once while there is more
	// than that to catch up with.
	batch = 200
	// few is how many these are at other times: on SQLite nobody else writes meanwhile, and a
	// message that waits behind them is to wait for a millisecond and not for ten.
	few = 25
	// linger is how long it waits for company of what has just been written. So a busy
	// site has a few commits a second more, not one a message.
	linger = 250 * time.Millisecond
	// look is how often the log is read when nobody says that there is something: another
	// process may have written to it.
	look = time.Second
	// share is for how many times of what a batch has taken those who write have the database
	// to themselves, while there is more to catch up with.
	share = 1
	// mergedAtOnce is how many pages of SQLite's index are merged in one transaction, which takes some milliseconds, or many more where
	// a word that is in every message is among them. And wordsAPage is how many bytes of words must have been put into the index
	// for each page that is merged beside those who write: a page holds the words of about 50 messages of 120 bytes each, so
	// that each can be merged twice. The rest, and volumes that are full, are merged while little is written.
	mergedAtOnce = 16
	wordsAPage   = 2500
	// calm is for how many times of what it has taken to merge some the database is left alone, while little is written, and
	// apart for how long at least.
	calm  = 4
	apart = 100 * time.Millisecond
)

// Follower keeps the index. Two at once do no harm: who was overtaken writes nothing.
type Follower struct {
	*follower.Loop
	db  *store.DB
	now func() time.Time
	// newest is the message with the highest id that was put into the index since the start, and unmerged how many bytes of words
	// nothing was merged for; merged tells that the volume of newest has nothing left to merge, unsettled is the id from which on full
	// volumes may be in parts, and tidy tells that none is. The loop alone uses them.
	newest    chat.MessageID
	unmerged  int
	merged    bool
	unsettled chat.MessageID
	tidy      bool
}

// New returns a follower. Start begins, Stop ends it.
func New(db *store.DB, log *slog.Logger, now func() time.Time) *Follower {
	f := &Follower{db: db, now: now}
	f.Loop = follower.New(db, follower.Options{
		Lease: store.Searchable, Step: f.turn, Every: look, Linger: linger, Log: log,
		Failed: "messages not indexed", Late: "another node keeps the search index only in a moment",
	})
	return f
}

// turn follows a batch at a time, or else merges some: a lease that was lost meanwhile ends it.
func (f *Follower) turn(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	n, err := f.step(ctx)
	switch {
	case err != nil:
		return 0, err
	case n == batch:
		return max(1, share*time.Since(began)), nil
	case n >= few:
		return 0, nil
	}
	began = time.Now()
	more, err := f.tidyUp(ctx)
	if err != nil || !more {
		return 0, err
	}
	return max(apart, calm*time.Since(began)), nil
}

// Follow brings the index up to what the log holds by now.
func (f *Follower) Follow(ctx context.Context) error {
	for {
		if n, err := f.step(ctx); err != nil || n < batch {
			return err
		}
	}
}

// step looks at one batch of the log, and returns how many events that were, 0 when another follower was faster.
func (f *Follower) step(ctx context.Context) (n int, err error) {
	from, err := f.db.Followed(ctx, store.Searchable)
	if err != nil {
		return 0, err
	}
	events, err := f.db.After(ctx, from, batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	n = len(events)
	if n < batch {
		n = max(few, n/8)
	}
	var unmerged error
	for part := range slices.Chunk(events, n) {
		to := part[len(part)-1].Cursor
		if here, err := f.index(ctx, from, to, part); err != nil || !here {
			return 0, errors.Join(unmerged, err)
		}
		unmerged = errors.Join(unmerged, f.merge(ctx))
		from = to
	}
	return len(events), unmerged
}

// merge keeps the newest volume of SQLite's index in few parts: a little each time.
func (f *Follower) merge(ctx context.Context) error {
	for f.unmerged >= mergedAtOnce*wordsAPage && !f.merged {
		if err := f.mergeSome(ctx); err != nil {
			return err
		}
	}
	return nil
}

// mergeSome merges some pages of the newest volume, unless nothing was left the last time.
func (f *Follower) mergeSome(ctx context.Context) error {
	if f.merged {
		return nil
	}
	more, err := f.db.MergeIndex(ctx, f.newest, mergedAtOnce)
	if err != nil {
		return err
	}
	f.merged, f.unmerged = !more, max(0, f.unmerged-mergedAtOnce*wordsAPage)
	if f.merged {
		f.unmerged = 0
	}
	return nil
}

// tidyUp does a little of what is left to merge while little is written: in the newest volume, or else in one that is full. It tells
// whether there may be more.
func (f *Follower) tidyUp(ctx context.Context) (more bool, err error) {
	if err := f.mergeSome(ctx); err != nil || !f.merged {
		return true, err
	}
	for !f.tidy {
		next, more, err := f.db.SettleIndex(ctx, f.unsettled, mergedAtOnce)
		if err != nil || more {
			return true, err
		}
		f.unsettled, f.tidy = next, next == f.unsettled
	}
	return false, nil
}

// index puts the messages of events into the index, and moves the cursor behind them; here is
// false when another follower was faster.
func (f *Follower) index(ctx context.Context, from, to store.Cursor, events []store.Logged) (here bool, err error) {
	seen := make(map[chat.MessageID]bool, len(events))
	var ids []chat.MessageID
	for _, e := range events {
		// A reaction changes no words, and many come to old messages.
		if !seen[e.Message] && e.Kind != chat.MessageReacted {
			seen[e.Message] = true
			ids = append(ids, e.Message)
		}
	}
	// Cut before anybody has to wait. Who changes a message meanwhile adds an event behind
	// these, for which it is read again.
	var messages []store.Indexed
	if len(ids) > 0 {
		if messages, err = f.db.ToIndex(ctx, ids); err != nil {
			return false, err
		}
		f.merged, f.tidy = false, false
		f.newest, f.unsettled = max(f.newest, slices.Max(ids)), min(f.unsettled, slices.Min(ids))
	}
	for _, m := range messages {
		f.unmerged += len(m.Words)
	}
	err = f.db.Update(ctx, func(tx *store.Tx) error {
		// Another follower may have read them later, and changed.
		var err error
		if here, err = tx.FollowFrom(ctx, store.Searchable, from, to); err != nil || !here || len(messages) == 0 {
			return err
		}
		return tx.Index(ctx, messages)
	})
	return here, err
}

// Lag returns how old the oldest event is that is not in the index; 0 for none.
func (f *Follower) Lag(ctx context.Context) (time.Duration, error) {
	from, err := f.db.Followed(ctx, store.Searchable)
	if err != nil {
		return 0, err
	}
	oldest, err := f.db.Waiting(ctx, from)
	if err != nil || oldest.IsZero() {
		return 0, err
	}
	return max(0, f.now().Sub(oldest)), nil
}
