package notices

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// fewChanges is how many changes of listings are read at once.
const fewChanges = 50

// followListings looks at one batch of the listings' feed, and tells whether there is more.
func (f *Follower) followListings(ctx context.Context) (more bool, err error) {
	from, err := f.db.Followed(ctx, listings)
	if err != nil {
		return false, err
	}
	changes, err := f.db.ListingChanges(ctx, from, fewChanges)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	for i, c := range changes {
		told, err := f.tellOf(ctx, c)
		if err != nil {
			return false, err
		}
		// What somebody was told of is behind them at once, and does not come again.
		if told || i == len(changes)-1 {
			if err := f.db.Update(ctx, func(tx *store.Tx) error { return tx.Follow(ctx, listings, c.Cursor) }); err != nil {
				return false, err
			}
		}
	}
	return len(changes) == fewChanges, nil
}

// tellOf makes the notices of one change of a listing, a crowd at a time, and tells whether
// that may have changed any. Should it end in between, it begins this change anew: those who
// still have what they were told are told no more.
func (f *Follower) tellOf(ctx context.Context, c store.ListingChange) (bool, error) {
	if !c.Step.Sold() && !c.Step.Unsold() && !c.Step.Repriced() {
		return false, nil
	}
	if err := f.settle(ctx, c); err != nil {
		return true, err
	}
	var kind chat.NoticeKind
	switch {
	case c.Step.Sold():
		kind = chat.NoticeSold
	case c.Step.Cheaper():
		kind = chat.NoticePriceDrop
	default:
		return true, nil
	}
	var plan store.Timing
	for last := chat.UserID(0); ; {
		to, err := f.db.Wishers(ctx, c.Listing, c.Step.At, last, crowd)
		if err != nil || len(to) == 0 {
			return true, err
		}
		// Not before there is somebody to tell: it reads what has changed at all listings within an hour.
		if last == 0 {
			if plan, err = f.timingOf(ctx, kind, c); err != nil {
				return true, err
			}
		}
		var told []store.NoticeRef
		err = f.db.Update(ctx, func(tx *store.Tx) error {
			if told, err = tx.TellOfListing(ctx, kind, c, to); err != nil {
				return err
			}
			return f.planFor(ctx, tx, told, plan)
		})
		if err != nil {
			return true, err
		}
		f.tell(told)
		if len(to) < crowd {
			return true, nil
		}
		last = to[len(to)-1]
	}
}

// timingOf says how soon a change leaves the site: a price that falls again and again is sent once an
// hour, also when it rises in between and what was told of it is gone. Then it tells the newest price.
func (f *Follower) timingOf(ctx context.Context, kind chat.NoticeKind, c store.ListingChange) (store.Timing, error) {
	plan := f.plan
	if kind != chat.NoticePriceDrop {
		return plan, nil
	}
	last, err := f.db.CheaperSince(ctx, c.Step.At.Add(-store.DropGap), c)
	if err != nil || last.IsZero() {
		return plan, err
	}
	wait := last.Add(store.DropGap).Sub(f.now())
	plan.PushAfter, plan.MailAfter = max(plan.PushAfter, wait), max(plan.MailAfter, wait)
	return plan, nil
}

// settle takes back what a change has made untrue.
func (f *Follower) settle(ctx context.Context, c store.ListingChange) error {
	if !c.Step.Unsold() && !c.Step.Repriced() {
		return nil
	}
	var gone []chat.UserID
	err := f.db.Update(ctx, func(tx *store.Tx) error {
		gone = nil
		if c.Step.Unsold() {
			whose, err := tx.RetractSold(ctx, c.Listing)
			if err != nil {
				return err
			}
			gone = append(gone, whose...)
		}
		if c.Step.Repriced() {
			whose, err := tx.SettlePrices(ctx, c.Listing, c.Step.Price)
			if err != nil {
				return err
			}
			gone = append(gone, whose...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, who := range gone {
		f.ring(who)
	}
	return nil
}
