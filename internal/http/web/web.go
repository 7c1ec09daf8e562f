// Package web is the door for people with a browser: it renders pages on the
// server and takes their forms. It decides nothing: each handler finds out who is
// asking, reads the form, calls one service and shows what came back.
package web

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/listings"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/notices"
	"swapnest/internal/feature/reach"
	"swapnest/internal/feature/saved"
	"swapnest/internal/feature/search"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/http/auth"
	"swapnest/internal/mail/alias"
)

// Blobs opens the bytes of pictures. A key that is not there is fs.ErrNotExist.
type Blobs interface {
	Open(ctx context.Context, key string) (blob.Blob, error)
}

// DemoPerson is somebody of the demo town as whom one can sign in with one click.
type DemoPerson struct {
	Username, Password string
	Name               string
	Line               string // what the person does there
}

// Options are what the pages stand on.
type Options struct {
	Guard    *auth.Guard
	Accounts *accounts.Service
	Listings *listings.Service
	Uploads  *uploads.Service
	Inbox    *inbox.Service
	Messages *messaging.Service
	Notices  *notices.Service
	Reach    *reach.Service
	Saved    *saved.Service
	Search   *search.Service
	Blobs    Blobs
	Leaves   *alias.Leaves // of the links that end mails
	Mail     bool          // this site sends mail
	Push     bool          // and to browsers that take push messages
	Demo     []DemoPerson  // only where the demo town is on
	Epoch    func() string // of the database at the moment, for the sockets that pages open
	Version  string
	Log      *slog.Logger
}

// Web serves the pages.
type Web struct {
	guard    *auth.Guard
	accounts *accounts.Service
	listings *listings.Service
	uploads  *uploads.Service
	chats    *inbox.Service
	messages *messaging.Service
	notices  *notices.Service
	reach    *reach.Service
	saved    *saved.Service
	search   *search.Service
	blobs    Blobs
	leaves   *alias.Leaves
	mail     bool
	push     bool
	demo     []DemoPerson
	epoch    func() string
	version  string
	log      *slog.Logger
	now      func() time.Time
	assets   *assets
	pages    map[string]*template.Template
}

// New returns the pages. It parses every template and reads every static file, so
// that a broken one stops the program and not a reader.
func New(o Options) (*Web, error) {
	w := &Web{
		guard: o.Guard, accounts: o.Accounts, listings: o.Listings, uploads: o.Uploads, chats: o.Inbox, messages: o.Messages, notices: o.Notices, reach: o.Reach, saved: o.Saved, search: o.Search,
		blobs: o.Blobs, leaves: o.Leaves, mail: o.Mail, push: o.Push, demo: o.Demo, epoch: o.Epoch, version: o.Version, log: o.Log, now: time.Now,
	}
	if w.log == nil {
		return nil, errors.New("web: a log is needed")
	}
	var err error
	if w.assets, err = packedAssets(); err != nil {
		return nil, err
	}
	w.pages, err = parsePages(w.funcs())
	return w, err
}

// Mux takes the pages: an http.ServeMux, or whoever needs to know which ones there are.
type Mux interface {
	Handle(pattern string, h http.Handler)
}

// Routes mounts every page.
func (w *Web) Routes(mux Mux) {
	get := func(path string, h handler) { mux.Handle("GET "+path, w.page(h)) }

	w.marketRoutes(mux)
	w.accountRoutes(mux)
	w.chatRoutes(mux)
	w.noticeRoutes(mux)
	w.pushRoutes(mux)
	w.attachmentRoutes(mux)
	w.leaveRoutes(mux)
	w.installedRoutes(mux)

	get("/media/{key...}", w.media)
	get("/static/{sum}/{path...}", w.static)
	get("/favicon.ico", w.favicon)
	get("/sw.js", w.worker)
	mux.Handle("/", w.page(w.missing))
}
