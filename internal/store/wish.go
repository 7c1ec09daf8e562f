package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// AddWish puts a listing on somebody's wishlist. One that stands there is no error; one
// that is gone is NotFound.
func (tx *Tx) AddWish(ctx context.Context, who chat.UserID, id chat.ListingID, at time.Time) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO wish (user_id, listing_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, who, id, micros(at))
	if tx.d.orphan(err) {
		return chat.ErrNotFound("listing")
	}
	if err != nil {
		return fmt.Errorf("add listing %d to a wishlist: %w", id, err)
	}
	return nil
}

// RemoveWish takes a listing off somebody's wishlist. One that is not there is no error.
func (tx *Tx) RemoveWish(ctx context.Context, who chat.UserID, id chat.ListingID) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM wish WHERE user_id = $1 AND listing_id = $2`, who, id); err != nil {
		return fmt.Errorf("remove listing %d from a wishlist: %w", id, err)
	}
	return nil
}

// CountWishes returns how long somebody's wishlist is.
func (tx *Tx) CountWishes(ctx context.Context, who chat.UserID) (int, error) {
	var n int
	if err := tx.q.QueryRowContext(ctx, `SELECT count(*) FROM wish WHERE user_id = $1`, who).Scan(&n); err != nil {
		return 0, fmt.Errorf("count wishes of user %d: %w", who, err)
	}
	return n, nil
}

// Wished returns which listings are on somebody's wishlist.
func (r Reader) Wished(ctx context.Context, who chat.UserID) (map[chat.ListingID]bool, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT listing_id FROM wish WHERE user_id = $1`, who)
	if err != nil {
		return nil, fmt.Errorf("read wishes of user %d: %w", who, err)
	}
	ids, err := collect(rows, func(id *chat.ListingID) []any { return []any{id} })
	if err != nil {
		return nil, fmt.Errorf("read wishes of user %d: %w", who, err)
	}
	wished := make(map[chat.ListingID]bool, len(ids))
	for _, id := range ids {
		wished[id] = true
	}
	return wished, nil
}
