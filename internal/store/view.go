package store

import (
	"context"
	"fmt"

	"swapnest/internal/chat"
)

// CountView counts that a visitor has seen a listing on a day, once. A listing that is gone
// is NotFound.
func (tx *Tx) CountView(ctx context.Context, id chat.ListingID, day int64, visitor []byte) error {
	result, err := tx.q.ExecContext(ctx, `
		INSERT INTO listing_view (listing_id, day, visitor) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, id, day, visitor)
	if tx.d.orphan(err) {
		return chat.ErrNotFound("listing")
	}
	if err != nil {
		return fmt.Errorf("count a view of listing %d: %w", id, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if _, err := tx.q.ExecContext(ctx, `UPDATE listing SET views = views + 1 WHERE id = $1`, id); err != nil {
		return fmt.Errorf("count a view of listing %d: %w", id, err)
	}
	return nil
}

// ForgetViews forgets who has seen what before a day. How many they were stays.
func (tx *Tx) ForgetViews(ctx context.Context, before int64) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM listing_view WHERE day < $1`, before); err != nil {
		return fmt.Errorf("forget views: %w", err)
	}
	return nil
}
