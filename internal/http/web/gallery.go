package web

import (
	"net/http"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// gallery is the photos of a listing, one of them large. A script swaps it in place; without
// one each small photo is a link.
type gallery struct {
	Main  photo
	Place int // of the large one, from 1
	All   []thumb
}

// thumb is a small photo, and where the large one is.
type thumb struct {
	photo
	Full    string
	Link    string
	Place   int
	Current bool
}

// gallery returns the photos of a listing, with the one large that the address names.
func (w *Web) gallery(r *http.Request, l chat.Listing) (gallery, error) {
	at, err := strconv.Atoi(r.URL.Query().Get("photo"))
	if err != nil || at < 1 || at > len(l.Photos) {
		at = 1
	}
	g := gallery{Place: at}
	for i, p := range l.Photos {
		g.All = append(g.All, thumb{
			photo: photo{URL: wire.MediaURL(p.ThumbKey), Width: p.Width, Height: p.Height}, Full: wire.MediaURL(p.Key),
			Link: listingURL(l) + "?photo=" + strconv.Itoa(i+1), Place: i + 1, Current: i+1 == at,
		})
	}
	if len(g.All) > 0 {
		large := g.All[at-1]
		g.Main = photo{URL: large.Full, Width: large.Width, Height: large.Height}
		return g, nil
	}
	g.Main, err = w.drawing(l)
	return g, err
}

// product describes a listing to machines, as https://schema.org/Product.
type product struct {
	Context     string   `json:"@context"`
	Type        string   `json:"@type"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	URL         string   `json:"url"`
	Images      []string `json:"image"`
	Category    string   `json:"category,omitempty"`
	Condition   string   `json:"itemCondition"`
	Offer       offer    `json:"offers"`
}

// offer is https://schema.org/Offer.
type offer struct {
	Type         string `json:"@type"`
	URL          string `json:"url"`
	Price        string `json:"price"`
	Currency     string `json:"priceCurrency"`
	Availability string `json:"availability"`
	Seller       seller `json:"seller"`
}

// seller is https://schema.org/Person.
type seller struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

// productOf describes a listing; origin makes its addresses whole.
func productOf(origin string, l chat.Listing, g gallery) product {
	const schema = "https://schema.org/"
	category, _ := chat.CategoryBySlug(l.Category)
	p := product{
		Context: "https://schema.org", Type: "Product", Name: l.Title, Description: l.Description, URL: origin + listingURL(l),
		Category: category.Name, Condition: schema + "UsedCondition",
		Offer: offer{
			Type: "Offer", URL: origin + listingURL(l), Price: figuresOf(l.Price), Currency: l.Price.Currency,
			Availability: schema + "InStock", Seller: seller{Type: "Person", Name: l.Seller.Name},
		},
	}
	if l.Condition == "new" {
		p.Condition = schema + "NewCondition"
	}
	switch l.Status {
	case chat.ListingReserved:
		p.Offer.Availability = schema + "LimitedAvailability"
	case chat.ListingSold:
		p.Offer.Availability = schema + "SoldOut"
	case chat.ListingInactive:
		p.Offer.Availability = schema + "Discontinued"
	}
	for _, t := range g.All {
		p.Images = append(p.Images, origin+t.Full)
	}
	if len(p.Images) == 0 {
		p.Images = []string{origin + g.Main.URL}
	}
	return p
}
