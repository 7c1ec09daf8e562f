package web

import "swapnest/internal/live/wire"

// listingURL is the page of a listing.
var listingURL = wire.ListingURL

// marketRoutes mounts the pages of things for sale.
func (w *Web) marketRoutes(mux Mux) {
	get := func(path string, h handler) { mux.Handle("GET "+path, w.page(h)) }
	post := func(path string, h handler) { mux.Handle("POST "+path, w.page(h)) }

	get("/{$}", w.shop)
	get("/shop/{$}", w.shop)
	get("/search/{$}", w.shop)
	get("/categories/{$}", w.categories)
	get("/categories/{category}/{$}", w.shop)

	get("/product/{slug}/{$}", w.product)
	post("/product/{slug}/view/{$}", w.view)
	get("/product/{slug}/edit/{$}", w.editForm)
	mux.Handle("POST /product/{slug}/edit/{$}", w.upload(w.edit))
	get("/product/{slug}/delete/{$}", w.deleteForm)
	post("/product/{slug}/delete/{$}", w.delete)
	for _, m := range standings {
		get("/product/{slug}/"+m.Path+"/{$}", w.standForm(m))
		post("/product/{slug}/"+m.Path+"/{$}", w.stand(m))
	}
	get("/create/{$}", w.createForm)
	mux.Handle("POST /create/{$}", w.upload(w.create))

	for _, path := range []string{"/wishlist/add/{id}/{$}", "/wishlist/remove/{id}/{$}"} {
		get(path, w.wishForm)
	}
	post("/wishlist/add/{id}/{$}", w.addWish)
	post("/wishlist/remove/{id}/{$}", w.removeWish)
}
