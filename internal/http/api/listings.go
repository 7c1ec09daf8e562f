package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
)

// listingDraft is what a seller fills in.
type listingDraft struct {
	Title       string     `json:"title" doc:"3 to 120 characters on one line."`
	Description string     `json:"description" doc:"Up to 5,000 characters; may be empty."`
	Price       wire.Money `json:"price"`
	Category    string     `json:"category"`
	Condition   string     `json:"condition"`
	City        string     `json:"city,omitempty" doc:"Up to 80 characters."`
	Negotiable  bool       `json:"negotiable,omitempty"`
	Photos      []string   `json:"photos,omitempty" maxItems:"8" doc:"The ids of photos that have been uploaded, in their order; the first is shown in lists."`
}

// TransformSchema implements huma.SchemaTransformer.
func (listingDraft) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return withChoices(s)
}

// listingPatch changes what it names.
type listingPatch struct {
	Title       *string     `json:"title,omitempty" doc:"3 to 120 characters on one line."`
	Description *string     `json:"description,omitempty" doc:"Up to 5,000 characters; may be empty."`
	Price       *wire.Money `json:"price,omitempty"`
	Category    *string     `json:"category,omitempty"`
	Condition   *string     `json:"condition,omitempty"`
	City        *string     `json:"city,omitempty" doc:"Up to 80 characters."`
	Negotiable  *bool       `json:"negotiable,omitempty"`
	Status      *string     `json:"status,omitempty" enum:"active,reserved,sold,inactive"`
	Photos      *[]string   `json:"photos,omitempty" doc:"The ids of all its photos in their order: of those it has, and of uploaded ones."`
}

// TransformSchema implements huma.SchemaTransformer.
func (listingPatch) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return withChoices(s)
}

// withChoices names the known categories and conditions.
func withChoices(s *huma.Schema) *huma.Schema {
	for _, c := range chat.Categories {
		s.Properties["category"].Enum = append(s.Properties["category"].Enum, c.Slug)
	}
	for _, c := range chat.Conditions {
		s.Properties["condition"].Enum = append(s.Properties["condition"].Enum, string(c))
	}
	return s
}

// listingAnswer holds a listing.
type listingAnswer struct {
	Listing wire.Listing `json:"listing"`
}

type listingOutput struct{ Body listingAnswer }

func listingOf(l chat.Listing) *listingOutput {
	return &listingOutput{listingAnswer{wire.ListingOf(l)}}
}

type listListingsInput struct {
	Text      string          `query:"q" doc:"Words that all occur in title or description, at most 100 characters. The first 8 words are looked for, and the first 40 characters of each."`
	Category  string          `query:"category" doc:"A category's slug."`
	Condition string          `query:"condition" enum:"new,like_new,good,fair,poor"`
	Place     string          `query:"place" doc:"Occurs in the place, at most 100 characters, of which the first 40 are looked for."`
	Least     optional[int64] `query:"min_price" minimum:"0" doc:"In minor units of the marketplace's currency. Listings in others are left out."`
	Most      optional[int64] `query:"max_price" minimum:"0" doc:"In minor units of the marketplace's currency. Listings in others are left out."`
	Seller    chat.UserID     `query:"seller" minimum:"1" doc:"Somebody's id: what they offer now."`
	Sort      string          `query:"sort" enum:"recent,price,title" doc:"Newest first when left out."`
	Cursor    string          `query:"cursor" doc:"The next of the page before."`
	Limit     int             `query:"limit" minimum:"1" doc:"12 when left out; more than 60 is 60."`
}

// listingPage is a page of listings.
type listingPage struct {
	Listings []wire.Listing `json:"listings" nullable:"false"`
	Next     string         `json:"next" doc:"The cursor of the next page, empty on the last one."`
}

type listListingsOutput struct{ Body listingPage }

// listListings answers GET /listings.
func (a *API) listListings(ctx context.Context, c call, in *listListingsInput) (*listListingsOutput, error) {
	return a.page(ctx, c, listings.Query{
		Text: in.Text, Category: in.Category, Condition: in.Condition, Place: in.Place, Least: in.Least.pointer(), Most: in.Most.pointer(),
		Seller: in.Seller, Offered: true, Sort: in.Sort, Cursor: in.Cursor, Limit: in.Limit,
	})
}

// page returns a page of listings.
func (a *API) page(ctx context.Context, c call, q listings.Query) (*listListingsOutput, error) {
	q.Viewer, q.Address = c.identity.User, auth.Address(c.request)
	page, err := a.Listings.List(ctx, q)
	if err != nil {
		return nil, err
	}
	out := listingPage{Listings: make([]wire.Listing, len(page.Listings)), Next: page.Next}
	for i, l := range page.Listings {
		out.Listings[i] = wire.ListingOf(l)
	}
	return &listListingsOutput{out}, nil
}

type createListingInput struct{ Body listingDraft }

// createListing answers POST /listings.
func (a *API) createListing(ctx context.Context, c call, in *createListingInput) (*listingOutput, error) {
	l, err := a.Listings.Create(ctx, c.identity.User.ID, chat.ListingDraft{
		Title: in.Body.Title, Description: in.Body.Description, Price: chat.Money(in.Body.Price),
		Category: in.Body.Category, Condition: in.Body.Condition, City: in.Body.City, Negotiable: in.Body.Negotiable,
	}, in.Body.Photos)
	if err != nil {
		return nil, err
	}
	return listingOf(l), nil
}

type getListingInput struct {
	ID chat.ListingID `path:"id"`
}

// getListing answers GET /listings/{id}.
func (a *API) getListing(ctx context.Context, c call, in *getListingInput) (*listingOutput, error) {
	l, err := a.Listings.Listing(ctx, c.identity.User, in.ID)
	if err != nil {
		return nil, err
	}
	return listingOf(l), nil
}

type editListingInput struct {
	ID   chat.ListingID `path:"id"`
	Body listingPatch
}

// editListing answers PATCH /listings/{id}.
func (a *API) editListing(ctx context.Context, c call, in *editListingInput) (*listingOutput, error) {
	l, err := a.Listings.Edit(ctx, c.identity.User.ID, listings.EditCommand{
		Listing: in.ID, Title: in.Body.Title, Description: in.Body.Description, Price: (*chat.Money)(in.Body.Price),
		Category: in.Body.Category, Condition: in.Body.Condition, City: in.Body.City,
		Negotiable: in.Body.Negotiable, Status: in.Body.Status, Photos: in.Body.Photos,
	})
	if err != nil {
		return nil, err
	}
	return listingOf(l), nil
}

// deleteListing answers DELETE /listings/{id}.
func (a *API) deleteListing(ctx context.Context, c call, in *getListingInput) (*none, error) {
	return &none{}, a.Listings.Delete(ctx, c.identity.User.ID, in.ID)
}
