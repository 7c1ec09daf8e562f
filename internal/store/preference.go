package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"swapnest/internal/chat"
)

// switches are what a person's row says yes or no to, in the order of the columns in the queries below.
func switches(p *chat.Preferences) []*bool {
	return []*bool{
		&p.NewMessage, &p.ProductInquiry, &p.PriceUpdate, &p.Wishlist, &p.Marketing, &p.Email, &p.Push, &p.EmailNewMessage,
		&p.EmailProductInquiry, &p.EmailPriceUpdate, &p.EmailWishlist, &p.PushNewMessage, &p.PushProductInquiry, &p.PushPriceUpdate, &p.PushWishlist, &p.Previews,
	}
}

// preferenceRead are the columns of what somebody u has chosen, their row p; of who has not, the
// defaults are the arguments from $2 on.
const preferenceRead = `u.hides_read, u.hides_seen,
	COALESCE(p.new_message, $2), COALESCE(p.product_inquiry, $3), COALESCE(p.price_update, $4), COALESCE(p.wishlist, $5),
	COALESCE(p.marketing, $6), COALESCE(p.email, $7), COALESCE(p.push, $8), COALESCE(p.email_new_message, $9),
	COALESCE(p.email_product_inquiry, $10), COALESCE(p.email_price_update, $11), COALESCE(p.email_wishlist, $12), COALESCE(p.push_new_message, $13),
	COALESCE(p.push_product_inquiry, $14), COALESCE(p.push_price_update, $15), COALESCE(p.push_wishlist, $16), COALESCE(p.previews, $17),
	COALESCE(p.quiet_from, 0), COALESCE(p.quiet_to, 0), COALESCE(p.time_zone, ''), COALESCE(p.paused_until, 0)`

// Preferences returns what somebody wants to be told of, and what they show.
func (r Reader) Preferences(ctx context.Context, who chat.UserID) (chat.Preferences, error) {
	p := newPreferenceRow()
	err := r.q.QueryRowContext(ctx, `SELECT `+preferenceRead+` FROM users u LEFT JOIN preference p ON p.user_id = u.id WHERE u.id = $1`,
		append([]any{who}, p.defaults()...)...).Scan(p.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.DefaultPreferences(), nil
	}
	if err != nil {
		return chat.Preferences{}, fmt.Errorf("read preferences of user %d: %w", who, err)
	}
	return p.preferences(), nil
}

// preferenceRow is what preferenceRead reads.
type preferenceRow struct {
	chosen               chat.Preferences
	hidesRead, hidesSeen bool
}

func newPreferenceRow() *preferenceRow { return &preferenceRow{chosen: chat.DefaultPreferences()} }

// defaults are the arguments that preferenceRead wants, from $2 on.
func (p *preferenceRow) defaults() []any {
	var all []any
	for _, on := range switches(&p.chosen) {
		all = append(all, *on)
	}
	return all
}

func (p *preferenceRow) fields() []any {
	fields := []any{&p.hidesRead, &p.hidesSeen}
	for _, on := range switches(&p.chosen) {
		fields = append(fields, on)
	}
	return append(fields, &p.chosen.Quiet.From, &p.chosen.Quiet.To, &p.chosen.TimeZone, microsInto{&p.chosen.PausedUntil})
}

func (p *preferenceRow) preferences() chat.Preferences {
	p.chosen.ReadReceipts, p.chosen.LastSeen = !p.hidesRead, !p.hidesSeen
	return p.chosen
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
	args := []any{who}
	for _, on := range switches(&p) {
		args = append(args, *on)
	}
	args = append(args, p.Quiet.From, p.Quiet.To, p.TimeZone, micros(p.PausedUntil))
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO preference (user_id,
			new_message, product_inquiry, price_update, wishlist, marketing, email, push, email_new_message,
			email_product_inquiry, email_price_update, email_wishlist, push_new_message, push_product_inquiry, push_price_update, push_wishlist, previews,
			quiet_from, quiet_to, time_zone, paused_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT (user_id) DO UPDATE SET
			new_message = excluded.new_message, product_inquiry = excluded.product_inquiry, price_update = excluded.price_update,
			wishlist = excluded.wishlist, marketing = excluded.marketing, email = excluded.email,
			push = excluded.push, email_new_message = excluded.email_new_message, email_product_inquiry = excluded.email_product_inquiry,
			email_price_update = excluded.email_price_update, email_wishlist = excluded.email_wishlist, push_new_message = excluded.push_new_message,
			push_product_inquiry = excluded.push_product_inquiry, push_price_update = excluded.push_price_update, push_wishlist = excluded.push_wishlist,
			previews = excluded.previews,
			quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, time_zone = excluded.time_zone, paused_until = excluded.paused_until`, args...)
	if err == nil {
		_, err = tx.q.ExecContext(ctx, `UPDATE users SET hides_read = $2, hides_seen = $3 WHERE id = $1`, who, !p.ReadReceipts, !p.LastSeen)
	}
	if err != nil {
		return fmt.Errorf("store preferences of user %d: %w", who, err)
	}
	return nil
}
