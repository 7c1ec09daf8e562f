package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/trace"
	"swapnest/internal/store"
)

// status returns the HTTP status of a refusal, and 0 for a fault of the program
// or of what it stands on.
func status(err error) int {
	switch chat.CodeOf(err) {
	case chat.Unauthenticated:
		return http.StatusUnauthorized
	case chat.Forbidden:
		return http.StatusForbidden
	case chat.NotFound:
		return http.StatusNotFound
	case chat.Conflict, chat.Closed:
		return http.StatusConflict
	case chat.TooLarge:
		return http.StatusRequestEntityTooLarge
	case chat.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case chat.Invalid, chat.Empty, chat.TooLong, chat.BadText, chat.BadFrame:
		return http.StatusUnprocessableEntity
	case chat.RateLimited:
		return http.StatusTooManyRequests
	case chat.Unavailable:
		return http.StatusServiceUnavailable
	case chat.BadJSON, chat.UnknownType:
		return http.StatusBadRequest
	}
	return 0
}

// errorView is the page of something that did not work: what happened, and the way on.
type errorView struct {
	shell
	Status  int
	Heading string
	Detail  string
	Way     string // label of the button
	WayTo   string // its address
	Offline bool   // the fault is ours, so the picture is another
	Request string // the name of the request, to quote when the fault is ours; "" for none
}

// fail answers a request whose handler returned err. Refusals are told, faults are
// logged and told in general words.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	code := status(err)
	if code == http.StatusUnauthorized && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		// Redirecting writes no page, so nothing can fail.
		_ = redirect(rw, r, loginURL(r.URL.RequestURI()))
		return
	}
	if code == 0 {
		code = w.report(r, err)
	}
	after(rw, err)
	r, cancel := hurried(r, err)
	defer cancel()
	view := w.errorPage(r, code, err)
	if err := w.render(rw, r, code, "error", view); err != nil {
		w.log.ErrorContext(r.Context(), "error page not rendered", "error", err)
		http.Error(rw, "Something went wrong here. Try again in a moment.", http.StatusInternalServerError)
	}
}

// report logs a fault and returns its status. That a reader went away, or that a
// database took too long, is no mistake in this program.
func (w *Web) report(r *http.Request, err error) int {
	switch {
	case errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		w.log.WarnContext(r.Context(), "page took too long", "method", r.Method, "pattern", r.Pattern, "error", err)
		return http.StatusServiceUnavailable
	case store.Away(err):
		w.log.ErrorContext(r.Context(), "database away", "method", r.Method, "pattern", r.Pattern, "error", err)
		return http.StatusServiceUnavailable
	}
	w.log.ErrorContext(r.Context(), "page failed", "method", r.Method, "pattern", r.Pattern, "error", err)
	return http.StatusInternalServerError
}

// after tells in a header when trying again may help.
func after(rw http.ResponseWriter, err error) {
	if e, ok := errors.AsType[*chat.Error](err); ok && e.RetryAfter > 0 {
		seconds := int(math.Ceil(float64(e.RetryAfter) / float64(time.Second)))
		rw.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
}

// errorPage says what happened. The bar is that of somebody signed out when even
// finding out who asks has failed.
func (w *Web) errorPage(r *http.Request, code int, err error) errorView {
	v := errorView{Status: code, Heading: heading(code), Way: "Go to the shop", WayTo: "/shop/"}
	if e, ok := errors.AsType[*chat.Error](err); ok {
		v.Detail = e.Detail
	}
	switch {
	case code == http.StatusNotFound:
		v.Detail = "It may have been sold, taken down or never been here. The address may also have a slip in it."
	case code == http.StatusUnauthorized:
		v.Way, v.WayTo = "Log in", loginURL(r.URL.RequestURI())
	case code >= http.StatusInternalServerError:
		v.Offline, v.Request = true, trace.ID(r.Context())
		v.Detail = "This is our fault, not yours. What you wrote has not been lost from your browser: go back, wait a moment and try again."
		if r.Method == http.MethodGet {
			v.Detail = "This is our fault, not yours. Wait a moment, then try again."
			v.Way, v.WayTo = "Try again", r.URL.RequestURI()
		}
	}
	s, shellErr := w.shell(r, v.Heading, "")
	if shellErr != nil {
		s = w.bare(r, v.Heading)
	}
	s.Styles = append(s.Styles, "empty")
	v.shell = s
	return v
}

func heading(code int) string {
	switch code {
	case http.StatusUnauthorized:
		return "You are signed out"
	case http.StatusForbidden:
		return "This is not yours to change"
	case http.StatusNotFound:
		return "There is nothing here"
	case http.StatusConflict:
		return "Something changed meanwhile"
	case http.StatusRequestEntityTooLarge:
		return "That is too large"
	case http.StatusTooManyRequests:
		return "A little slower, please"
	case http.StatusServiceUnavailable:
		return "Not just now"
	case http.StatusInternalServerError:
		return "Something broke here"
	}
	return "That did not work"
}
