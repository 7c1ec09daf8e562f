package web

import (
	"context"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
)

const (
	// saveTime is how long somebody may take to save a file over a slow line, and silence how
	// long they may take nothing of it.
	saveTime = 30 * time.Minute
	silence  = 30 * time.Second
	// maxRanges is how many pieces of a file are sent at once: players ask for one, and each
	// has a head of its own. Who asks for more gets the whole.
	maxRanges = 5
)

// attachmentRoutes mounts the files of messages.
func (w *Web) attachmentRoutes(mux Mux) {
	mux.Handle("GET /attachments/{attachment}", w.attachment(false))
	mux.Handle("GET /attachments/{attachment}/thumb", w.attachment(true))
}

// attachment answers a GET of a file of a message, or of its picture in the small size, to
// who sees that message alone: for everybody else it is not there. What it serves came from
// people: pictures and voice messages were made anew, all else is only ever saved to a file, and
// opened on its own it can run nothing and reach nothing.
func (w *Web) attachment(thumb bool) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), saveTime)
		defer cancel()
		r = r.WithContext(ctx)
		if err := w.serveAttachment(rw, r, thumb); err != nil {
			w.fail(rw, r, err)
		}
	})
}

func (w *Web) serveAttachment(rw http.ResponseWriter, r *http.Request, thumb bool) error {
	who, err := w.guard.Who(r)
	if auth.IsSignedOut(err) {
		return chat.ErrNotFound("file")
	}
	if err != nil {
		return err
	}
	if !thumb { // a page has many of those, and none of them takes long
		leave, err := w.uploads.Fetch(r.Context(), who.User.ID)
		if err != nil {
			return err
		}
		defer leave()
	}
	id := chat.AttachmentID(r.PathValue("attachment"))
	a, file, err := w.uploads.Open(r.Context(), who.User.ID, id, thumb)
	if err != nil {
		return err
	}
	// It was only read.
	defer func() { _ = file.Close() }()
	h := rw.Header()
	h.Set("Content-Type", a.Type)
	h.Set("Content-Disposition", disposition(a, thumb))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// It never changes, but who may see it does: each time it is asked for again, and answered
	// with 304 at the most.
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", "Cookie")
	tag := string(id)
	if thumb {
		tag += "-s"
	}
	h.Set("ETag", `"`+tag+`"`)
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges {
		r.Header.Del("Range")
	}
	http.ServeContent(&taken{rw, http.NewResponseController(rw)}, r, "", file.Modified(), file)
	return nil
}

// disposition says that what was made anew may be shown where it stands, and what a file is called
// when it is saved: of its address alone a browser would make up a name.
func disposition(a chat.Attachment, thumb bool) string {
	kind, name := "inline", a.Name
	if a.Kind == chat.FileAttachment {
		kind = "attachment"
	}
	if thumb {
		name = strings.TrimSuffix(name, path.Ext(name)) + ".jpg"
	}
	return mime.FormatMediaType(kind, map[string]string{"filename": name})
}

// taken is an answer that goes on for as long as some of it is taken.
type taken struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements http.ResponseWriter.
func (t *taken) Write(b []byte) (int, error) {
	// Where a deadline cannot be set, in tests, the server's own one holds.
	_ = t.control.SetWriteDeadline(time.Now().Add(silence))
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what it controls.
func (t *taken) Unwrap() http.ResponseWriter { return t.ResponseWriter }
