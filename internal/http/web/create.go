package web

import (
	"net/http"

	"swapnest/internal/chat"
)

// createForm answers GET /create/.
func (w *Web) createForm(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "", "sell")
	if err != nil {
		return err
	}
	v := newListingForm(r)
	v.Negotiable = true
	v.City.Value = s.Me.User.City
	return w.showListingForm(rw, r, creating(s, v))
}

// creating is the form of a new listing.
func creating(s shell, v listingForm) listingForm {
	s.Title = "Sell something"
	v.shell, v.Heading, v.Action = s, s.Title, "/create/"
	v.Lead, v.Button = "Say what it is and what is worn. Honest words sell faster.", "Put it up"
	return v
}

// create answers POST /create/. A form that brought a photo which cannot be shown comes
// back with all the rest of it.
func (w *Web) create(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "", "sell")
	if err != nil {
		return err
	}
	v, err := w.listingPosted(r, s.Me.User.ID, nil)
	if err != nil {
		return err
	}
	v = creating(s, v)
	if v.Photos.Fault != "" {
		return w.refused(rw, r, v, nil)
	}
	draft, err := v.draft()
	var l chat.Listing
	if err == nil {
		l, err = w.listings.Create(r.Context(), s.Me.User.ID, draft, v.IDs())
	}
	if err != nil {
		return w.refused(rw, r, v, err)
	}
	return redirect(rw, r, listingURL(l))
}
