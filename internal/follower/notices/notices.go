// Package notices follows the log of conversations and the listings' feed, and makes
// notices of them: of messages that somebody has not read within a moment, and of news
// about what people have saved. What of that is to leave the site it puts into the outbox. It is
// off the path of acknowledgements, and a crash loses none: it goes on from its cursors, which
// move with what it writes.
package notices

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower"
	"swapnest/internal/store"
)

const (
	messages = "notices"
	listings = "notices of listings"
	// batch is how many events are read at once, and of how many notices are made at once while
	// there is more than that to catch up with.
	batch = 500
	// few is how many these are at other times: on SQLite nobody else writes meanwhile, and a
	// message that waits behind them is to wait for a millisecond and not for ten.
	few   = 25
	crowd = 500
	// linger is how old a message is before a notice is made of it. Whoever is looking has
	// read it by then, and never sees a badge.
	linger = 600 * time.Millisecond
	// pause is how long nothing is looked at behind a look: of a stream of messages the next one is
	// always almost old enough, and each look costs as much as the notices of some.
	pause = 200 * time.Millisecond
	// look is how often the feeds are read when nobody says that there is something: another
	// process may have written to them.
	look = time.Second
)

// Follower makes notices. Each event and each change is looked at once in order; two
// followers at once make none twice, since each looks whether it has been told already.
type Follower struct {
	*follower.Loop
	db   *store.DB
	ring func(chat.UserID, ...chat.NoticeID)
	plan store.Timing
	now  func() time.Time

	ahead ahead // the loop's own
}

// ahead is what was read of the log and is too young, so that it is not read again: behind at,
// in the history that epoch names.
type ahead struct {
	epoch  string
	at     store.Cursor
	events []store.Logged
}

// New returns a follower that tells of new notices by ring, and puts what is to be sent of them
// into the outbox as plan says. Start begins, Stop ends it.
func New(db *store.DB, ring func(chat.UserID, ...chat.NoticeID), plan store.Timing, log *slog.Logger, now func() time.Time) *Follower {
	f := &Follower{db: db, ring: ring, plan: plan, now: now}
	f.Loop = follower.New(db, follower.Options{
		Lease: messages, Step: f.step, Every: look, Linger: linger, Log: log,
		Failed: "notices not made", Late: "another node makes notices only in a moment",
	})
	return f
}

// step waits for what is too young, whoever wakes: by then it has company.
func (f *Follower) step(ctx context.Context) (time.Duration, error) {
	wait, err := f.Follow(ctx)
	if wait >= look {
		return 0, err
	}
	return max(wait, pause), err
}

// Follow makes notices of all that is old enough by now, and returns how long to wait
// until more is; look at the most.
func (f *Follower) Follow(ctx context.Context) (time.Duration, error) {
	var wait time.Duration
	// In turns, and messages whatever becomes of the listings: neither keeps the other waiting.
	for {
		moreListings, listingsErr := f.followListings(ctx)
		var more bool
		var err error
		wait, more, err = f.followMessages(ctx)
		if err = errors.Join(listingsErr, err); err != nil || (!more && !moreListings) {
			return wait, err
		}
	}
}

// Lag returns how old the oldest event or change is that has not been looked at; 0 for none.
func (f *Follower) Lag(ctx context.Context) (time.Duration, error) {
	from, err := f.db.Followed(ctx, messages)
	if err != nil {
		return 0, err
	}
	oldest, err := f.db.Waiting(ctx, from)
	if err != nil {
		return 0, err
	}
	if from, err = f.db.Followed(ctx, listings); err != nil {
		return 0, err
	}
	change, err := f.db.ListingWaiting(ctx, from)
	if err != nil {
		return 0, err
	}
	if oldest.IsZero() || (!change.IsZero() && change.Before(oldest)) {
		oldest = change
	}
	if oldest.IsZero() {
		return 0, nil
	}
	return max(0, f.now().Sub(oldest)), nil
}

// followMessages looks at one batch of the log.
func (f *Follower) followMessages(ctx context.Context) (wait time.Duration, more bool, err error) {
	events, full, err := f.read(ctx)
	if err != nil {
		return look, false, err
	}
	events, wait = f.ripe(events)
	for len(events) > 0 {
		n := min(max(few, len(events)/8), len(events))
		if full && wait == look {
			n = len(events)
		}
		if err := f.makeOf(ctx, events[:n]); err != nil {
			return look, false, err
		}
		f.ahead.at, f.ahead.events = events[n-1].Cursor, f.ahead.events[n:]
		events = events[n:]
	}
	return wait, full && wait == look, nil
}

// read returns what is in the log behind the cursor, as far as a batch goes, and whether there may be more.
func (f *Follower) read(ctx context.Context) (events []store.Logged, full bool, err error) {
	epoch := f.db.Epoch()
	from, err := f.db.Followed(ctx, messages)
	if err != nil {
		return nil, false, err
	}
	if f.ahead.at != from || f.ahead.epoch != epoch {
		f.ahead = ahead{epoch: epoch, at: from}
	}
	if n := len(f.ahead.events); n > 0 {
		from = f.ahead.events[n-1].Cursor
	}
	if want := batch - len(f.ahead.events); want > 0 {
		more, err := f.db.After(ctx, from, want)
		if err != nil {
			return nil, false, err
		}
		f.ahead.events = append(f.ahead.events, more...)
	}
	return f.ahead.events, len(f.ahead.events) >= batch, nil
}

// makeOf makes notices of events, and moves the cursor behind them.
func (f *Follower) makeOf(ctx context.Context, events []store.Logged) error {
	var told []store.NoticeRef
	err := f.db.Update(ctx, func(tx *store.Tx) error {
		told = nil
		// Cleared by its own statement, so that a first message and the ones behind it
		// meet in one notice.
		for _, kind := range []chat.NoticeKind{chat.NoticeInquiry, chat.NoticeMessage} {
			made, err := tx.TellOfMessages(ctx, kind, newsOf(events, kind))
			if err != nil {
				return err
			}
			told = append(told, made...)
		}
		if err := f.planFor(ctx, tx, told, f.plan); err != nil {
			return err
		}
		return tx.Follow(ctx, messages, events[len(events)-1].Cursor)
	})
	if err != nil {
		return err
	}
	f.tell(told)
	return nil
}

// ripe returns the events up to the first that is too young, and how long to wait for it.
// A clock that jumps makes none wait longer than one that has just come.
func (f *Follower) ripe(events []store.Logged) ([]store.Logged, time.Duration) {
	now := f.now()
	for i, e := range events {
		if age := now.Sub(e.At); age >= 0 && age < linger {
			return events[:i], linger - age
		}
	}
	return events, look
}

// newsOf returns the news of a kind in a batch: one for each conversation and writer.
func newsOf(events []store.Logged, kind chat.NoticeKind) []store.MessageNews {
	type key struct {
		conversation chat.ConversationID
		actor        chat.UserID
	}
	place := make(map[key]int)
	var all []store.MessageNews
	for _, e := range events {
		first := chat.NoticeMessage
		if e.Seq == 1 {
			first = chat.NoticeInquiry
		}
		if e.Kind != chat.MessagePosted || first != kind {
			continue
		}
		news := store.MessageNews{Conversation: e.Conversation, Actor: e.Actor, Seq: e.Seq, At: e.At}
		k := key{e.Conversation, e.Actor}
		if i, ok := place[k]; ok {
			all[i] = news
			continue
		}
		place[k] = len(all)
		all = append(all, news)
	}
	return all
}

// planFor puts into the outbox what is to be sent of notices, and how soon, in the transaction that made them.
func (f *Follower) planFor(ctx context.Context, tx *store.Tx, told []store.NoticeRef, plan store.Timing) error {
	ids := make([]chat.NoticeID, 0, len(told))
	seen := make(map[chat.NoticeID]bool, len(told))
	for _, ref := range told {
		if !seen[ref.ID] {
			seen[ref.ID] = true
			ids = append(ids, ref.ID)
		}
	}
	return tx.PlanDeliveries(ctx, ids, f.now(), plan)
}

// tell rings for what is new.
func (f *Follower) tell(told []store.NoticeRef) {
	for _, ref := range told {
		if !ref.Moved {
			f.ring(ref.To, ref.ID)
		}
	}
}
