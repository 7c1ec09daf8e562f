package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"swapnest/internal/chat"
)

const (
	formBytes = 64 << 10        // of a posted form
	pageTime  = 5 * time.Second // for all that a page needs

	// What is sent waits for the database so long, and its answer so long again, so that one
	// knows within two seconds that it did not work.
	sendTime   = 1500 * time.Millisecond
	answerTime = 300 * time.Millisecond
)

// handler is a page: what it returns is shown to the person as an error page.
type handler func(http.ResponseWriter, *http.Request) error

// page bounds what a request may cost and turns a handler's error into a page.
func (w *Web) page(h handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), pageTime)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(rw, r.Body, formBytes)
		if err := h(rw, r); err != nil {
			w.fail(rw, r, err)
		}
	})
}

// sending bounds the context of what a form sends.
func sending(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), sendTime)
}

// hurried bounds what the answer to a form reads once the database has been waited for in
// vain: it may be asked once more, since reading often goes on, but not for long.
func hurried(r *http.Request, err error) (*http.Request, context.CancelFunc) {
	if chat.CodeOf(err) != chat.Unavailable && !errors.Is(err, context.DeadlineExceeded) {
		return r, func() {}
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	return r.WithContext(ctx), cancel
}

// parseForm reads the posted form, of either kind that browsers send. It refuses with TooLarge or Invalid.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		if err = r.ParseMultipartForm(formBytes); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return chat.Errorf(chat.TooLarge, "This is more than a form can hold. Shorten it and send it again.")
	}
	if err != nil {
		return chat.Errorf(chat.BadText, "The form did not arrive whole. Go back and send it again.")
	}
	return nil
}

// redirect answers a post: the browser goes on to path with GET.
func redirect(rw http.ResponseWriter, r *http.Request, path string) error {
	rw.Header().Set("Cache-Control", "no-store")
	http.Redirect(rw, r, path, http.StatusSeeOther)
	return nil
}

// Missing answers a request for an address that is none.
func (w *Web) Missing(rw http.ResponseWriter, r *http.Request) { w.page(w.missing).ServeHTTP(rw, r) }

// missing answers every address that is none.
func (w *Web) missing(http.ResponseWriter, *http.Request) error {
	return chat.ErrNotFound("page")
}
