package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// ListingChange is a row of the listings' feed, and the cursor behind it. Step is zero
// but for Listing and At where the row tells only that the listing has changed or is gone.
type ListingChange struct {
	Cursor  Cursor
	Listing chat.ListingID
	Step    chat.ListingStep
}

// listingChanged adds a row to the feed. Whoever follows it is woken after the commit.
func (tx *Tx) listingChanged(ctx context.Context, id chat.ListingID) error {
	_, err := tx.q.ExecContext(ctx, `INSERT INTO listing_change (listing_id, created_at) VALUES ($1, $2)`, id, micros(time.Now()))
	if err != nil {
		return fmt.Errorf("tell of listing %d: %w", id, err)
	}
	tx.fed = true
	return nil
}

// listingSteps adds a row to the feed that tells what a listing, which is locked, is about
// to become.
func (tx *Tx) listingSteps(ctx context.Context, l chat.Listing) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO listing_change (listing_id, created_at, status_was, price_was, currency_was, status, price, currency)
		SELECT id, $2, status, price_amount, price_currency, $3, $4, $5 FROM listing WHERE id = $1`,
		l.ID, micros(time.Now()), string(l.Status), l.Price.Amount, l.Price.Currency)
	if err != nil {
		return fmt.Errorf("tell of listing %d: %w", l.ID, err)
	}
	tx.fed = true
	return nil
}

// ListingChanges returns at most limit changes behind the cursor, in a total order that
// skips nothing.
func (r Reader) ListingChanges(ctx context.Context, c Cursor, limit int) ([]ListingChange, error) {
	const columns = `pos, listing_id, created_at, status_was, price_was, currency_was, status, price, currency`
	query := `SELECT 0, ` + columns + ` FROM listing_change WHERE pos > $2 AND $1 = 0 ORDER BY pos LIMIT $3`
	if r.d == postgres {
		query = `SELECT xid, ` + columns + ` FROM listing_change WHERE (xid, pos) > ($1, $2) AND xid < ` + oldestRunning + `
			ORDER BY xid, pos LIMIT $3`
	}
	rows, err := r.q.QueryContext(ctx, query, c.xid, c.pos, limit)
	if err != nil {
		return nil, fmt.Errorf("read the listings' feed: %w", err)
	}
	changes, err := collect(rows, func(l *ListingChange) []any {
		s := &l.Step
		return []any{
			&l.Cursor.xid, &l.Cursor.pos, &l.Listing,
			microsInto{&s.At},
			&s.StatusWas, &s.PriceWas.Amount, &s.PriceWas.Currency, &s.Status, &s.Price.Amount, &s.Price.Currency,
		}
	})
	for i := range changes {
		changes[i].Step.Listing = changes[i].Listing
	}
	return changes, err
}

// CheaperSince returns when a listing last became cheaper behind a time, and before a change of it;
// the zero time when it did not.
func (r Reader) CheaperSince(ctx context.Context, since time.Time, before ListingChange) (time.Time, error) {
	var last time.Time
	err := r.q.QueryRowContext(ctx, `
		SELECT COALESCE(max(created_at), 0) FROM listing_change
		WHERE created_at > $1 AND created_at < $2 AND listing_id = $3 AND currency = currency_was AND price < price_was`,
		micros(since), micros(before.Step.At), before.Listing).Scan(microsInto{&last})
	if err != nil {
		return time.Time{}, fmt.Errorf("read how the price of listing %d fell: %w", before.Listing, err)
	}
	return last, nil
}

// ListingWaiting is Waiting for the listings' feed.
func (r Reader) ListingWaiting(ctx context.Context, c Cursor) (time.Time, error) {
	query := `SELECT created_at FROM listing_change WHERE pos > $2 AND $1 = 0 ORDER BY pos LIMIT 1`
	if r.d == postgres {
		query = `SELECT created_at FROM listing_change WHERE (xid, pos) > ($1, $2) ORDER BY xid, pos LIMIT 1`
	}
	return r.oldest(ctx, query, c)
}

// Followed returns how far a follower has come; the zero Cursor for one that is new.
func (r Reader) Followed(ctx context.Context, name string) (Cursor, error) {
	var c Cursor
	err := r.q.QueryRowContext(ctx, `SELECT xid, pos FROM follower WHERE name = $1`, name).Scan(&c.xid, &c.pos)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Cursor{}, fmt.Errorf("read the cursor of %s: %w", name, err)
	}
	return c, nil
}

// Follow moves a follower forward. Of two that follow under one name the further one counts.
func (tx *Tx) Follow(ctx context.Context, name string, c Cursor) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO follower (name, xid, pos) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, pos = excluded.pos
		WHERE (follower.xid, follower.pos) < (excluded.xid, excluded.pos)`, name, c.xid, c.pos)
	if err != nil {
		return fmt.Errorf("move the cursor of %s: %w", name, err)
	}
	return nil
}

// PruneListingChanges removes what the feed told before a time.
func (tx *Tx) PruneListingChanges(ctx context.Context, before time.Time) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM listing_change WHERE created_at < $1`, micros(before)); err != nil {
		return fmt.Errorf("prune the listings' feed: %w", err)
	}
	return nil
}

// BuyersAbout returns at most limit people who have written about a listing as its buyers,
// in rising order of their ids, from behind the one given; it does without the listing.
func (r Reader) BuyersAbout(ctx context.Context, id chat.ListingID, after chat.UserID, limit int) ([]chat.UserID, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT buyer_id FROM conversation WHERE listing_id = $1 AND buyer_id > $2 AND head > 0 ORDER BY buyer_id LIMIT $3`, id, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read who talks about listing %d: %w", id, err)
	}
	return collect(rows, func(who *chat.UserID) []any { return []any{who} })
}

// SellerAbout returns whom people talk with about a listing, even one that is gone; 0 when
// nobody does.
func (r Reader) SellerAbout(ctx context.Context, id chat.ListingID) (chat.UserID, error) {
	var who chat.UserID
	err := r.q.QueryRowContext(ctx, `SELECT seller_id FROM conversation WHERE listing_id = $1 LIMIT 1`, id).Scan(&who)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read the seller of listing %d: %w", id, err)
	}
	return who, nil
}
