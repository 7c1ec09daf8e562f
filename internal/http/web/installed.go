package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"swapnest/internal/feature/inbox"
	"swapnest/internal/http/auth"
)

// installedRoutes mounts what makes the site one that can be installed.
func (w *Web) installedRoutes(mux Mux) {
	get := func(path string, h handler) { mux.Handle("GET "+path, w.page(h)) }

	get("/manifest.webmanifest", w.manifest)
	get("/offline/{$}", w.offline)
	get("/share/{$}", w.shareForm)
	known, stranger := w.messagePost(w.share), w.page(w.shareSignedOut)
	mux.Handle("POST /share/{$}", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		// Only who is signed in may take the time that photos need.
		if _, err := w.guard.Who(r); auth.IsSignedOut(err) {
			stranger.ServeHTTP(rw, r)
			return
		}
		known.ServeHTTP(rw, r)
	}))
}

// Colours of tokens.css on light: a manifest has one of each, and browsers take those of the pages
// once one is there.
const (
	manifestTheme      = "#ffffff" // of the bar, as the layout says it
	manifestBackground = "#fbf8f6" // of the page
)

// manifest is what a browser wants to know of the site before it installs it.
type manifest struct {
	ID              string             `json:"id"`
	Name            string             `json:"name"`
	ShortName       string             `json:"short_name"`
	Description     string             `json:"description"`
	Lang            string             `json:"lang"`
	Dir             string             `json:"dir"`
	StartURL        string             `json:"start_url"`
	Scope           string             `json:"scope"`
	Display         string             `json:"display"`
	ThemeColor      string             `json:"theme_color"`
	BackgroundColor string             `json:"background_color"`
	Categories      []string           `json:"categories"`
	Icons           []manifestIcon     `json:"icons"`
	Shortcuts       []manifestShortcut `json:"shortcuts"`
	ShareTarget     manifestShare      `json:"share_target"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

type manifestShortcut struct {
	Name  string         `json:"name"`
	URL   string         `json:"url"`
	Icons []manifestIcon `json:"icons"`
}

type manifestShare struct {
	Action  string         `json:"action"`
	Method  string         `json:"method"`
	Enctype string         `json:"enctype"`
	Params  manifestParams `json:"params"`
}

type manifestParams struct {
	Title string          `json:"title"`
	Text  string          `json:"text"`
	URL   string          `json:"url"`
	Files []manifestFiles `json:"files"`
}

type manifestFiles struct {
	Name   string   `json:"name"`
	Accept []string `json:"accept"`
}

// newManifest returns the manifest with the icons at their addresses.
func (a *assets) newManifest() ([]byte, error) {
	icon := func(name, sizes, purpose string) (manifestIcon, error) {
		src, err := a.url("icons/" + name)
		return manifestIcon{Src: src, Sizes: sizes, Type: "image/png", Purpose: purpose}, err
	}
	m := manifest{
		ID: "/", Name: "SwapNest", ShortName: "SwapNest", Description: "Buy and sell used things, and talk about them.",
		Lang: "en", Dir: "ltr", StartURL: home, Scope: "/", Display: "standalone",
		ThemeColor: manifestTheme, BackgroundColor: manifestBackground, Categories: []string{"shopping", "social"},
		ShareTarget: manifestShare{
			Action: "/share/", Method: http.MethodPost, Enctype: "multipart/form-data",
			Params: manifestParams{Title: "title", Text: "text", URL: "url", Files: []manifestFiles{{Name: "files", Accept: []string{"image/*"}}}},
		},
	}
	for _, i := range []struct{ name, sizes, purpose string }{
		{"icon-192.png", "192x192", "any"}, {"icon-512.png", "512x512", "any"}, {"maskable-512.png", "512x512", "maskable"}, {"badge-96.png", "96x96", "monochrome"},
	} {
		one, err := icon(i.name, i.sizes, i.purpose)
		if err != nil {
			return nil, err
		}
		m.Icons = append(m.Icons, one)
	}
	for _, s := range []struct{ name, url string }{{"Chats", home}, {"Sell", "/create/"}, {"Saved", "/accounts/my-wishlist/"}} {
		m.Shortcuts = append(m.Shortcuts, manifestShortcut{Name: s.name, URL: s.url, Icons: m.Icons[:1]})
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	return data, nil
}

// manifest answers GET /manifest.webmanifest.
func (w *Web) manifest(rw http.ResponseWriter, r *http.Request) error {
	w.assets.serve(rw, r, w.assets.manifest, "no-cache")
	return nil
}

// offlineView is the page that the service worker shows when it can get no other. The worker keeps
// it, so it is the same for everybody; the script puts in what else it has kept for whom.
type offlineView struct{ shell }

// offline answers GET /offline/.
func (w *Web) offline(rw http.ResponseWriter, r *http.Request) error {
	s := w.bare(r, "You are offline")
	s.Scripts = []string{"offline"}
	s.Styles = append(s.Styles, "empty", "form", "account", "offline")
	return w.render(rw, r, http.StatusOK, "offline", offlineView{s})
}

// shareView is where one chooses who gets what another app has shared with SwapNest.
type shareView struct {
	shell
	Entries []entry
	Text    string // that was shared, where no service worker has kept it
	Unkept  bool   // nothing was kept: the page says what one can do
	LoginTo string
}

// shareForm answers GET /share/, to which the service worker leads once it has kept what was shared.
func (w *Web) shareForm(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Share", "chats")
	if err != nil {
		return err
	}
	// The worker could keep nothing.
	return w.showShare(rw, r, shareView{shell: s, Unkept: r.URL.Query().Has("failed")})
}

// share answers POST /share/ where no service worker has taken it: nothing can be kept here until
// somebody says for whom it is, so the page says what one can do, and keeps the words.
func (w *Web) share(rw http.ResponseWriter, r *http.Request) error {
	// The files are read, since a browser shows no answer before it has sent all.
	if err := eachFile(r, passed); err != nil {
		return err
	}
	return w.showUnkept(rw, r)
}

// errFile ends the reading of a form at its first file.
var errFile = errors.New("a file")

// shareSignedOut is share for somebody who has to log in first: of them the words before the first file
// are read, and no more than a form has.
func (w *Web) shareSignedOut(rw http.ResponseWriter, r *http.Request) error {
	if err := eachFile(r, func(*multipart.Part) error { return errFile }); err != nil && !errors.Is(err, errFile) {
		return err
	}
	return w.showUnkept(rw, r)
}

func (w *Web) showUnkept(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.shell(r, "Share", "chats")
	if err != nil {
		return err
	}
	text := sharedText(r.PostForm.Get("title"), r.PostForm.Get("text"), r.PostForm.Get("url"))
	return w.showShare(rw, r, shareView{shell: s, Unkept: true, Text: text})
}

func (w *Web) showShare(rw http.ResponseWriter, r *http.Request, v shareView) error {
	v.LoginTo = loginURL("/share/")
	if v.Me != nil {
		page, err := w.chats.List(r.Context(), v.Me.User.ID, newestToShare)
		if err != nil {
			return err
		}
		for _, e := range newList(v.Me, newestToShare.Filter, "", page, 0).Entries {
			if endOf(e.Entry).Writes {
				v.Entries = append(v.Entries, e)
			}
		}
	}
	v.Scripts = append(v.Scripts, "share")
	v.Styles = append(v.Styles, "inbox-list", "field", "form", "empty", "banner", "offline")
	return w.render(rw, r, http.StatusOK, "share", v)
}

// newestToShare are the conversations that one can share something with at once.
var newestToShare = inbox.Query{Filter: inbox.All, Limit: 30}

// passed reads a file that comes with a form, and keeps none of it.
func passed(part *multipart.Part) error {
	if _, err := io.Copy(io.Discard, part); err != nil {
		return whole(err)
	}
	return nil
}

// sharedText joins what another app shares as words: title, text and address, each once.
func sharedText(parts ...string) string {
	var lines []string
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part != "" && !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, part) }) {
			lines = append(lines, part)
		}
	}
	return strings.Join(lines, "\n")
}
