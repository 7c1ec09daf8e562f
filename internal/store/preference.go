package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"swapnest/internal/chat"
)

// preferenceColumns are the switches that a person's row holds, and what each is of them.
var preferenceColumns = []struct {
	name string
	of   func(*chat.Preferences) *bool
}{
	{"new_message", func(p *chat.Preferences) *bool { return &p.NewMessage }},
	{"product_inquiry", func(p *chat.Preferences) *bool { return &p.ProductInquiry }},
	{"price_update", func(p *chat.Preferences) *bool { return &p.PriceUpdate }},
	{"wishlist", func(p *chat.Preferences) *bool { return &p.Wishlist }},
	{"marketing", func(p *chat.Preferences) *bool { return &p.Marketing }},
	{"email", func(p *chat.Preferences) *bool { return &p.Email }},
	{"push", func(p *chat.Preferences) *bool { return &p.Push }},
	{"email_new_message", func(p *chat.Preferences) *bool { return &p.EmailNewMessage }},
	{"email_product_inquiry", func(p *chat.Preferences) *bool { return &p.EmailProductInquiry }},
	{"email_price_update", func(p *chat.Preferences) *bool { return &p.EmailPriceUpdate }},
	{"email_wishlist", func(p *chat.Preferences) *bool { return &p.EmailWishlist }},
	{"push_new_message", func(p *chat.Preferences) *bool { return &p.PushNewMessage }},
	{"push_product_inquiry", func(p *chat.Preferences) *bool { return &p.PushProductInquiry }},
	{"push_price_update", func(p *chat.Preferences) *bool { return &p.PushPriceUpdate }},
	{"push_wishlist", func(p *chat.Preferences) *bool { return &p.PushWishlist }},
	{"previews", func(p *chat.Preferences) *bool { return &p.Previews }},
}

// preferenceRead are the columns of what somebody u has chosen, their row p; of who has not, the
// defaults are the arguments from $2 on.
var preferenceRead, preferenceInsert = func() (string, string) {
	var read, names, places, sets strings.Builder
	for i, c := range preferenceColumns {
		fmt.Fprintf(&read, "COALESCE(p.%s, $%d), ", c.name, i+2)
		fmt.Fprintf(&names, ", %s", c.name)
		fmt.Fprintf(&places, ", $%d", i+2)
		fmt.Fprintf(&sets, ", %s = excluded.%s", c.name, c.name)
	}
	n := len(preferenceColumns) + 1
	return `u.hides_read, u.hides_seen, ` + read.String() + `
			COALESCE(p.quiet_from, 0), COALESCE(p.quiet_to, 0), COALESCE(p.time_zone, ''), COALESCE(p.paused_until, 0)`,
		`INSERT INTO preference (user_id` + names.String() + `, quiet_from, quiet_to, time_zone, paused_until)
		VALUES ($1` + places.String() + fmt.Sprintf(`, $%d, $%d, $%d, $%d)`, n+1, n+2, n+3, n+4) + `
		ON CONFLICT (user_id) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
			time_zone = excluded.time_zone, paused_until = excluded.paused_until` + sets.String()
}()

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
	all := make([]any, len(preferenceColumns))
	for i, c := range preferenceColumns {
		all[i] = *c.of(&p.chosen)
	}
	return all
}

func (p *preferenceRow) fields() []any {
	fields := []any{&p.hidesRead, &p.hidesSeen}
	for _, c := range preferenceColumns {
		fields = append(fields, c.of(&p.chosen))
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
	for _, c := range preferenceColumns {
		args = append(args, *c.of(&p))
	}
	args = append(args, p.Quiet.From, p.Quiet.To, p.TimeZone, micros(p.PausedUntil))
	_, err := tx.q.ExecContext(ctx, preferenceInsert, args...)
	if err == nil {
		_, err = tx.q.ExecContext(ctx, `UPDATE users SET hides_read = $2, hides_seen = $3 WHERE id = $1`, who, !p.ReadReceipts, !p.LastSeen)
	}
	if err != nil {
		return fmt.Errorf("store preferences of user %d: %w", who, err)
	}
	return nil
}
