// Package shelf follows the listings' feed: whoever talks about a listing is told when it
// changes, is sold or goes. It writes nothing but how far it has come.
package shelf

import (
	"context"
	"log/slog"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower"
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
	*follower.Loop
	db   *store.DB
	tell func(chat.Signal)
}

// New returns a follower that tell passes signals on for. Start begins, Stop ends it.
func New(db *store.DB, tell func(chat.Signal), log *slog.Logger) *Follower {
	f := &Follower{db: db, tell: tell}
	f.Loop = follower.New(db, follower.Options{
		Lease: name, Every: look, Log: log,
		Step:   func(ctx context.Context) (time.Duration, error) { return 0, f.Follow(ctx) },
		Failed: "listings' feed not followed", Late: "another node follows the listings' feed only in a moment",
	})
	return f
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
