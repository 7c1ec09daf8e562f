package web

import (
	"net/http"
	"net/url"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
)

// shopView is the shop: what can be had, narrowed by words and category.
type shopView struct {
	shell
	Heading    string
	Categories []chat.Category
	Category   chat.Category // the one looked at; without a slug for all
	Orders     []order
	Listings   []chat.Listing
	Next       string // address of the next page, "" on the last
	Later      bool   // this is not the first page
}

// order is a way to sort, and where it leads.
type order struct {
	Name, URL string
	Current   bool
}

// orders are the ways to sort, by their names in addresses.
var orders = []struct{ key, name string }{
	{"recent", "Newest"}, {"price", "Lowest price"}, {"title", "A to Z"},
}

// shop answers GET /, /shop/ and /search/.
func (w *Web) shop(rw http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	q := listings.Query{
		Text: strings.TrimSpace(values.Get("q")), Category: values.Get("category"),
		Sort: values.Get("sort"), Cursor: values.Get("cursor"),
	}
	category, known := chat.CategoryBySlug(q.Category)
	if q.Category != "" && !known {
		return chat.ErrNotFound("category")
	}
	page, err := w.listings.List(r.Context(), q)
	if err != nil {
		return err
	}
	s, err := w.shell(r, "Good things, close to home", "shop")
	if err != nil {
		return err
	}
	return w.render(rw, r, http.StatusOK, "shop", newShopView(s, q, category, page))
}

func newShopView(s shell, q listings.Query, category chat.Category, page listings.Page) shopView {
	s.Query = q.Text
	s.Description = "Used things from people nearby. Ask, agree, pick it up."
	s.Styles = append(s.Styles, "listing-card", "shop", "empty")
	v := shopView{
		shell: s, Categories: chat.Categories, Category: category, Listings: page.Listings,
		Heading: shopHeading(q.Text, category), Later: q.Cursor != "",
	}
	if v.Heading != "" {
		v.Title = v.Heading
	} else {
		v.Heading = "Just in"
	}
	for _, o := range orders {
		to := q
		to.Sort, to.Cursor = o.key, ""
		v.Orders = append(v.Orders, order{Name: o.name, URL: shopURL(to), Current: o.key == q.Sort || (o.key == "recent" && q.Sort == "")})
	}
	if page.Next != "" {
		q.Cursor = page.Next
		v.Next = shopURL(q)
	}
	return v
}

// shopHeading says what is looked at, or "" for everything.
func shopHeading(text string, category chat.Category) string {
	switch {
	case text != "" && category.Slug != "":
		return "“" + text + "” in " + category.Name
	case text != "":
		return "“" + text + "”"
	}
	return category.Name
}

// shopURL is the address of a list.
func shopURL(q listings.Query) string {
	values := url.Values{}
	for _, p := range [][2]string{{"q", q.Text}, {"category", q.Category}, {"sort", q.Sort}, {"cursor", q.Cursor}} {
		if p[1] != "" && p != [2]string{"sort", "recent"} {
			values.Set(p[0], p[1])
		}
	}
	if len(values) == 0 {
		return "/shop/"
	}
	return "/shop/?" + values.Encode()
}
