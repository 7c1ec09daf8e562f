package listings

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Query asks for a page of listings.
type Query struct {
	Text      string // words that all occur in title or description; the first eight count
	Category  string // a slug, "" for all
	Condition string // "" for all
	Place     string // occurs in the place, "" for all
	// Least and Most bound the price in minor units of the marketplace's currency, and leave
	// out other currencies. Nil is no bound.
	Least, Most *int64
	Sort        string      // recent, price or title; "" is recent
	Seller      chat.UserID // all of theirs, sold and inactive ones too
	WishedBy    chat.UserID // what is on their wishlist, sold and inactive ones too
	Offered     bool        // of Seller: only what can still be had
	Except      chat.ListingID
	Cursor      string // Page.Next of the page before
	Limit       int    // 0 is 12; at most 60
	// Viewer is who looks; the zero User is somebody who is not signed in. Address is where they come from, which
	// counts for lists that search.
	Viewer  chat.User
	Address string
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
// refuses an unknown sort and a cursor that is not of the same list with Invalid, and
// too many searches from one address with RateLimited.
func (s *Service) List(ctx context.Context, q Query) (Page, error) {
	query, err := parse(q)
	if err != nil {
		return Page{}, err
	}
	if _, known := chat.CategoryBySlug(q.Category); q.Category != "" && !known {
		return Page{}, nil
	}
	if len(query.Words) > 0 || query.Place != "" {
		if err := s.limits.Find.Take(q.Address, "There were many searches from where you are. Wait a moment, then search again."); err != nil {
			return Page{}, err
		}
	}
	limit := query.Limit
	query.Limit++ // whether there is another page
	found, err := s.db.Listings(ctx, query)
	if err != nil {
		return Page{}, err
	}
	for i := range found {
		found[i].Seller = found[i].Seller.ShownTo(q.Viewer, s.hub.Online(found[i].Seller.ID))
	}
	page := Page{Listings: found}
	if len(found) > limit {
		page.Listings = found[:limit]
		page.Next = next(found[limit-1], query.Sort)
	}
	return page, nil
}

// parse returns what the store is asked for, or the first refusal.
func parse(q Query) (store.ListingQuery, error) {
	sort, err := parseSort(q.Sort)
	if err != nil {
		return store.ListingQuery{}, err
	}
	for field, text := range map[string]string{"q": q.Text, "place": q.Place} {
		if len([]rune(text)) > chat.MaxQueryChars {
			return store.ListingQuery{}, chat.FieldError(field, "A search can have at most %d characters.", chat.MaxQueryChars)
		}
	}
	query := store.ListingQuery{
		Words: soughtWords(q.Text), Place: sought(strings.TrimSpace(fold(q.Place))),
		Category: q.Category, Seller: q.Seller, WishedBy: q.WishedBy, Except: q.Except,
		All: (q.Seller != 0 || q.WishedBy != 0) && !q.Offered, Sort: sort,
	}
	if q.Condition != "" {
		if !slices.Contains(chat.Conditions, chat.Condition(q.Condition)) {
			return query, chat.FieldError("condition", "Choose one of the conditions.")
		}
		query.Condition = chat.Condition(q.Condition)
	}
	if err := bound(&query, q.Least, q.Most); err != nil {
		return query, err
	}
	query.Limit = q.Limit
	if query.Limit <= 0 {
		query.Limit = chat.ListingPage
	}
	query.Limit = min(query.Limit, chat.MaxListingPage)
	if q.Cursor != "" {
		c, err := parseCursor(q.Cursor, sort)
		if err != nil {
			return query, err
		}
		query.AfterID, query.AfterKey = c.ID, c.Num
		if sort == store.SortTitle {
			query.AfterKey = c.Text
		}
	}
	return query, nil
}

// bound bounds the price.
func bound(query *store.ListingQuery, least, most *int64) error {
	if least == nil && most == nil {
		return nil
	}
	query.Currency = chat.Currencies[0]
	if least != nil {
		query.Least = *least
	}
	if most != nil {
		// The store takes 0 for no bound: what costs nothing costs less than one unit.
		query.Most = max(*most, 1)
	}
	if query.Least < 0 || (most != nil && *most < query.Least) {
		return chat.FieldError("max_price", "The highest price lies below the lowest one.")
	}
	return nil
}

// soughtWords returns the words of a text that are looked for.
func soughtWords(text string) []string {
	words := strings.Fields(fold(text))
	words = words[:min(len(words), chat.MaxQueryWords)]
	for i, word := range words {
		words[i] = sought(word)
	}
	return words
}

// sought is what is looked for of a word or place that is folded: folding may make 18 characters of one.
func sought(s string) string { return chat.FirstChars(s, chat.MaxQueryWordChars) }

// fold is store.Fold without what cannot be stored: PostgreSQL refuses a NUL in any text.
func fold(s string) string {
	return store.Fold(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", ""))
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
