package chat

import (
	"slices"
	"time"
	"unicode/utf8"
)

// ListingStatus says whether a thing can still be had.
type ListingStatus string

// The states of a listing.
const (
	ListingActive   ListingStatus = "active"
	ListingReserved ListingStatus = "reserved"
	ListingSold     ListingStatus = "sold"
	ListingInactive ListingStatus = "inactive"
)

// Condition says how worn a thing is.
type Condition string

// Conditions are the known ones, best first.
var Conditions = []Condition{"new", "like_new", "good", "fair", "poor"}

// Label returns the condition in words.
func (c Condition) Label() string {
	switch c {
	case "new":
		return "New"
	case "like_new":
		return "Like new"
	case "good":
		return "Good"
	case "fair":
		return "Fair"
	default:
		return "Poor"
	}
}

// Category is a shelf of the shop.
type Category struct {
	Slug string
	Name string
	Icon string // of the sprite
}

// Categories are the shelves, in their order.
var Categories = []Category{
	{"cycles", "Cycles", "bike"},
	{"furniture", "Furniture", "sofa"},
	{"phones", "Phones", "phone"},
	{"kitchen", "Kitchen", "pot"},
	{"books", "Books", "book"},
	{"sport", "Sport", "ball"},
	{"music", "Music", "note"},
	{"garden", "Garden", "leaf"},
}

// CategoryBySlug returns the category and whether there is one.
func CategoryBySlug(slug string) (Category, bool) {
	i := slices.IndexFunc(Categories, func(c Category) bool { return c.Slug == slug })
	if i < 0 {
		return Category{}, false
	}
	return Categories[i], true
}

// Photo is a picture of a listing in two sizes of one shape. The keys name their bytes
// in the blob store; Key is also what the photo is called by.
type Photo struct {
	Key           string
	ThumbKey      string
	Width, Height int // pixels of the larger one
}

// Listing is a thing for sale.
type Listing struct {
	ID          ListingID
	Slug        string
	Seller      User
	Title       string
	Description string
	Price       Money
	Category    string // a slug of Categories
	Condition   Condition
	Status      ListingStatus
	City        string
	Negotiable  bool
	Photos      []Photo // at most MaxPhotos; the first is the one shown in lists
	Views       int64   // visitors, each once a day
	PriceWas    int64   // before it was lowered, in the same currency; 0 if it never was
	CreatedAt   time.Time
}

// Priced returns the listing at another price. What it cost before is remembered when it
// has become cheaper, and forgotten when it has not.
func (l Listing) Priced(price Money) Listing {
	switch {
	case price == l.Price:
		return l
	case price.Currency == l.Price.Currency && price.Amount < l.Price.Amount:
		l.PriceWas = max(l.PriceWas, l.Price.Amount)
	default:
		l.PriceWas = 0
	}
	l.Price = price
	return l
}

// ListingDraft is what a seller fills in.
type ListingDraft struct {
	Title, Description  string
	Price               Money
	Category, Condition string
	City                string
	Negotiable          bool
}

// Parse returns the draft with its texts normalised, or the first refusal.
func (d ListingDraft) Parse() (ListingDraft, error) {
	var err error
	if d.Title, err = line("title", "A title", d.Title, 3, MaxTitleChars); err != nil {
		return d, err
	}
	if d.Description, err = clean(d.Description, "description"); err != nil {
		return d, err
	}
	if utf8.RuneCountInString(d.Description) > MaxDescriptionChars {
		return d, FieldError("description", "A description can have at most %d characters.", MaxDescriptionChars)
	}
	if d.Price, err = ParseMoney(d.Price.Amount, d.Price.Currency); err != nil {
		return d, err
	}
	if _, ok := CategoryBySlug(d.Category); !ok {
		return d, FieldError("category", "Choose one of the categories.")
	}
	if !slices.Contains(Conditions, Condition(d.Condition)) {
		return d, FieldError("condition", "Choose one of the conditions.")
	}
	if d.City, err = ParsePlace(d.City); err != nil {
		return d, err
	}
	return d, nil
}

// CanAsk refuses a new conversation about the listing: with oneself, or about
// what is no longer offered.
func (l Listing) CanAsk(who UserID) error {
	switch {
	case l.Seller.ID == who:
		return FieldError("listing_id", "This is your own listing, so there is nobody to ask.")
	case l.Status == ListingSold:
		return FieldError("listing_id", "This has been sold, so it takes no new conversations.")
	case l.Status == ListingInactive || !l.Seller.ClosedAt.IsZero():
		return FieldError("listing_id", "This is no longer offered, so it takes no new conversations.")
	}
	return nil
}

// ParseListingStatus accepts active, reserved, sold and inactive.
func ParseListingStatus(s string) (ListingStatus, error) {
	switch status := ListingStatus(s); status {
	case ListingActive, ListingReserved, ListingSold, ListingInactive:
		return status, nil
	}
	return "", FieldError("status", "A listing is active, reserved, sold or inactive.")
}
