package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// listingForm is the form of a listing, new or not, with what was typed into it.
type listingForm struct {
	shell
	form
	Heading, Lead, Button, Action, Stay string
	TitleField, AboutField, Price       field
	Currency                            string
	Category, Condition, City, Photos   field
	Negotiable                          bool
	Chosen                              []chosen // the photos so far, in their order
	Categories                          []chat.Category
	Conditions                          []chat.Condition
	Currencies                          []string
	MaxTitle, MaxDescription            int
	MaxCity, MaxPhotos, MaxPhotoBytes   int
}

// chosen is a photo of the form. Place is where it stands, from 1.
type chosen struct {
	ID, URL       string
	Width, Height int
	Place         int
}

// newListingForm returns the form as it was posted; on a GET everything is empty.
func newListingForm(r *http.Request) listingForm {
	v := listingForm{
		TitleField: typed(r, "title"), AboutField: typed(r, "description"), Price: typed(r, "price"),
		Currency: r.PostForm.Get("currency"), Category: typed(r, "category"), Condition: typed(r, "condition"),
		City: typed(r, "city"), Negotiable: r.PostForm.Get("negotiable") != "", Photos: field{Name: "photos"},
		Categories: chat.Categories, Conditions: chat.Conditions, Currencies: chat.Currencies,
		MaxTitle: chat.MaxTitleChars, MaxDescription: chat.MaxDescriptionChars, MaxCity: chat.MaxCityChars,
		MaxPhotos: chat.MaxPhotos, MaxPhotoBytes: chat.MaxPhotoBytes,
	}
	v.form.Status = http.StatusOK
	if v.Currency == "" {
		v.Currency = chat.Currencies[0]
	}
	return v
}

// Places are where a photo can stand.
func (v listingForm) Places() []int {
	places := make([]int, len(v.Chosen))
	for i := range places {
		places[i] = i + 1
	}
	return places
}

// show sets the photos of the form.
func (v *listingForm) show(photos []chat.Photo) {
	v.Chosen = nil
	for i, p := range photos {
		v.Chosen = append(v.Chosen, chosen{ID: p.Key, URL: wire.MediaURL(p.ThumbKey), Width: p.Width, Height: p.Height, Place: i + 1})
	}
}

// IDs are the names of the photos in their order.
func (v listingForm) IDs() []string {
	ids := make([]string, len(v.Chosen))
	for i, c := range v.Chosen {
		ids[i] = c.ID
	}
	return ids
}

// draft is what the form asks for. A wrong price is told about last, since the other
// fields' rules are looked at together.
func (v listingForm) draft() (chat.ListingDraft, error) {
	draft := chat.ListingDraft{
		Title: v.TitleField.Value, Description: v.AboutField.Value, Price: chat.Money{Currency: v.Currency},
		Category: v.Category.Value, Condition: v.Condition.Value, City: strings.TrimSpace(v.City.Value), Negotiable: v.Negotiable,
	}
	price, err := parsePrice(v.Price.Value, v.Currency)
	if err != nil {
		if _, first := draft.Parse(); first != nil {
			return draft, first
		}
		return draft, err
	}
	draft.Price = price
	return draft, nil
}

// listingPosted reads the posted form: its fields, and its photos in their order. Those
// that came with it stand behind those that were there.
func (w *Web) listingPosted(r *http.Request, who chat.UserID, has []chat.Photo) (listingForm, error) {
	a, err := w.parseUpload(r, who, chat.MaxPhotos)
	if err != nil {
		return listingForm{}, err
	}
	v := newListingForm(r)
	order := orderOf(r)
	if over := len(order) + len(a.photos) - chat.MaxPhotos; over > 0 {
		a.photos = a.photos[:max(0, len(a.photos)-over)]
		if a.fault == nil {
			a.fault = chat.FieldError("photos", "A listing can have at most %d photos. The first ones are kept.", chat.MaxPhotos)
		}
	}
	known, err := w.uploads.Known(r.Context(), who, order)
	if err != nil {
		return v, err
	}
	var photos []chat.Photo
	for _, id := range order {
		p, ok := known[id]
		if i := slices.IndexFunc(has, func(p chat.Photo) bool { return p.Key == id }); i >= 0 {
			p, ok = has[i], true
		}
		if ok {
			photos = append(photos, p)
		} else if a.fault == nil {
			a.fault = chat.FieldError("photos", "One of the photos is not there any more. Add it again.")
		}
	}
	v.show(append(photos, a.photos...))
	if a.fault != nil {
		v.Photos.Fault, v.form.Status = a.fault.Detail, status(a.fault)
	}
	return v, nil
}

// orderOf returns the names of the photos that were on the form, as it puts them in order:
// each has a place, and may be taken away.
func orderOf(r *http.Request) []string {
	type photo struct {
		id    string
		place int
	}
	var photos []photo
	// A form of ours has no more than fit.
	named, places := r.PostForm["photo"], r.PostForm["place"]
	for i, id := range named[:min(len(named), 2*chat.MaxPhotos)] {
		if slices.Contains(r.PostForm["remove"], id) || slices.ContainsFunc(photos, func(p photo) bool { return p.id == id }) {
			continue
		}
		place := i + 1
		if i < len(places) {
			if n, err := strconv.Atoi(places[i]); err == nil {
				place = n
			}
		}
		// Of two that want the same place, the one that has moved there gets it.
		photos = append(photos, photo{id, 2*place - cmp.Compare(i+1, place)})
	}
	slices.SortStableFunc(photos, func(a, b photo) int { return a.place - b.place })
	ids := make([]string, 0, len(photos))
	for _, p := range photos {
		ids = append(ids, p.id)
	}
	return ids[:min(len(ids), chat.MaxPhotos)]
}

// refused shows the form again with what is wrong with it.
func (w *Web) refused(rw http.ResponseWriter, r *http.Request, v listingForm, err error) error {
	if err != nil {
		if err := v.refuse(rw, err, &v.TitleField, &v.AboutField, &v.Price, &v.Category, &v.Condition, &v.City, &v.Photos); err != nil {
			return err
		}
	}
	return w.showListingForm(rw, r, v)
}

func (w *Web) showListingForm(rw http.ResponseWriter, r *http.Request, v listingForm) error {
	v.Styles = append(v.Styles, "banner", "form", "photos")
	v.Scripts = append(v.Scripts, "sell")
	return w.render(rw, r, v.form.Status, "listing-form", v)
}
