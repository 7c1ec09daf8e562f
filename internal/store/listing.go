package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"swapnest/internal/chat"
)

const listingSelect = `
	SELECT l.id, l.slug, l.title, l.description, l.price_amount, l.price_currency, l.category, l.condition, l.status, l.city,
		l.negotiable, l.created_at, COALESCE(p.blob_key, ''), COALESCE(p.width, 0), COALESCE(p.height, 0), ` + userColumns + `
	FROM listing l JOIN users u ON u.id = l.seller_id LEFT JOIN photo p ON p.listing_id = l.id AND p.position = 0 `

type listingRow struct {
	chat.Listing
	photo chat.Photo
}

func listingFields(l *listingRow) []any {
	return append([]any{
		&l.ID, &l.Slug, &l.Title, &l.Description, &l.Price.Amount, &l.Price.Currency, &l.Category, &l.Condition, &l.Status, &l.City,
		&l.Negotiable,
		microsInto{&l.CreatedAt},
		&l.photo.Key, &l.photo.Width, &l.photo.Height,
	}, userFields(&l.Seller)...)
}

func (l listingRow) listing() chat.Listing {
	if l.photo.Key != "" {
		l.Photos = []chat.Photo{l.photo}
	}
	l.Seller = shown(l.Seller)
	return l.Listing
}

// Listing returns a listing with all its photos, or NotFound.
func (r Reader) Listing(ctx context.Context, id chat.ListingID) (chat.Listing, error) {
	return r.listing(ctx, `WHERE l.id = $1`, id)
}

// ListingBySlug returns a listing with all its photos, or NotFound.
func (r Reader) ListingBySlug(ctx context.Context, slug string) (chat.Listing, error) {
	return r.listing(ctx, `WHERE l.slug = $1`, slug)
}

func (r Reader) listing(ctx context.Context, where string, arg any) (chat.Listing, error) {
	var row listingRow
	if err := r.q.QueryRowContext(ctx, listingSelect+where, arg).Scan(listingFields(&row)...); err != nil {
		return chat.Listing{}, fmt.Errorf("read listing %v: %w", arg, missing(err, "listing"))
	}
	l := row.listing()
	rows, err := r.q.QueryContext(ctx, `SELECT blob_key, width, height FROM photo WHERE listing_id = $1 ORDER BY position`, l.ID)
	if err != nil {
		return chat.Listing{}, fmt.Errorf("read photos of listing %d: %w", l.ID, err)
	}
	l.Photos, err = collect(rows, func(p *chat.Photo) []any { return []any{&p.Key, &p.Width, &p.Height} })
	if err != nil {
		return chat.Listing{}, fmt.Errorf("read photos of listing %d: %w", l.ID, err)
	}
	return l, nil
}

// Sort is an order of listings.
type Sort string

// The orders of a list of listings.
const (
	SortRecent Sort = "recent" // newest first
	SortPrice  Sort = "price"  // cheapest first
	SortTitle  Sort = "title"  // A to Z
)

// ListingQuery asks for a page of listings. Those that are sold or inactive are
// left out unless a seller is named.
type ListingQuery struct {
	Words    []string // all must occur in title or description; folded by Fold
	Category string   // "" for all
	Seller   chat.UserID
	Sort     Sort
	// AfterKey and AfterID are the last listing of the page before: its created_at
	// in microseconds, amount or folded title, by Sort. AfterID 0 is the first page.
	AfterKey any
	AfterID  chat.ListingID
	Limit    int
}

// Fold is how titles and searched text are compared: without case.
func Fold(s string) string { return strings.ToLower(s) }

// Listings returns a page of listings, each with its first photo.
func (r Reader) Listings(ctx context.Context, q ListingQuery) ([]chat.Listing, error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	where := []string{`l.status IN ('active', 'reserved')`}
	if q.Seller != 0 {
		where = []string{`l.seller_id = ` + arg(q.Seller)}
	}
	if q.Category != "" {
		where = append(where, `l.category = `+arg(q.Category))
	}
	for _, word := range q.Words {
		where = append(where, `l.search_key LIKE `+arg("%"+likeEscaper.Replace(word)+"%")+` ESCAPE '\'`)
	}
	column, direction, after := "l.created_at", "DESC", "<"
	switch q.Sort {
	case SortPrice:
		column, direction, after = "l.price_amount", "ASC", ">"
	case SortTitle:
		column, direction, after = "l.title_key", "ASC", ">"
	}
	if q.AfterID != 0 {
		where = append(where, fmt.Sprintf(`(%s, l.id) %s (%s, %s)`, column, after, arg(q.AfterKey), arg(q.AfterID)))
	}
	rows, err := r.q.QueryContext(ctx, fmt.Sprintf(`%s WHERE %s ORDER BY %s %s, l.id %s LIMIT %s`,
		listingSelect, strings.Join(where, " AND "), column, direction, direction, arg(q.Limit)), args...)
	if err != nil {
		return nil, fmt.Errorf("read listings: %w", err)
	}
	found, err := collect(rows, listingFields)
	if err != nil {
		return nil, fmt.Errorf("read listings: %w", err)
	}
	listings := make([]chat.Listing, len(found))
	for i, l := range found {
		listings[i] = l.listing()
	}
	return listings, nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// InsertListing stores a listing with its photos and returns its id. A slug that
// is taken is Conflict.
func (tx *Tx) InsertListing(ctx context.Context, l chat.Listing) (chat.ListingID, error) {
	var id chat.ListingID
	err := tx.q.QueryRowContext(ctx, `
		INSERT INTO listing (slug, seller_id, title, title_key, search_key, description, price_amount, price_currency,
			category, condition, status, city, negotiable, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id`,
		l.Slug, l.Seller.ID, l.Title, Fold(l.Title), Fold(l.Title+"\n"+l.Description), l.Description, l.Price.Amount, l.Price.Currency,
		l.Category, l.Condition, l.Status, l.City, l.Negotiable, micros(l.CreatedAt),
	).Scan(&id)
	if tx.d.unique(err, "listing", "slug") {
		return 0, chat.Errorf(chat.Conflict, "This address is taken.")
	}
	if err != nil {
		return 0, fmt.Errorf("insert listing: %w", err)
	}
	for i, p := range l.Photos {
		_, err := tx.q.ExecContext(ctx, `INSERT INTO photo (listing_id, position, blob_key, width, height) VALUES ($1, $2, $3, $4, $5)`,
			id, i, p.Key, p.Width, p.Height)
		if err != nil {
			return 0, fmt.Errorf("insert photo of listing %d: %w", id, err)
		}
	}
	return id, nil
}

// UpdateListing replaces what a seller may edit; the slug stays.
func (tx *Tx) UpdateListing(ctx context.Context, l chat.Listing) error {
	_, err := tx.q.ExecContext(ctx, `
		UPDATE listing SET title = $2, title_key = $3, search_key = $4, description = $5, price_amount = $6, price_currency = $7,
			category = $8, condition = $9, status = $10, city = $11, negotiable = $12
		WHERE id = $1`,
		l.ID, l.Title, Fold(l.Title), Fold(l.Title+"\n"+l.Description), l.Description, l.Price.Amount, l.Price.Currency,
		l.Category, l.Condition, l.Status, l.City, l.Negotiable)
	if err != nil {
		return fmt.Errorf("update listing %d: %w", l.ID, err)
	}
	return nil
}

// SortKey is what orders a listing under a Sort, as ListingQuery.AfterKey wants it.
func SortKey(l chat.Listing, s Sort) any {
	switch s {
	case SortPrice:
		return l.Price.Amount
	case SortTitle:
		return Fold(l.Title)
	default:
		return l.CreatedAt.UTC().Truncate(time.Microsecond).UnixMicro()
	}
}
