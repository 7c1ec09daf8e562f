package notices

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// followListings looks at all that the listings' feed holds by now.
func (f *Follower) followListings(ctx context.Context) error {
	for {
		from, err := f.db.Followed(ctx, listings)
		if err != nil {
			return err
		}
		changes, err := f.db.ListingChanges(ctx, from, batch)
		if err != nil || len(changes) == 0 {
			return err
		}
		for _, c := range changes {
			if err := f.tellOf(ctx, c); err != nil {
				return err
			}
		}
		last := changes[len(changes)-1].Cursor
		if err := f.db.Update(ctx, func(tx *store.Tx) error { return tx.Follow(ctx, listings, last) }); err != nil {
			return err
		}
	}
}

// tellOf makes the notices of one change of a listing, a crowd at a time. Should it end in
// between, it begins anew, and those who have been told are told no more.
func (f *Follower) tellOf(ctx context.Context, c store.ListingChange) error {
	if err := f.settle(ctx, c); err != nil {
		return err
	}
	var kind chat.NoticeKind
	switch {
	case c.Step.Sold():
		kind = chat.NoticeSold
	case c.Step.Cheaper():
		kind = chat.NoticePriceDrop
	default:
		return nil
	}
	for last := chat.UserID(0); ; {
		to, err := f.db.Wishers(ctx, c.Listing, c.Step.At, last, crowd)
		if err != nil || len(to) == 0 {
			return err
		}
		var fresh []store.NoticeRef
		err = f.db.Update(ctx, func(tx *store.Tx) error {
			fresh, err = tx.TellOfListing(ctx, kind, c, to)
			return err
		})
		if err != nil {
			return err
		}
		f.tell(fresh)
		if len(to) < crowd {
			return nil
		}
		last = to[len(to)-1]
	}
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
