package web

import (
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
)

// editForm answers GET /product/{slug}/edit/.
func (w *Web) editForm(rw http.ResponseWriter, r *http.Request) error {
	s, l, err := w.ownListing(r)
	if err != nil {
		return err
	}
	v := newListingForm(r)
	v.TitleField.Value, v.AboutField.Value, v.Price.Value, v.Currency = l.Title, l.Description, figuresOf(l.Price), l.Price.Currency
	v.Category.Value, v.Condition.Value, v.City.Value, v.Negotiable = l.Category, string(l.Condition), l.City, l.Negotiable
	v.show(l.Photos)
	return w.showListingForm(rw, r, editing(s, l, v))
}

// editing is the form of a listing that is there.
func editing(s shell, l chat.Listing, v listingForm) listingForm {
	s.Title = "Change “" + l.Title + "”"
	v.shell, v.Heading, v.Action = s, "Change it", listingURL(l)+"edit/"
	v.Lead, v.Button, v.Stay = "Everybody who talks with you about it sees at once what changes.", "Save", listingURL(l)
	return v
}

// edit answers POST /product/{slug}/edit/.
func (w *Web) edit(rw http.ResponseWriter, r *http.Request) error {
	s, l, err := w.ownListing(r)
	if err != nil {
		return err
	}
	v, err := w.listingPosted(r, s.Me.User.ID, l.Photos)
	if err != nil {
		return err
	}
	v = editing(s, l, v)
	if v.Photos.Fault != "" {
		return w.refused(rw, r, v, nil)
	}
	d, err := v.draft()
	ids := v.IDs()
	if err == nil {
		l, err = w.listings.Edit(r.Context(), s.Me.User.ID, listings.EditCommand{
			Listing: l.ID, Title: &d.Title, Description: &d.Description, Price: &d.Price, Category: &d.Category,
			Condition: &d.Condition, City: &d.City, Negotiable: &d.Negotiable, Photos: &ids,
		})
	}
	if err != nil {
		return w.refused(rw, r, v, err)
	}
	return redirect(rw, r, listingURL(l))
}
