package web

import (
	"net/http"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// createView is the form that offers a thing, with what was typed into it.
type createView struct {
	shell
	form
	TitleField, AboutField, Price field
	Currency                      string
	Category, Condition, City     field
	Negotiable                    bool
	Categories                    []chat.Category
	Conditions                    []chat.Condition
	Currencies                    []string
	MaxTitle, MaxDescription      int
	MaxCity                       int
}

// newCreateView returns the form as it was posted; on a GET everything is empty.
func newCreateView(r *http.Request) createView {
	v := createView{
		TitleField: typed(r, "title"), AboutField: typed(r, "description"), Price: typed(r, "price"),
		Currency: r.PostForm.Get("currency"), Category: typed(r, "category"), Condition: typed(r, "condition"),
		City: typed(r, "city"), Negotiable: r.PostForm.Get("negotiable") != "",
		Categories: chat.Categories, Conditions: chat.Conditions, Currencies: chat.Currencies,
		MaxTitle: chat.MaxTitleChars, MaxDescription: chat.MaxDescriptionChars, MaxCity: chat.MaxCityChars,
	}
	if v.Currency == "" {
		v.Currency = chat.Currencies[0]
	}
	return v
}

// createForm answers GET /create/.
func (w *Web) createForm(rw http.ResponseWriter, r *http.Request) error {
	v := newCreateView(r)
	v.Negotiable = true
	v.Status = http.StatusOK
	return w.showCreate(rw, r, v)
}

// create answers POST /create/.
func (w *Web) create(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	v := newCreateView(r)
	l, err := w.offer(r, who.User.ID, v)
	if err == nil {
		return redirect(rw, r, wire.ListingURL(l))
	}
	if err := v.refuse(rw, err, &v.TitleField, &v.AboutField, &v.Price, &v.Category, &v.Condition, &v.City); err != nil {
		return err
	}
	return w.showCreate(rw, r, v)
}

// offer makes the listing that the form asks for. A wrong price is told about
// last, since the other fields' rules are looked at together.
func (w *Web) offer(r *http.Request, who chat.UserID, v createView) (chat.Listing, error) {
	draft := chat.ListingDraft{
		Title: v.TitleField.Value, Description: v.AboutField.Value, Price: chat.Money{Currency: v.Currency},
		Category: v.Category.Value, Condition: v.Condition.Value, City: strings.TrimSpace(v.City.Value), Negotiable: v.Negotiable,
	}
	price, err := parsePrice(v.Price.Value, v.Currency)
	if err != nil {
		if _, first := draft.Parse(); first != nil {
			return chat.Listing{}, first
		}
		return chat.Listing{}, err
	}
	draft.Price = price
	return w.listings.Create(r.Context(), who, draft)
}

func (w *Web) showCreate(rw http.ResponseWriter, r *http.Request, v createView) error {
	s, err := w.signedIn(r, "Sell something", "sell")
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "banner", "form")
	v.shell = s
	return w.render(rw, r, v.Status, "create", v)
}
