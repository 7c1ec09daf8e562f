package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
)

// What follows runs before a handler, in this order, so that nobody's body is read or waited
// for before they are known: admit, bound, find, receive.

// admit looks up who asks, and refuses strangers where somebody must be signed in.
func (a *API) admit(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	c := call{request: r, answer: w}
	secured := len(ctx.Operation().Security) > 0
	if secured || ctx.Operation().Metadata[shows] == true {
		var err error
		began := time.Now()
		if c.identity, err = a.Guard.Who(r); err != nil && (secured || !auth.IsSignedOut(err)) {
			write(w, a.problem(ctx.Context(), ctx.Operation().OperationID, err))
			return
		}
		c.waited = time.Since(began)
	}
	next(huma.WithValue(ctx, callKey{}, c))
}

// find answers an id that can belong to nothing as what does not exist.
func (a *API) find(ctx huma.Context, next func(huma.Context)) {
	path := ctx.Operation().Path
	if strings.Contains(path, "{id}") && !validID(ctx.Param("id")) || strings.Contains(path, "{message_id}") && !validID(ctx.Param("message_id")) {
		what := "conversation"
		if strings.HasPrefix(path, "/listings/") || strings.HasPrefix(path, "/wishlist/") {
			what = "listing"
		}
		if strings.HasPrefix(path, "/notifications/") {
			what = "notification"
		}
		if strings.HasPrefix(path, "/saved-replies/") {
			what = "saved reply"
		}
		if strings.HasPrefix(path, "/push/") {
			what = "browser"
		}
		_, w := humago.Unwrap(ctx)
		write(w, a.problem(ctx.Context(), ctx.Operation().OperationID, chat.ErrNotFound(what)))
		return
	}
	next(ctx)
}

// validID tells whether s is a positive integer as we would write it.
func validID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

// receive reads a body, so that a handler is called only with JSON in UTF-8 of at
// most maxBody bytes.
func (a *API) receive(ctx huma.Context, next func(huma.Context)) {
	body := ctx.Operation().RequestBody
	if body == nil || body.Content["application/json"] == nil {
		next(ctx)
		return
	}
	r, w := humago.Unwrap(ctx)
	data, p := readBody(w, r)
	if p != nil {
		write(w, p)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	next(ctx)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *Problem) {
	if !isJSON(r.Header) {
		return nil, newProblem(http.StatusUnsupportedMediaType, string(chat.UnsupportedMedia),
			"The body must be JSON: send it with Content-Type: application/json.")
	}
	// Where a deadline cannot be set, in tests, the server's own one holds.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, newProblem(http.StatusRequestEntityTooLarge, string(chat.TooLarge), "The body is too large: at most 64 KiB fit.")
	}
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, malformed, "The body did not arrive whole.")
	}
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, newProblem(http.StatusBadRequest, malformed, "The body is not valid JSON.")
	}
	return data, nil
}

// isJSON tells whether a body is declared as uncompressed JSON in UTF-8. Requiring
// this keeps forms of other sites out: they cannot send this type unasked.
func isJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, declared := params["charset"]
	encoding := h.Get("Content-Encoding")
	return err == nil && kind == "application/json" && (!declared || strings.EqualFold(charset, "utf-8")) &&
		(encoding == "" || encoding == "identity")
}
