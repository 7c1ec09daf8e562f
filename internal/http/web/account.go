package web

import (
	"net/http"
	"net/url"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
	"swapnest/internal/http/auth"
)

// accountRoutes mounts the pages of accounts.
func (w *Web) accountRoutes(mux Mux) {
	get := func(path string, h handler) { mux.Handle("GET "+path, w.page(h)) }
	post := func(path string, h handler) { mux.Handle("POST "+path, w.page(h)) }
	both := func(path string, form, posted handler) { get(path, form); post(path, posted) }

	both("/accounts/login/{$}", w.loginForm, w.login)
	both("/accounts/register/{$}", w.registerForm, w.register)
	both("/accounts/logout/{$}", w.logoutForm, w.logout)
	get("/accounts/check-username/{$}", w.checkUsername)
	get("/accounts/check-email/{$}", w.checkEmail)
	both("/accounts/password-reset/{$}", w.resetForm, w.askReset)
	both("/accounts/password-reset/confirm/{$}", w.newPasswordForm, w.setNewPassword)
	both("/accounts/verify-email/{$}", w.addressPage, w.askVerify)
	both("/accounts/verify-email/{token}/{$}", w.verifyForm, w.verify)

	get("/accounts/profile/{$}", w.profile)
	both("/accounts/profile/edit/{$}", w.profileForm, w.editProfile)
	get("/accounts/profile/{username}/{$}", w.person)
	get("/accounts/my-products/{$}", w.myProducts)
	get("/accounts/my-wishlist/{$}", w.myWishlist)
	both("/accounts/password-change/{$}", w.passwordForm, w.changePassword)
	both("/accounts/devices/{$}", w.devices, w.endDevices)
	both("/accounts/saved-replies/{$}", w.savedReplies, w.addSavedReply)
	both("/accounts/saved-replies/{id}/{$}", w.savedReplyForm, w.editSavedReply)
	both("/accounts/close/{$}", w.closeForm, w.closeAccount)
}

// profileURL is the page of a person, "" for a former member.
func profileURL(u chat.User) string {
	if !u.ClosedAt.IsZero() || u.Username == "" {
		return ""
	}
	return "/accounts/profile/" + url.PathEscape(u.Username) + "/"
}

// accountView is the reader's own account: who they are, and where to change what.
type accountView struct {
	shell
	Public string // address of what others see
	Shelf  shelf  // the newest of what they sell
	More   bool
}

// profile answers GET /accounts/profile/.
func (w *Web) profile(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Your account", "you")
	if err != nil {
		return err
	}
	page, err := w.listings.List(r.Context(), listings.Query{Seller: s.Me.User.ID, Limit: alike, Viewer: s.Me.User})
	if err != nil {
		return err
	}
	s.Scripts = append(s.Scripts, "shop")
	s.Styles = append(s.Styles, "listing-card", "shop", "empty", "banner", "form", "account")
	return w.render(rw, r, http.StatusOK, "account", accountView{
		shell: s, Public: profileURL(s.Me.User), Shelf: newShelf(s, page.Listings, nil), More: page.Next != "",
	})
}

// mineView is a page of things of the reader's: what they sell, or what they wish for.
type mineView struct {
	shell
	Heading string
	Shelf   shelf
	Wishes  bool
	Next    string // address of the next page, "" on the last
	Newest  string // address of the first page, "" on it
}

// myProducts answers GET /accounts/my-products/.
func (w *Web) myProducts(rw http.ResponseWriter, r *http.Request) error {
	return w.mine(rw, r, "What you sell", "/accounts/my-products/", func(who chat.UserID) listings.Query { return listings.Query{Seller: who} })
}

// myWishlist answers GET /accounts/my-wishlist/.
func (w *Web) myWishlist(rw http.ResponseWriter, r *http.Request) error {
	return w.mine(rw, r, "Your wishlist", "/accounts/my-wishlist/", func(who chat.UserID) listings.Query { return listings.Query{WishedBy: who} })
}

func (w *Web) mine(rw http.ResponseWriter, r *http.Request, title, path string, of func(chat.UserID) listings.Query) error {
	s, err := w.signedIn(r, title, "you")
	if err != nil {
		return err
	}
	q := of(s.Me.User.ID)
	q.Viewer = s.Me.User
	q.Cursor = r.URL.Query().Get("cursor")
	page, err := w.listings.List(r.Context(), q)
	if err != nil {
		return err
	}
	s.Scripts = append(s.Scripts, "shop")
	s.Styles = append(s.Styles, "listing-card", "shop", "empty", "form")
	v := mineView{shell: s, Heading: title, Wishes: q.WishedBy != 0}
	if v.Shelf, err = w.shelf(r.Context(), s, page.Listings); err != nil {
		return err
	}
	if q.Cursor != "" {
		v.Newest = path
	}
	if page.Next != "" {
		// A cursor is base64 for addresses, so nothing in it needs escaping.
		v.Next = path + "?cursor=" + page.Next
	}
	return w.render(rw, r, http.StatusOK, "mine", v)
}

// personView is somebody as everybody sees them.
type personView struct {
	shell
	Person chat.User
	Habit  string
	Sold   int64
	Shelf  shelf
	Next   string
	Newest string
	Self   bool // the reader is it
}

// person answers GET /accounts/profile/{username}/.
func (w *Web) person(rw http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := w.shell(r, "", "shop")
	if err != nil {
		return err
	}
	u, record, err := w.accounts.Profile(ctx, s.Viewer(), r.PathValue("username"))
	if err != nil {
		return err
	}
	s.Title = u.Name
	cursor := r.URL.Query().Get("cursor")
	page, err := w.listings.List(ctx, listings.Query{Seller: u.ID, Offered: true, Cursor: cursor, Viewer: s.Viewer()})
	if err != nil {
		return err
	}
	s.Scripts = append(s.Scripts, "shop")
	s.Styles = append(s.Styles, "listing-card", "shop", "empty", "form", "account")
	v := personView{shell: s, Person: u, Habit: habit(record), Sold: record.Sold, Self: s.Is(u.ID)}
	if v.Shelf, err = w.shelf(ctx, s, page.Listings); err != nil {
		return err
	}
	if cursor != "" {
		v.Newest = profileURL(u)
	}
	if page.Next != "" {
		v.Next = profileURL(u) + "?cursor=" + page.Next
	}
	return w.render(rw, r, http.StatusOK, "person", v)
}

// noteView is a page that says one thing.
type noteView struct {
	shell
	Heading, Text, Way, WayTo string
	Ask                       bool // offers to have the mail sent again by which one verifies an address
}

// checkUsername answers GET /accounts/check-username/?username=.
func (w *Web) checkUsername(rw http.ResponseWriter, r *http.Request) error {
	free, err := w.accounts.Free(r.Context(), r.URL.Query().Get("username"), "", auth.Address(r))
	return answerFree(rw, free, err, "This username is taken. Choose another one.")
}

// checkEmail answers GET /accounts/check-email/?email=.
func (w *Web) checkEmail(rw http.ResponseWriter, r *http.Request) error {
	email := r.URL.Query().Get("email")
	if email == "" {
		return answerFree(rw, false, chat.FieldError("email", "An e-mail address is needed."), "")
	}
	free, err := w.accounts.Free(r.Context(), "", email, auth.Address(r))
	return answerFree(rw, free, err, "There is an account with this e-mail address already. Log in, or use another one.")
}
