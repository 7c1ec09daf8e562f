package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"swapnest/internal/chat"
)

const listingColumns = `l.id, l.slug, l.title, l.description, l.price_amount, l.price_currency, l.category, l.condition, l.status, l.city,
		l.negotiable, l.created_at, l.views, l.price_was,
		COALESCE(p.blob_key, ''), COALESCE(p.thumb_key, ''), COALESCE(p.width, 0), COALESCE(p.height, 0), ` + userColumns

// listingSelect selects listings with the first photo of each.
const listingSelect = `
	SELECT ` + listingColumns + `
	FROM listing l JOIN users u ON u.id = l.seller_id LEFT JOIN photo p ON p.listing_id = l.id AND p.position = 0 `

type listingRow struct {
	chat.Listing
	photo chat.Photo
}

func listingFields(l *listingRow) []any {
	fields := []any{
		&l.ID, &l.Slug, &l.Title, &l.Description, &l.Price.Amount, &l.Price.Currency, &l.Category, &l.Condition, &l.Status, &l.City,
		&l.Negotiable,
		microsInto{&l.CreatedAt},
		&l.Views, &l.PriceWas,
	}
	return append(append(fields, photoFields(&l.photo)...), userFields(&l.Seller)...)
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

// listing does not name arg in its errors, which are logged: a slug is whatever somebody has
// typed as an address.
func (r Reader) listing(ctx context.Context, where string, arg any) (chat.Listing, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT `+listingColumns+`
		FROM listing l JOIN users u ON u.id = l.seller_id LEFT JOIN photo p ON p.listing_id = l.id `+where+`
		ORDER BY p.position`, arg)
	if err != nil {
		return chat.Listing{}, fmt.Errorf("read listing: %w", err)
	}
	found, err := collect(rows, listingFields)
	if err == nil && len(found) == 0 {
		err = chat.ErrNotFound("listing")
	}
	if err != nil {
		return chat.Listing{}, fmt.Errorf("read listing: %w", err)
	}
	l := found[0].listing()
	for _, row := range found[1:] {
		l.Photos = append(l.Photos, row.photo)
	}
	return l, nil
}

// LockListing is Listing, and keeps others from changing it until the transaction ends.
func (tx *Tx) LockListing(ctx context.Context, id chat.ListingID) (chat.Listing, error) {
	var n int
	if err := tx.q.QueryRowContext(ctx, `SELECT 1 FROM listing WHERE id = $1`+tx.d.forUpdate(), id).Scan(&n); err != nil {
		return chat.Listing{}, fmt.Errorf("lock listing %d: %w", id, missing(err, "listing"))
	}
	return tx.Listing(ctx, id)
}

// Sort is an order of listings.
type Sort string

// The orders of a list of listings.
const (
	SortRecent Sort = "recent" // newest first
	SortPrice  Sort = "price"  // cheapest first
	SortTitle  Sort = "title"  // A to Z
)

// ListingQuery asks for a page of listings. Those that are sold or inactive are left out
// unless All is set.
type ListingQuery struct {
	Words     []string // all must occur in title or description; folded by Fold
	Place     string   // must occur in the place; folded by Fold; "" for all
	Category  string   // "" for all
	Condition chat.Condition
	// Currency, if set, leaves out other currencies; Least and Most bound the price in it,
	// in minor units. Most 0 is no bound.
	Currency    string
	Least, Most int64
	Seller      chat.UserID // 0 for all
	WishedBy    chat.UserID // 0 for all
	Except      chat.ListingID
	All         bool // also what is sold or inactive
	Sort        Sort
	// AfterKey and AfterID are the last listing of the page before: its created_at
	// in microseconds, amount or folded title, by Sort. AfterID 0 is the first page.
	AfterKey any
	AfterID  chat.ListingID
	Limit    int
}

// Fold is how titles, places and searched text are compared: without case, width and the
// ways to compose a letter (Unicode NFKC and case folding).
func Fold(s string) string { return cases.Fold().String(norm.NFKC.String(s)) }

// searchKey is the text in which the words of a search are looked for. Folding may make 18 characters of one, so it is
// cut: looking takes as long as this text times the word.
func searchKey(l chat.Listing) string {
	return chat.FirstChars(Fold(l.Title+"\n"+l.Description), chat.MaxSearchKeyChars)
}

// arguments collects the arguments of a query that is put together.
type arguments []any

// add returns the name of another argument.
func (a *arguments) add(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

// Listings returns a page of listings, each with its first photo.
func (r Reader) Listings(ctx context.Context, q ListingQuery) ([]chat.Listing, error) {
	var args arguments
	where := q.where(r.d, &args)
	column, direction, after := "l.created_at", "DESC", "<"
	switch q.Sort {
	case SortPrice:
		column, direction, after = "l.price_amount", "ASC", ">"
	case SortTitle:
		column, direction, after = "l.title_key", "ASC", ">"
	}
	if q.AfterID != 0 {
		where = append(where, fmt.Sprintf(`(%s, l.id) %s (%s, %s)`, column, after, args.add(q.AfterKey), args.add(q.AfterID)))
	}
	rows, err := r.q.QueryContext(ctx, fmt.Sprintf(`%s WHERE %s ORDER BY %s %s, l.id %s LIMIT %s`,
		listingSelect, strings.Join(where, " AND "), column, direction, direction, args.add(q.Limit)), args...)
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

// where returns the conditions of a query, at least one.
func (q ListingQuery) where(d dialect, args *arguments) []string {
	where := []string{`l.status IN ('active', 'reserved')`}
	if q.All {
		where = []string{`1 = 1`}
	}
	if q.Seller != 0 {
		where = append(where, `l.seller_id = `+args.add(q.Seller))
	}
	if q.WishedBy != 0 {
		where = append(where, `l.id IN (SELECT listing_id FROM wish WHERE user_id = `+args.add(q.WishedBy)+`)`)
	}
	if q.Except != 0 {
		where = append(where, `l.id <> `+args.add(q.Except))
	}
	if q.Category != "" {
		where = append(where, `l.category = `+args.add(q.Category))
	}
	if q.Condition != "" {
		where = append(where, `l.condition = `+args.add(q.Condition))
	}
	if q.Currency != "" {
		where = append(where, `l.price_currency = `+args.add(q.Currency), `l.price_amount >= `+args.add(q.Least))
		if q.Most > 0 {
			where = append(where, `l.price_amount <= `+args.add(q.Most))
		}
	}
	if q.Place != "" {
		where = append(where, d.contains(`l.city_key`, args.add(q.Place)))
	}
	for _, word := range q.Words {
		where = append(where, d.contains(`l.search_key`, args.add(word)))
	}
	return where
}

// CountByCategory returns how many things can be had in each category, by its slug.
func (r Reader) CountByCategory(ctx context.Context) (map[string]int64, error) {
	type row struct {
		slug string
		n    int64
	}
	rows, err := r.q.QueryContext(ctx, `SELECT category, count(*) FROM listing WHERE status IN ('active', 'reserved') GROUP BY category`)
	if err != nil {
		return nil, fmt.Errorf("count listings: %w", err)
	}
	found, err := collect(rows, func(r *row) []any { return []any{&r.slug, &r.n} })
	if err != nil {
		return nil, fmt.Errorf("count listings: %w", err)
	}
	counts := make(map[string]int64, len(found))
	for _, r := range found {
		counts[r.slug] = r.n
	}
	return counts, nil
}

// InsertListing stores a listing with its photos and returns its id. A slug that
// is taken is Conflict.
func (tx *Tx) InsertListing(ctx context.Context, l chat.Listing) (chat.ListingID, error) {
	var id chat.ListingID
	err := tx.q.QueryRowContext(ctx, `
		INSERT INTO listing (slug, seller_id, title, title_key, search_key, description, price_amount, price_currency,
			category, condition, status, city, city_key, negotiable, created_at, views, price_was)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
		l.Slug, l.Seller.ID, l.Title, Fold(l.Title), searchKey(l), l.Description, l.Price.Amount, l.Price.Currency,
		l.Category, l.Condition, l.Status, l.City, Fold(l.City), l.Negotiable, micros(l.CreatedAt), l.Views, l.PriceWas,
	).Scan(&id)
	if tx.d.unique(err, "listing", "slug") {
		return 0, chat.Errorf(chat.Conflict, "This address is taken.")
	}
	if err != nil {
		return 0, fmt.Errorf("insert listing: %w", err)
	}
	return id, tx.insertPhotos(ctx, id, l.Photos)
}

// UpdateListing replaces what a seller may edit but the photos, and tells the feed; the
// slug stays.
func (tx *Tx) UpdateListing(ctx context.Context, l chat.Listing) error {
	if err := tx.listingSteps(ctx, l); err != nil {
		return err
	}
	_, err := tx.q.ExecContext(ctx, `
		UPDATE listing SET title = $2, title_key = $3, search_key = $4, description = $5, price_amount = $6, price_currency = $7,
			category = $8, condition = $9, status = $10, city = $11, city_key = $12, negotiable = $13, price_was = $14
		WHERE id = $1`,
		l.ID, l.Title, Fold(l.Title), searchKey(l), l.Description, l.Price.Amount, l.Price.Currency,
		l.Category, l.Condition, l.Status, l.City, Fold(l.City), l.Negotiable, l.PriceWas)
	if err != nil {
		return fmt.Errorf("update listing %d: %w", l.ID, err)
	}
	return nil
}

// RetireListings takes down all that somebody offers, and tells the feed.
func (tx *Tx) RetireListings(ctx context.Context, seller chat.UserID) error {
	rows, err := tx.q.QueryContext(ctx, `
		UPDATE listing SET status = 'inactive' WHERE seller_id = $1 AND status IN ('active', 'reserved') RETURNING id`, seller)
	if err != nil {
		return fmt.Errorf("retire listings of user %d: %w", seller, err)
	}
	ids, err := collect(rows, func(id *chat.ListingID) []any { return []any{id} })
	if err != nil {
		return fmt.Errorf("retire listings of user %d: %w", seller, err)
	}
	for _, id := range ids {
		if err := tx.listingChanged(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// DeleteListing removes a listing with all that hangs on it, and tells the feed. Its photos
// are left to expire at once. Conversations about it stay.
func (tx *Tx) DeleteListing(ctx context.Context, l chat.Listing) error {
	if err := tx.SetPhotos(ctx, l, nil); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM wish WHERE listing_id = $1`,
		`DELETE FROM listing_view WHERE listing_id = $1`,
		`DELETE FROM listing WHERE id = $1`,
	} {
		if _, err := tx.q.ExecContext(ctx, query, l.ID); err != nil {
			return fmt.Errorf("delete listing %d: %w", l.ID, err)
		}
	}
	return tx.listingChanged(ctx, l.ID)
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
