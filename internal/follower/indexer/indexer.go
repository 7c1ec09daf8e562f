// Package indexer follows the log of conversations, and keeps the index in which messages are
// found: new ones, those that were edited, and those that are gone. It is off the path of
// acknowledgements, and a crash loses nothing: its cursor moves with what it writes.
package indexer

import (
	"context"
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
	// mergedAtOnce is how many pages of SQLite's index are merged in one transaction, which takes some milliseconds, and
	// eventsAPage for how many events one is merged beside those who write. A page holds about 50 messages, so that each is
	// merged twice; the rest, and volumes that are full, are merged while little is written.
	mergedAtOnce = 16
	eventsAPage  = 24
)

// Follower keeps the index. Two at once do no harm: who was overtaken writes nothing.
type Follower struct {
	*follower.Loop
	db  *store.DB
	now func() time.Time
	// unmerged is how many events have been put into the index for which nothing was merged; merged tells that the newest volume
	// has nothing left to merge, unsettled is the id from which on full ones may be in parts, and tidy tells that none is. The loop
	// alone uses them.
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

// turn follows a batch at a time: a lease that was lost meanwhile ends it.
func (f *Follower) turn(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	more, err := f.step(ctx)
	if err != nil || !more {
		return 0, err
	}
	return max(1, share*time.Since(began)), nil
}

// Follow brings the index up to what the log holds by now.
func (f *Follower) Follow(ctx context.Context) error {
	for {
		if more, err := f.step(ctx); err != nil || !more {
			return err
		}
	}
}

// step looks at one batch of the log, and tells whether there may be more.
func (f *Follower) step(ctx context.Context) (more bool, err error) {
	from, err := f.db.Followed(ctx, store.Searchable)
	if err != nil {
		return false, err
	}
	events, err := f.db.After(ctx, from, batch)
	if err != nil {
		return false, err
	}
	if len(events) == 0 {
		return false, f.tidyUp(ctx)
	}
	n := len(events)
	if n < batch {
		n = max(few, n/8)
	}
	for part := range slices.Chunk(events, n) {
		to := part[len(part)-1].Cursor
		if here, err := f.index(ctx, from, to, part); err != nil || !here {
			return false, err
		}
		if err := f.merge(ctx, len(part)); err != nil {
			return false, err
		}
		from = to
	}
	if len(events) < few {
		return false, f.tidyUp(ctx)
	}
	return len(events) == batch, nil
}

// merge keeps the newest volume of SQLite's index in few parts, after so many events more: a little each time.
func (f *Follower) merge(ctx context.Context, events int) error {
	f.merged, f.tidy = false, false
	for f.unmerged += events; f.unmerged >= mergedAtOnce*eventsAPage && !f.merged; {
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
	more, err := f.db.MergeIndex(ctx, mergedAtOnce)
	if err != nil {
		return err
	}
	if f.unmerged -= mergedAtOnce * eventsAPage; !more || f.unmerged < 0 {
		f.merged, f.unmerged = !more, 0
	}
	return nil
}

// tidyUp does a little of what is left to merge while little is written: in the newest volume, or else in one that is full.
func (f *Follower) tidyUp(ctx context.Context) error {
	if err := f.mergeSome(ctx); err != nil || !f.merged {
		return err
	}
	for !f.tidy {
		next, more, err := f.db.SettleIndex(ctx, f.unsettled, mergedAtOnce)
		if err != nil || more {
			return err
		}
		f.unsettled, f.tidy = next, next == f.unsettled
	}
	return nil
}

// index puts the messages of events into the index, and moves the cursor behind them; here is
// false when another follower was faster.
func (f *Follower) index(ctx context.Context, from, to store.Cursor, events []store.Logged) (here bool, err error) {
	seen := make(map[chat.MessageID]bool, len(events))
	var ids []chat.MessageID
	for _, e := range events {
		if !seen[e.Message] {
			seen[e.Message] = true
			ids = append(ids, e.Message)
		}
	}
	// Cut before anybody has to wait. Who changes a message meanwhile adds an event behind
	// these, for which it is read again.
	messages, err := f.db.ToIndex(ctx, ids)
	if err != nil {
		return false, err
	}
	if len(ids) > 0 {
		f.unsettled = min(f.unsettled, slices.Min(ids))
	}
	err = f.db.Update(ctx, func(tx *store.Tx) error {
		// Another follower may have read them later, and changed.
		var err error
		if here, err = tx.FollowFrom(ctx, store.Searchable, from, to); err != nil || !here {
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
