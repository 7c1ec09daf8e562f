package web

import (
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
)

// standing is a state that a seller can give a listing, at an address of its own.
type standing struct {
	Path   string // the end of the address
	status chat.ListingStatus
	ask    string // what the page asks
	tell   string // what follows from it
	Button string
}

var standings = []standing{
	{"mark-sold", chat.ListingSold, "Is it sold?", "It leaves the shop and takes no new questions. Your conversations about it go on, and everybody in them sees that it is sold.", "Mark as sold"},
	{"mark-reserved", chat.ListingReserved, "Is it reserved?", "It stays in the shop with a label. Others can still ask, in case nothing comes of it.", "Mark as reserved"},
	{"mark-active", chat.ListingActive, "Can it be had again?", "It stands in the shop again, and everybody can ask about it.", "Offer it again"},
	{"mark-inactive", chat.ListingInactive, "Take it down?", "It leaves the shop and takes no new questions. You can offer it again at any time.", "Take it down"},
}

// confirmView asks before something is done: a GET changes nothing.
type confirmView struct {
	shell
	Listing   chat.Listing
	Action    string
	Ask, Tell string
	Button    string
	Kind      string // of the button: primary or danger
	Stay      string // the way back
}

// ownListing returns the listing of the address, of which the reader is the seller.
func (w *Web) ownListing(r *http.Request) (shell, chat.Listing, error) {
	s, err := w.signedIn(r, "", "you")
	if err != nil {
		return s, chat.Listing{}, err
	}
	l, err := w.listings.BySlug(r.Context(), s.Me.User, r.PathValue("slug"))
	if err == nil && !s.Is(l.Seller.ID) {
		err = chat.Errorf(chat.Forbidden, "Only the seller can change a listing.")
	}
	return s, l, err
}

// standForm answers GET /product/{slug}/mark-sold/ and its like.
func (w *Web) standForm(m standing) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		s, l, err := w.ownListing(r)
		if err != nil {
			return err
		}
		return w.confirm(rw, r, confirmView{
			shell: s, Listing: l, Action: listingURL(l) + m.Path + "/", Ask: m.ask, Tell: m.tell, Button: m.Button, Kind: "primary", Stay: listingURL(l),
		})
	}
}

// stand answers POST /product/{slug}/mark-sold/ and its like.
func (w *Web) stand(m standing) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		s, l, err := w.ownListing(r)
		if err != nil {
			return err
		}
		if err := parseForm(r); err != nil {
			return err
		}
		status := string(m.status)
		if _, err := w.listings.Edit(r.Context(), s.Me.User.ID, listings.EditCommand{Listing: l.ID, Status: &status}); err != nil {
			return err
		}
		return redirect(rw, r, back(r, listingURL(l)))
	}
}

// deleteForm answers GET /product/{slug}/delete/.
func (w *Web) deleteForm(rw http.ResponseWriter, r *http.Request) error {
	s, l, err := w.ownListing(r)
	if err != nil {
		return err
	}
	return w.confirm(rw, r, confirmView{
		shell: s, Listing: l, Action: listingURL(l) + "delete/", Ask: "Delete it for good?",
		Tell:   "The listing and its photos are gone then. Conversations about it stay, with its title.",
		Button: "Delete", Kind: "danger", Stay: listingURL(l),
	})
}

// delete answers POST /product/{slug}/delete/.
func (w *Web) delete(rw http.ResponseWriter, r *http.Request) error {
	s, l, err := w.ownListing(r)
	if err != nil {
		return err
	}
	if err := w.listings.Delete(r.Context(), s.Me.User.ID, l.ID); err != nil {
		return err
	}
	return redirect(rw, r, "/accounts/my-products/")
}

func (w *Web) confirm(rw http.ResponseWriter, r *http.Request, v confirmView) error {
	v.Title = v.Ask
	v.Styles = append(v.Styles, "form", "conversation-header", "start")
	return w.render(rw, r, http.StatusOK, "confirm", v)
}
