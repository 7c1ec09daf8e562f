package store

import (
	"context"
	"fmt"

	"swapnest/internal/chat"
)

// folding names how Fold compares, and how much of a search key is kept. When it changes, what is stored is folded anew.
const folding = "nfkc-casefold-8000"

// emailFolding names how chat.EmailKey compares, likewise.
const emailFolding = "ascii"

// refold brings the folded columns of listings up to date with Fold, and those of people with chat.EmailKey. It
// costs two look-ups once that has been done.
func (db *DB) refold(ctx context.Context) error {
	if err := db.refoldEmails(ctx); err != nil {
		return err
	}
	return db.Update(ctx, func(tx *Tx) error {
		if news, err := tx.noteFolding(ctx, "folding", folding); err != nil || !news {
			return err
		}
		for last := chat.ListingID(0); ; {
			some, err := tx.unfolded(ctx, last)
			if err != nil || len(some) == 0 {
				return err
			}
			for _, l := range some {
				last = l.ID
				_, err := tx.q.ExecContext(ctx, `UPDATE listing SET title_key = $2, search_key = $3, city_key = $4
					WHERE id = $1 AND (title_key <> $2 OR search_key <> $3 OR city_key <> $4)`,
					l.ID, Fold(l.Title), searchKey(l), Fold(l.City))
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

// noteFolding notes a folding by which what is stored is compared from now on, and tells whether it was another
// one until now.
func (tx *Tx) noteFolding(ctx context.Context, key, value string) (news bool, err error) {
	result, err := tx.q.ExecContext(ctx, `
		INSERT INTO meta (key, value) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value`, key, value)
	if err != nil {
		return false, fmt.Errorf("note the folding: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// refoldEmails gives open accounts the key of their address. Of two that have one address the older keeps it, and
// the other one's key stays empty, as before there were any: nobody is found by it.
func (db *DB) refoldEmails(ctx context.Context) error {
	return db.Update(ctx, func(tx *Tx) error {
		if news, err := tx.noteFolding(ctx, "email-folding", emailFolding); err != nil || !news {
			return err
		}
		var wrong []chat.User
		for last := chat.UserID(0); ; {
			some, err := tx.addressed(ctx, last)
			if err != nil {
				return err
			}
			if len(some) == 0 {
				break
			}
			for _, u := range some {
				last = u.user.ID
				if u.key != chat.EmailKey(u.user.Email) {
					wrong = append(wrong, u.user)
				}
			}
		}
		// All of them first, or one could meet the old key of another.
		for _, u := range wrong {
			if _, err := tx.q.ExecContext(ctx, `UPDATE users SET email_key = '' WHERE id = $1`, u.ID); err != nil {
				return fmt.Errorf("fold the address of user %d: %w", u.ID, err)
			}
		}
		for _, u := range wrong {
			_, err := tx.q.ExecContext(ctx, `
				UPDATE users SET email_key = $2 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users o WHERE o.email_key = $2)`, u.ID, chat.EmailKey(u.Email))
			if err != nil {
				return fmt.Errorf("fold the address of user %d: %w", u.ID, err)
			}
		}
		return nil
	})
}

// addressOf is somebody with an address, and its key as it is stored.
type addressOf struct {
	user chat.User
	key  string
}

// addressed returns the next people with an address.
func (tx *Tx) addressed(ctx context.Context, after chat.UserID) ([]addressOf, error) {
	rows, err := tx.q.QueryContext(ctx, `
		SELECT id, email, email_key FROM users WHERE id > $1 AND email <> '' AND closed_at = 0 ORDER BY id LIMIT 500`, after)
	if err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	return collect(rows, func(a *addressOf) []any { return []any{&a.user.ID, &a.user.Email, &a.key} })
}
