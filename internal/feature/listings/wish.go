package listings

import (
	"context"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Wish puts a listing on somebody's wishlist. It refuses with NotFound, with Invalid
// one's own listing and a list that is full, and with RateLimited.
func (s *Service) Wish(ctx context.Context, who chat.UserID, id chat.ListingID) error {
	if err := s.changeWishes(who); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		l, err := tx.Listing(ctx, id)
		if err != nil {
			return err
		}
		if l.Seller.ID == who {
			return chat.FieldError("listing_id", "This is your own listing, so it needs no place on your wishlist.")
		}
		n, err := tx.CountWishes(ctx, who)
		if err != nil {
			return err
		}
		if n >= chat.MaxWishes {
			return chat.FieldError("listing_id", "A wishlist holds %d things at most. Take some away.", chat.MaxWishes)
		}
		return tx.AddWish(ctx, who, id, s.now())
	})
}

// Unwish takes a listing off somebody's wishlist. One that is not on it is no error; it refuses with RateLimited.
func (s *Service) Unwish(ctx context.Context, who chat.UserID, id chat.ListingID) error {
	if err := s.changeWishes(who); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error { return tx.RemoveWish(ctx, who, id) })
}

// changeWishes takes a token, for each change is a commit of its own.
func (s *Service) changeWishes(who chat.UserID) error {
	return s.limits.Wish.Take(strconv.FormatInt(int64(who), 10), "A little slower, please. You can change your wishlist again in a moment.")
}

// Wished returns what is on somebody's wishlist.
func (s *Service) Wished(ctx context.Context, who chat.UserID) (map[chat.ListingID]bool, error) {
	return s.db.Wished(ctx, who)
}

// Regard returns what a listing is to a person.
func (s *Service) Regard(ctx context.Context, who chat.UserID, id chat.ListingID) (store.Regard, error) {
	return s.db.Regard(ctx, id, who)
}

// Counts returns how many things can be had in each category, by its slug.
func (s *Service) Counts(ctx context.Context) (map[string]int64, error) {
	return s.db.CountByCategory(ctx)
}
