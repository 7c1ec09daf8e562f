// Package trace gives every request a name, which its answer and all log lines about it
// carry: a person can quote it to the operator, who then finds them.
package trace

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
)

// Header is the header that carries the name, in answers and between proxies.
const Header = "X-Request-Id"

type key struct{}

// New returns a name of 16 characters that nobody else has.
func New() string { return strings.ToLower(rand.Text()[:16]) }

// Valid tells whether a name that a proxy brings can be taken over: 1 to 64 characters of
// A-Z a-z 0-9 . _ and -.
func Valid(id string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	return id != "" && len(id) <= 64 && strings.Trim(id, allowed) == ""
}

// With returns a context of the request of this name.
func With(ctx context.Context, id string) context.Context { return context.WithValue(ctx, key{}, id) }

// ID returns the name of the context's request, "" for none.
func ID(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}

// Handler adds request_id to every log line whose context has one.
type Handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h Handler) Handle(ctx context.Context, r slog.Record) error {
	if id := ID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return Handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h Handler) WithGroup(name string) slog.Handler { return Handler{h.Handler.WithGroup(name)} }
