package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"swapnest/internal/chat"
)

// Preferences returns what somebody wants to be told of, and what they show.
func (r Reader) Preferences(ctx context.Context, who chat.UserID) (chat.Preferences, error) {
	p := chat.DefaultPreferences()
	var hidesRead, hidesSeen bool
	err := r.q.QueryRowContext(ctx, `
		SELECT u.hides_read, u.hides_seen, COALESCE(p.new_message, $2), COALESCE(p.product_inquiry, $3), COALESCE(p.price_update, $4),
			COALESCE(p.wishlist, $5), COALESCE(p.marketing, $6), COALESCE(p.email, $7), COALESCE(p.push, $8)
		FROM users u LEFT JOIN preference p ON p.user_id = u.id WHERE u.id = $1`,
		who, p.NewMessage, p.ProductInquiry, p.PriceUpdate, p.Wishlist, p.Marketing, p.Email, p.Push,
	).Scan(&hidesRead, &hidesSeen, &p.NewMessage, &p.ProductInquiry, &p.PriceUpdate, &p.Wishlist, &p.Marketing, &p.Email, &p.Push)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.DefaultPreferences(), nil
	}
	if err != nil {
		return p, fmt.Errorf("read preferences of user %d: %w", who, err)
	}
	p.ReadReceipts, p.LastSeen = !hidesRead, !hidesSeen
	return p, nil
}

// LockUser keeps others from locking the same person until the end of the transaction;
// NotFound when there is no such person.
func (tx *Tx) LockUser(ctx context.Context, who chat.UserID) error {
	var n int
	if err := tx.q.QueryRowContext(ctx, `SELECT 1 FROM users u WHERE u.id = $1`+tx.d.forNoKeyUpdate(), who).Scan(&n); err != nil {
		return fmt.Errorf("lock user %d: %w", who, missing(err, "person"))
	}
	return nil
}

// SetPreferences stores what somebody wants to be told of, and what they show.
func (tx *Tx) SetPreferences(ctx context.Context, who chat.UserID, p chat.Preferences) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO preference (user_id, new_message, product_inquiry, price_update, wishlist, marketing, email, push)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (user_id) DO UPDATE SET new_message = excluded.new_message, product_inquiry = excluded.product_inquiry,
			price_update = excluded.price_update, wishlist = excluded.wishlist, marketing = excluded.marketing,
			email = excluded.email, push = excluded.push`,
		who, p.NewMessage, p.ProductInquiry, p.PriceUpdate, p.Wishlist, p.Marketing, p.Email, p.Push)
	if err == nil {
		_, err = tx.q.ExecContext(ctx, `UPDATE users SET hides_read = $2, hides_seen = $3 WHERE id = $1`, who, !p.ReadReceipts, !p.LastSeen)
	}
	if err != nil {
		return fmt.Errorf("store preferences of user %d: %w", who, err)
	}
	return nil
}
