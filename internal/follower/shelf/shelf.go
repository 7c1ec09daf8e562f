// Package shelf follows the listings' feed: whoever talks about a listing is told when it
// changes, is sold or goes. It writes nothing but how far it has come.
package shelf

import (
	"context"
	"log/slog"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

const (
	name = "shelf"
	// batch is how many changes are read at once, and crowd how many people are told at once.
	batch = 100
	crowd = 500
	// look is how often the feed is read when nobody says that there is something: another
	// process may have written to it.
	look = time.Second
	// keep is how long the feed keeps what has been told.
	keep = 7 * 24 * time.Hour
)

// Follower tells people of changed listings. A change is told at least once, in the order
// of the feed; several of one listing in a row may be told as one. It is a hint: what a
// listing is now, not what happened to it.
type Follower struct {
	db    *store.DB
	tell  func(chat.Signal)
	log   *slog.Logger
	lease *store.Lease
	wake  chan struct{}
	stop  context.CancelFunc
	done  chan struct{}
}

// New returns a follower that tell passes signals on for. Start begins, Stop ends it.
func New(db *store.DB, tell func(chat.Signal), log *slog.Logger) *Follower {
	return &Follower{db: db, tell: tell, log: log, lease: db.Lease(name), wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Wake says that there may be something to read. It never blocks.
func (f *Follower) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Start follows from where it stopped until Stop, at one node of several.
func (f *Follower) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	go f.run(ctx)
}

// Stop ends the follower and waits for it. One that was not started has ended.
func (f *Follower) Stop() {
	if f.stop == nil {
		return
	}
	f.stop()
	<-f.done
	if err := f.lease.Release(context.Background()); err != nil {
		f.log.Warn("another node follows the listings' feed only in a moment", "error", err)
	}
}

func (f *Follower) run(ctx context.Context) {
	defer close(f.done)
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if err := f.turn(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("listings' feed not followed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		case <-ticker.C:
		}
	}
}

// turn follows where no other node does.
func (f *Follower) turn(ctx context.Context) error {
	if held, err := f.lease.Held(ctx); err != nil || !held {
		return err
	}
	return f.Follow(ctx)
}

// Follow tells everything that the feed holds by now.
func (f *Follower) Follow(ctx context.Context) error {
	for {
		from, err := f.db.Followed(ctx, name)
		if err != nil {
			return err
		}
		changes, err := f.db.ListingChanges(ctx, from, batch)
		if err != nil || len(changes) == 0 {
			return err
		}
		told := make(map[chat.ListingID]bool)
		for _, c := range changes {
			if told[c.Listing] {
				continue
			}
			told[c.Listing] = true
			if err := f.announce(ctx, c.Listing); err != nil {
				return err
			}
		}
		err = f.db.Update(ctx, func(tx *store.Tx) error {
			if err := tx.PruneListingChanges(ctx, time.Now().Add(-keep)); err != nil {
				return err
			}
			return tx.Follow(ctx, name, changes[len(changes)-1].Cursor)
		})
		if err != nil {
			return err
		}
	}
}

// Lag returns how old the oldest change is that has not been told; 0 for none.
func (f *Follower) Lag(ctx context.Context) (time.Duration, error) {
	from, err := f.db.Followed(ctx, name)
	if err != nil {
		return 0, err
	}
	oldest, err := f.db.ListingWaiting(ctx, from)
	if err != nil || oldest.IsZero() {
		return 0, err
	}
	return max(0, time.Since(oldest)), nil
}

// announce tells all who talk about a listing how it stands now.
func (f *Follower) announce(ctx context.Context, id chat.ListingID) error {
	l, err := f.db.Listing(ctx, id)
	gone := chat.CodeOf(err) == chat.NotFound
	if err != nil && !gone {
		return err
	}
	if gone {
		l = chat.Listing{ID: id}
	}
	seller, err := f.db.SellerAbout(ctx, id)
	if err != nil || seller == 0 {
		return err // nobody talks about it
	}
	to, last := []chat.UserID{seller}, chat.UserID(0)
	for {
		buyers, err := f.db.BuyersAbout(ctx, id, last, crowd)
		if err != nil {
			return err
		}
		if to = append(to, buyers...); len(to) > 0 {
			f.tell(chat.ListingChanged{To: to, Listing: l, Gone: gone})
		}
		if len(buyers) < crowd {
			return nil
		}
		to, last = nil, buyers[len(buyers)-1]
	}
}
