package web

import (
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
)

// profileView is the reader's own account: who they are and what they sell.
type profileView struct {
	shell
	Listings []chat.Listing
	Next     string // address of the next page, "" on the last
}

// profile answers GET /accounts/profile/.
func (w *Web) profile(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Your account", "you")
	if err != nil {
		return err
	}
	page, err := w.listings.List(r.Context(), listings.Query{Seller: s.Me.User.ID, Cursor: r.URL.Query().Get("cursor")})
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "listing-card", "shop", "empty", "form")
	v := profileView{shell: s, Listings: page.Listings}
	if page.Next != "" {
		// A cursor is base64 for addresses, so nothing in it needs escaping.
		v.Next = "/accounts/profile/?cursor=" + page.Next
	}
	return w.render(rw, r, http.StatusOK, "profile", v)
}
