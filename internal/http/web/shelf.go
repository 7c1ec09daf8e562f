package web

import (
	"context"

	"swapnest/internal/chat"
)

// shelf is a row of things for sale.
type shelf struct {
	Cards []card
	Back  string // the page it stands on
	Login bool   // one has to log in before one can save a thing
	Plain bool   // without hearts
}

// card is a thing on a shelf.
type card struct {
	chat.Listing
	Wished bool
	Own    bool // one's own needs no heart
}

// shelf returns listings as the reader of a page sees them.
func (w *Web) shelf(ctx context.Context, s shell, all []chat.Listing) (shelf, error) {
	var wished map[chat.ListingID]bool
	if s.Me != nil && len(all) > 0 {
		var err error
		if wished, err = w.listings.Wished(ctx, s.Me.User.ID); err != nil {
			return shelf{}, err
		}
	}
	return newShelf(s, all, wished), nil
}

func newShelf(s shell, all []chat.Listing, wished map[chat.ListingID]bool) shelf {
	v := shelf{Back: s.Path, Login: s.Me == nil}
	for _, l := range all {
		v.Cards = append(v.Cards, card{Listing: l, Wished: wished[l.ID], Own: s.Is(l.Seller.ID)})
	}
	return v
}

// heart is the button that saves a thing.
type heart struct {
	ID     chat.ListingID
	Title  string
	Wished bool
	Login  bool // one has to log in before
	Back   string
}

func newHeart(id chat.ListingID, title string, wished, login bool, back string) heart {
	return heart{id, title, wished, login, back}
}
