// Package listings lets sellers offer things and everybody find them.
package listings

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// Service holds the listings.
type Service struct {
	db  *store.DB
	hub *hub.Hub
	add *limit.Keyed // new listings, per person
	now func() time.Time
}

// New returns the service.
func New(db *store.DB, h *hub.Hub, add *limit.Keyed, now func() time.Time) *Service {
	return &Service{db: db, hub: h, add: add, now: now}
}

// Create offers a thing. It refuses with Invalid and the field at fault, or with
// RateLimited.
func (s *Service) Create(ctx context.Context, who chat.UserID, draft chat.ListingDraft) (chat.Listing, error) {
	return s.Add(ctx, who, draft, nil)
}

// Add is Create with photos whose bytes are stored already.
func (s *Service) Add(ctx context.Context, who chat.UserID, draft chat.ListingDraft, photos []chat.Photo) (chat.Listing, error) {
	draft, err := draft.Parse()
	if err != nil {
		return chat.Listing{}, err
	}
	if err := s.add.Take(strconv.FormatInt(int64(who), 10), "You have offered many things at once. Wait a while before offering another one."); err != nil {
		return chat.Listing{}, err
	}
	l := fill(chat.Listing{
		Seller: chat.User{ID: who}, Status: chat.ListingActive, Photos: photos, CreatedAt: s.now().UTC().Truncate(time.Microsecond),
	}, draft)
	for {
		l.Slug = slug(draft.Title)
		err = s.db.Update(ctx, func(tx *store.Tx) error {
			l.ID, err = tx.InsertListing(ctx, l)
			return err
		})
		// Two slugs in 32^6 are alike: draw again.
		if chat.CodeOf(err) != chat.Conflict {
			break
		}
	}
	if err != nil {
		return chat.Listing{}, err
	}
	return s.Listing(ctx, l.ID)
}

func fill(l chat.Listing, d chat.ListingDraft) chat.Listing {
	l.Title, l.Description, l.Price, l.Category = d.Title, d.Description, d.Price, d.Category
	l.Condition, l.City, l.Negotiable = chat.Condition(d.Condition), d.City, d.Negotiable
	return l
}

// EditCommand changes a listing; nil fields stay as they are.
type EditCommand struct {
	Listing             chat.ListingID
	Title, Description  *string
	Price               *chat.Money
	Category, Condition *string
	City                *string
	Negotiable          *bool
	Status              *string
}

// Edit changes a listing of one's own. Somebody else's is Forbidden.
func (s *Service) Edit(ctx context.Context, who chat.UserID, c EditCommand) (chat.Listing, error) {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		l, err := tx.Listing(ctx, c.Listing)
		if err != nil {
			return err
		}
		if l.Seller.ID != who {
			return chat.Errorf(chat.Forbidden, "Only the seller can change a listing.")
		}
		draft := chat.ListingDraft{
			Title: or(c.Title, l.Title), Description: or(c.Description, l.Description), Price: or(c.Price, l.Price),
			Category: or(c.Category, l.Category), Condition: or(c.Condition, string(l.Condition)), City: or(c.City, l.City),
			Negotiable: or(c.Negotiable, l.Negotiable),
		}
		if draft, err = draft.Parse(); err != nil {
			return err
		}
		l = fill(l, draft)
		if l.Status, err = chat.ParseListingStatus(or(c.Status, string(l.Status))); err != nil {
			return err
		}
		return tx.UpdateListing(ctx, l)
	})
	if err != nil {
		return chat.Listing{}, err
	}
	return s.Listing(ctx, c.Listing)
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// Listing returns a listing by its id, or NotFound.
func (s *Service) Listing(ctx context.Context, id chat.ListingID) (chat.Listing, error) {
	return s.present(s.db.Listing(ctx, id))
}

// BySlug returns a listing by its slug, or NotFound.
func (s *Service) BySlug(ctx context.Context, slug string) (chat.Listing, error) {
	if !utf8.ValidString(slug) || strings.ContainsRune(slug, 0) {
		return chat.Listing{}, chat.ErrNotFound("listing")
	}
	return s.present(s.db.ListingBySlug(ctx, slug))
}

// present fills in whether the seller is here.
func (s *Service) present(l chat.Listing, err error) (chat.Listing, error) {
	l.Seller.Online = err == nil && s.hub.Online(l.Seller.ID)
	return l, err
}

// Query asks for a page of listings.
type Query struct {
	Text     string // words that all occur in title or description
	Category string // a slug, "" for all
	Sort     string // recent, price or title; "" is recent
	Seller   chat.UserID
	Cursor   string // Page.Next of the page before
	Limit    int    // 0 is 12; at most 60
}

// Page is a page of listings. Next is "" on the last one.
type Page struct {
	Listings []chat.Listing
	Next     string
}

// cursor is the last listing of a page.
type cursor struct {
	Sort store.Sort     `json:"s"`
	ID   chat.ListingID `json:"i"`
	Text string         `json:"t,omitempty"`
	Num  int64          `json:"n,omitempty"`
}

// List returns the listings that can still be had, or all of one seller. It
// refuses an unknown sort and a cursor that is not of the same list with Invalid.
func (s *Service) List(ctx context.Context, q Query) (Page, error) {
	sort, err := parseSort(q.Sort)
	if err != nil {
		return Page{}, err
	}
	if len([]rune(q.Text)) > chat.MaxQueryChars {
		return Page{}, chat.FieldError("q", "A search can have at most %d characters.", chat.MaxQueryChars)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = chat.ListingPage
	}
	limit = min(limit, chat.MaxListingPage)
	if _, known := chat.CategoryBySlug(q.Category); q.Category != "" && !known {
		return Page{}, nil
	}
	// PostgreSQL refuses a NUL in any text.
	text := strings.ReplaceAll(strings.ToValidUTF8(q.Text, ""), "\x00", "")
	query := store.ListingQuery{
		Words: strings.Fields(store.Fold(text)), Category: q.Category, Seller: q.Seller, Sort: sort, Limit: limit + 1,
	}
	if q.Cursor != "" {
		c, err := parseCursor(q.Cursor, sort)
		if err != nil {
			return Page{}, err
		}
		query.AfterID, query.AfterKey = c.ID, c.Num
		if sort == store.SortTitle {
			query.AfterKey = c.Text
		}
	}
	found, err := s.db.Listings(ctx, query)
	if err != nil {
		return Page{}, err
	}
	for i := range found {
		found[i].Seller.Online = s.hub.Online(found[i].Seller.ID)
	}
	page := Page{Listings: found}
	if len(found) > limit {
		page.Listings = found[:limit]
		page.Next = next(found[limit-1], sort)
	}
	return page, nil
}

func parseSort(s string) (store.Sort, error) {
	switch sort := store.Sort(s); sort {
	case "":
		return store.SortRecent, nil
	case store.SortRecent, store.SortPrice, store.SortTitle:
		return sort, nil
	}
	return "", chat.FieldError("sort", "Sort by recent, price or title.")
}

func parseCursor(s string, sort store.Sort) (cursor, error) {
	var c cursor
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil || c.Sort != sort || c.ID <= 0 || strings.ContainsRune(c.Text, 0) {
		return c, chat.FieldError("cursor", "This page does not exist. Start from the first one.")
	}
	return c, nil
}

func next(l chat.Listing, sort store.Sort) string {
	c := cursor{Sort: sort, ID: l.ID}
	switch key := store.SortKey(l, sort).(type) {
	case string:
		c.Text = key
	case int64:
		c.Num = key
	}
	// A struct of strings and numbers always encodes.
	data, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(data)
}

// slug makes an address of a title, with six random characters so that it is
// unique and tells nothing about how many there are.
func slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 60 {
			break
		}
	}
	name := strings.Trim(b.String(), "-")
	if name == "" {
		name = "listing"
	}
	return name + "-" + strings.ToLower(rand.Text()[:6])
}
