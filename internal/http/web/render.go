package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// parsePages parses each page together with the layout and all partials. The name
// of a page is that of its file in templates/pages, which defines "body".
func parsePages(funcs template.FuncMap) (map[string]*template.Template, error) {
	common, err := template.New("common").Funcs(funcs).Option("missingkey=error").
		ParseFS(files, "templates/*.html", "templates/partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the partials: %w", err)
	}
	names, err := fs.Glob(files, "templates/pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list the pages: %w", err)
	}
	pages := make(map[string]*template.Template, len(names))
	for _, name := range names {
		page, err := common.Clone()
		if err == nil {
			page, err = page.ParseFS(files, name)
		}
		if err == nil && page.Lookup("body") == nil {
			err = fmt.Errorf(`the page defines no "body"`)
		}
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = page
	}
	return pages, nil
}

// funcs are what templates can call.
func (w *Web) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":       func(name string) (string, error) { return w.assets.url(name) },
		"money":       money,
		"age":         func(t time.Time) string { return age(t, w.now()) },
		"clock":       func(t time.Time) string { return t.UTC().Format("15:04") },
		"instant":     instant,
		"iso":         iso,
		"fileIcon":    fileIcon,
		"fileFacts":   fileFacts,
		"resetLife":   func() string { return chat.InWords(chat.ResetLife) },
		"deletedText": func() string { return chat.DeletedText },
		"face":        face,
		"initial":     initial,
		"photo":       w.photo,
		"count":       count,
		"state":       stateOf,
		"listing":     wire.ListingURL,
		"heart":       newHeart,
		"login":       loginURL,
		"lines":       paragraphs,
		"parts":       parts,
		"length":      length,
		"seconds":     seconds,
		"bars":        bars,
		"atHand":      func() []string { return quickReactions },
		"preloads":    w.preloads,
		"words":       strings.Fields,
	}
}

// personHeader says in the answer of a page who is signed in: shell.person.
const personHeader = "SwapNest-Person"

// render writes a page. It renders into memory first, so that a fault becomes an
// error page and not half of this one.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, name string, view any) error {
	tmpl, ok := w.pages[name]
	if !ok {
		return fmt.Errorf("render: there is no page %q", name)
	}
	var b bytes.Buffer
	if err := tmpl.ExecuteTemplate(&b, "layout", view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if v, ok := view.(interface{ person() string }); ok && v.person() != "" {
		h.Set(personHeader, v.person())
	}
	page := b.Bytes()
	if packed := packPage(r, page); packed != nil {
		h.Set("Content-Encoding", "gzip")
		page = packed
	}
	h.Set("Content-Length", strconv.Itoa(len(page)))
	h.Add("Vary", "Cookie, Accept-Encoding")
	h.Set("Cache-Control", "private, no-cache")
	if _, err := r.Cookie(w.guard.CookieName()); err == nil || status >= http.StatusBadRequest || hidden(h) {
		h.Set("Cache-Control", "no-store")
	}
	rw.WriteHeader(status)
	// A reader who has gone needs no page.
	_, _ = rw.Write(page)
	return nil
}

// photo is a picture with the room it takes.
type photo struct {
	URL           string
	Width, Height int
	Drawn         bool // stands in for a picture that is not there
}

// photo returns the picture of a listing in lists, or a drawn one of its category.
func (w *Web) photo(l chat.Listing) (photo, error) {
	if len(l.Photos) > 0 {
		p := l.Photos[0]
		return photo{URL: wire.MediaURL(p.ThumbKey), Width: p.Width, Height: p.Height}, nil
	}
	return w.drawing(l)
}

// drawing stands in for the photo of a listing that has none.
func (w *Web) drawing(l chat.Listing) (photo, error) {
	name := "art/thing.svg"
	if _, ok := chat.CategoryBySlug(l.Category); ok {
		name = "art/" + l.Category + ".svg"
	}
	url, err := w.assets.url(name)
	return photo{URL: url, Width: 400, Height: 300, Drawn: true}, err
}

// state is what a listing's label says.
type state struct {
	Kind string // of the label
	Word string
	Off  bool // the price no longer counts
}

func stateOf(l chat.Listing) state {
	switch l.Status {
	case chat.ListingActive:
		return state{Kind: "active", Word: "Active"}
	case chat.ListingReserved:
		return state{Kind: "reserved", Word: "Reserved"}
	case chat.ListingSold:
		return state{Kind: "sold", Word: "Sold", Off: true}
	}
	return state{Kind: "gone", Word: "No longer available", Off: true}
}

// paragraphs cuts a text at its blank lines.
func paragraphs(text string) []string {
	var all []string
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}
