package web

import (
	"context"
	"net/http"

	"swapnest/internal/chat"
)

// addWish answers POST /wishlist/add/{id}/.
func (w *Web) addWish(rw http.ResponseWriter, r *http.Request) error {
	return w.wish(rw, r, w.listings.Wish)
}

// removeWish answers POST /wishlist/remove/{id}/.
func (w *Web) removeWish(rw http.ResponseWriter, r *http.Request) error {
	return w.wish(rw, r, w.listings.Unwish)
}

// wish changes the wishlist and goes back to where the heart was pressed.
func (w *Web) wish(rw http.ResponseWriter, r *http.Request, change func(context.Context, chat.UserID, chat.ListingID) error) error {
	id, err := pathID[chat.ListingID](r, "listing")
	if err != nil {
		return err
	}
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	if err := change(r.Context(), who.User.ID, id); err != nil {
		return err
	}
	return redirect(rw, r, back(r, "/accounts/my-wishlist/"))
}

// back is where a posted form says that one came from, or otherwise.
func back(r *http.Request, otherwise string) string {
	if next := nextPath(r.PostForm.Get("next")); next != "" {
		return next
	}
	return otherwise
}

// wishForm answers GET /wishlist/add/{id}/ and /wishlist/remove/{id}/, which changed the
// list in the system before this one: it leads to where there is a button.
func (w *Web) wishForm(rw http.ResponseWriter, r *http.Request) error {
	l, err := w.pathListing(r)
	if err != nil {
		return err
	}
	return redirect(rw, r, listingURL(l))
}

// pathListing returns the listing whose id is in the address, or NotFound.
func (w *Web) pathListing(r *http.Request) (chat.Listing, error) {
	id, err := pathID[chat.ListingID](r, "listing")
	if err != nil {
		return chat.Listing{}, err
	}
	return w.listings.Listing(r.Context(), chat.User{}, id)
}
