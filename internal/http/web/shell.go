package web

import (
	"net/http"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
)

// shell is what every page has around its own part. Each page's view embeds it.
type shell struct {
	Title       string
	Description string // for search engines and previews; "" for none
	Image       string // whole address of a picture of it, for previews; "" for none
	Canonical   string // whole address of the page, whatever is added to it; "" for none
	Path        string // path and query of this page, to come back to after logging in
	Section     string // the link of the bar that this page is behind: shop, chats, sell or you
	Query       string // what the search box of the bar holds
	Body        string // class of the body, "" for none
	Pane        string // what a page of two panes shows on a phone: inbox or conversation; "" elsewhere
	Epoch       string // of the database
	Me          *me    // nil for somebody signed out, or when nobody can tell
	SignedOut   bool   // it is known that nobody is signed in
	Styles      []string
	Scripts     []string // modules below static/js, without the ending
}

// me is the reader.
type me struct {
	User                chat.User
	Session             chat.Session
	UnreadConversations int64
	UnreadNotices       int64
	Face, Initial       string
	Address             addressState
	Mail                bool // is sent to them
}

// joinedStyles are components that pages have together, by the name of the sheet that they are in.
var joinedStyles = map[string][]string{
	// Of every page.
	"joined/site": {"tokens", "base", "shell", "button", "field", "badge", "price-tag", "avatar", "art"},
	// Of the two panes.
	"joined/chat": {
		"inbox-list", "conversation", "conversation-header", "message", "reactions", "composer", "banner", "menu", "dialog", "empty", "search",
	},
}

// bare returns the shell of a page for somebody signed out. Like every shell it comes before
// what the page shows is read: under an epoch stands nothing older.
func (w *Web) bare(r *http.Request, title string) shell {
	return shell{
		Title: title, Path: r.URL.RequestURI(), Epoch: w.epoch(),
		Styles: []string{"joined/site"}, Scripts: []string{"pages"},
	}
}

// shell returns the frame of a page for whoever asks, signed in or not.
func (w *Web) shell(r *http.Request, title, section string) (shell, error) {
	s := w.bare(r, title)
	s.Section = section
	who, err := w.guard.Who(r)
	if auth.IsSignedOut(err) {
		s.SignedOut = true
		return s, nil
	}
	if err != nil {
		return s, err
	}
	unread, err := w.chats.Unread(r.Context(), who.User.ID)
	if err != nil {
		return s, err
	}
	s.Me = &me{
		User: who.User, Session: who.Session, UnreadConversations: unread.Conversations, UnreadNotices: unread.Notices,
		Face: face(who.User.ID), Initial: initial(who.User.Name), Address: w.addressOf(who.User), Mail: w.accounts.MayMail(who.User),
	}
	return s, nil
}

// signedIn is shell for a page that needs somebody signed in: otherwise the error
// is auth.ErrSignedOut, which fail turns into the way to the login page.
func (w *Web) signedIn(r *http.Request, title, section string) (shell, error) {
	s, err := w.shell(r, title, section)
	if err == nil && s.Me == nil {
		err = auth.ErrSignedOut
	}
	return s, err
}

// Viewer is the reader, or the zero User when nobody is signed in.
func (s shell) Viewer() chat.User {
	if s.Me == nil {
		return chat.User{}
	}
	return s.Me.User
}

// person names the reader for the service worker, which keeps pages for one person at a time: the id,
// nobody, or "" when it is not known.
func (s shell) person() string {
	switch {
	case s.Me != nil:
		return strconv.FormatInt(int64(s.Me.User.ID), 10)
	case s.SignedOut:
		return "nobody"
	}
	return ""
}

// Is tells whether the reader is that person.
func (s shell) Is(id chat.UserID) bool { return s.Me != nil && s.Me.User.ID == id }
