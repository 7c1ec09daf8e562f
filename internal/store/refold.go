package store

import (
	"context"
	"fmt"

	"swapnest/internal/chat"
)

// folding names how Fold compares. When it changes, what is stored is folded anew.
const folding = "nfkc-casefold"

// refold brings the folded columns of listings up to date with Fold. It costs one look-up
// once that has been done.
func (db *DB) refold(ctx context.Context) error {
	return db.Update(ctx, func(tx *Tx) error {
		result, err := tx.q.ExecContext(ctx, `
			INSERT INTO meta (key, value) VALUES ('folding', $1)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value`, folding)
		if err != nil {
			return fmt.Errorf("note the folding: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		for last := chat.ListingID(0); ; {
			some, err := tx.unfolded(ctx, last)
			if err != nil || len(some) == 0 {
				return err
			}
			for _, l := range some {
				last = l.ID
				_, err := tx.q.ExecContext(ctx, `UPDATE listing SET title_key = $2, search_key = $3, city_key = $4 WHERE id = $1`,
					l.ID, Fold(l.Title), Fold(l.Title+"\n"+l.Description), Fold(l.City))
				if err != nil {
					return fmt.Errorf("fold listing %d: %w", l.ID, err)
				}
			}
		}
	})
}

// unfolded returns the texts of the next listings.
func (tx *Tx) unfolded(ctx context.Context, after chat.ListingID) ([]chat.Listing, error) {
	rows, err := tx.q.QueryContext(ctx, `SELECT id, title, description, city FROM listing WHERE id > $1 ORDER BY id LIMIT 500`, after)
	if err != nil {
		return nil, fmt.Errorf("read listings: %w", err)
	}
	return collect(rows, func(l *chat.Listing) []any { return []any{&l.ID, &l.Title, &l.Description, &l.City} })
}
