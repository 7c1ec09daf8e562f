package api

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
)

// wishInput names a listing.
type wishInput struct {
	ID chat.ListingID `path:"id"`
}

// addWish answers PUT /wishlist/{id}.
func (a *API) addWish(ctx context.Context, c call, in *wishInput) (*none, error) {
	return &none{}, a.Listings.Wish(ctx, c.identity.User.ID, in.ID)
}

// removeWish answers DELETE /wishlist/{id}.
func (a *API) removeWish(ctx context.Context, c call, in *wishInput) (*none, error) {
	return &none{}, a.Listings.Unwish(ctx, c.identity.User.ID, in.ID)
}

// mineInput asks for a page of one's own.
type mineInput struct {
	Cursor string `query:"cursor" doc:"The next of the page before."`
	Limit  int    `query:"limit" minimum:"1" doc:"12 when left out; more than 60 is 60."`
}

// listWishlist answers GET /wishlist.
func (a *API) listWishlist(ctx context.Context, c call, in *mineInput) (*listListingsOutput, error) {
	return a.page(ctx, c, listings.Query{WishedBy: c.identity.User.ID, Cursor: in.Cursor, Limit: in.Limit})
}

// listMyListings answers GET /me/listings.
func (a *API) listMyListings(ctx context.Context, c call, in *mineInput) (*listListingsOutput, error) {
	return a.page(ctx, c, listings.Query{Seller: c.identity.User.ID, Cursor: in.Cursor, Limit: in.Limit})
}
