package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
	"swapnest/internal/http/auth"
)

// shopView is the shop: what can be had, narrowed by words and filters.
type shopView struct {
	shell
	Heading    string
	Categories []chat.Category
	Category   chat.Category // the one looked at; without a slug for all
	Orders     []order
	Filters    filters
	Shelf      shelf
	Next       string // address of the next page, "" on the last
	Newest     string // address of the first page, "" on it
}

// filters is the form that narrows the shop, as it was filled in.
type filters struct {
	Action              string
	Category, Condition string
	Place, Least, Most  field
	Text, Sort          string
	Categories          []chat.Category
	Conditions          []chat.Condition
	Sign                string // of the currency
	Any                 bool   // something is narrowed besides words and category
	Clear               string // address without any filter
	MaxQuery            int
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

// shopQuery is what an address of the shop asks for.
type shopQuery struct {
	listings.Query
	least, most string // as they were typed
}

// readShop reads an address of the shop. A price that cannot be read is a fault of its
// field, and bounds nothing.
func readShop(r *http.Request) (shopQuery, filters) {
	values := r.URL.Query()
	q := shopQuery{
		Query: listings.Query{
			Text: strings.TrimSpace(values.Get("q")), Category: values.Get("category"), Condition: values.Get("condition"),
			Place: strings.TrimSpace(values.Get("place")), Sort: values.Get("sort"), Cursor: values.Get("cursor"),
		},
		least: strings.TrimSpace(values.Get("min_price")), most: strings.TrimSpace(values.Get("max_price")),
	}
	if category := r.PathValue("category"); category != "" {
		q.Category = category
	}
	f := filters{
		Action: "/shop/", Category: q.Category, Condition: q.Condition, Text: q.Text, Sort: q.Sort, Place: field{Name: "place", Value: q.Place},
		Least: field{Name: "min_price", Value: q.least}, Most: field{Name: "max_price", Value: q.most},
		Categories: chat.Categories, Conditions: chat.Conditions, Sign: chat.CurrencySign(chat.Currencies[0]), MaxQuery: chat.MaxQueryChars,
		Any: q.Condition != "" || q.Place != "" || q.least != "" || q.most != "",
	}
	for _, bound := range []struct {
		*field
		into **int64
	}{{&f.Least, &q.Least}, {&f.Most, &q.Most}} {
		if bound.Value == "" {
			continue
		}
		price, err := parsePrice(bound.Value, chat.Currencies[0])
		if err != nil {
			bound.Fault = err.Error()
			continue
		}
		*bound.into = &price.Amount
	}
	return q, f
}

// shop answers GET /, /shop/, /search/ and /categories/{category}/.
func (w *Web) shop(rw http.ResponseWriter, r *http.Request) error {
	q, f := readShop(r)
	category, known := chat.CategoryBySlug(q.Category)
	if q.Category != "" && !known {
		return chat.ErrNotFound("category")
	}
	s, err := w.shell(r, "Good things, close to home", "shop")
	if err != nil {
		return err
	}
	q.Viewer, q.Address = s.Viewer(), auth.Address(r)
	page, err := w.listings.List(r.Context(), q.Query)
	if e, ok := errors.AsType[*chat.Error](err); ok && e.Field == f.Most.Name {
		f.Most.Fault, err = e.Detail, nil
	}
	if err != nil {
		return err
	}
	things, err := w.shelf(r.Context(), s, page.Listings)
	if err != nil {
		return err
	}
	return w.render(rw, r, http.StatusOK, "shop", newShopView(s, q, f, category, things, page.Next))
}

func newShopView(s shell, q shopQuery, f filters, category chat.Category, things shelf, next string) shopView {
	s.Query = q.Text
	s.Description = "Used things from people nearby. Ask, agree, pick it up."
	s.Scripts = append(s.Scripts, "shop")
	s.Styles = append(s.Styles, "listing-card", "shop", "empty")
	v := shopView{shell: s, Categories: chat.Categories, Category: category, Shelf: things, Heading: shopHeading(q.Text, category), Filters: f}
	if v.Heading != "" {
		v.Title = v.Heading
	} else {
		v.Heading = "Just in"
	}
	at := q.Cursor
	q.Cursor = ""
	if at != "" {
		v.Newest = shopURL(q)
	}
	for _, o := range orders {
		to := q
		to.Sort = o.key
		v.Orders = append(v.Orders, order{Name: o.name, URL: shopURL(to), Current: o.key == q.Sort || (o.key == "recent" && q.Sort == "")})
	}
	plain := shopQuery{Query: listings.Query{Text: q.Text, Category: q.Category, Sort: q.Sort}}
	v.Filters.Clear = shopURL(plain)
	if next != "" {
		q.Cursor = next
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
func shopURL(q shopQuery) string {
	path, values := "/shop/", url.Values{}
	for _, p := range [][2]string{
		{"q", q.Text},
		{"condition", q.Condition},
		{"place", q.Place},
		{"min_price", q.least},
		{"max_price", q.most},
		{"sort", q.Sort},
		{"cursor", q.Cursor},
	} {
		if p[1] != "" && p != [2]string{"sort", "recent"} {
			values.Set(p[0], p[1])
		}
	}
	if q.Category != "" {
		path = categoryURL(q.Category)
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// categoryURL is the page of a category.
func categoryURL(slug string) string { return "/categories/" + slug + "/" }

// categoriesView lists the categories, with how much is in each.
type categoriesView struct {
	shell
	Categories []chat.Category
	Counts     map[string]int64
}

// categories answers GET /categories/.
func (w *Web) categories(rw http.ResponseWriter, r *http.Request) error {
	counts, err := w.listings.Counts(r.Context())
	if err != nil {
		return err
	}
	s, err := w.shell(r, "Categories", "shop")
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "shop")
	return w.render(rw, r, http.StatusOK, "categories", categoriesView{shell: s, Categories: chat.Categories, Counts: counts})
}
