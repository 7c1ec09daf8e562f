package server

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"swapnest/internal/http/auth"
	"swapnest/internal/http/trace"
)

// methods are those that metrics know by name: others are made up, and there is no end
// of them.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// edge is what every request goes through first: it learns where it came from, gets a
// name, and is counted and logged when it is answered. Neither address nor query nor body
// is logged.
func (a *App) edge(proxies auth.Proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := trace.New()
		if named := r.Header.Get(trace.Header); proxies.TrustsPeer(r) && trace.Valid(named) {
			id = named
		}
		r = r.WithContext(trace.With(r.Context(), id))
		r.RemoteAddr = proxies.Remote(r)
		w.Header().Set(trace.Header, id)
		noted := &noting{ResponseWriter: w}
		// Deferred, since a handler that gives up by a panic has been answered, too.
		defer func() {
			fault := recover()
			whole := fault == nil || a.fault(noted, r, fault)
			method, pattern := r.Method, r.Pattern
			if !slices.Contains(methods, method) {
				method = "other"
			}
			if pattern == "" {
				pattern = "none"
			}
			took := time.Since(began)
			a.metrics.request(pattern, method, noted.code(), took)
			a.log.Log(r.Context(), levelOf(pattern), "request", "method", method, "pattern", pattern, "status", noted.code(),
				"bytes", noted.bytes, "duration_ms", took.Milliseconds())
			if !whole {
				panic(http.ErrAbortHandler) // breaks the line off, so that nobody takes a half for the whole
			}
		}()
		next.ServeHTTP(noted, r)
	})
}

// fault answers a request whose handler has given up by a panic, and tells whether it could:
// not when an answer had begun, or when the handler wants the line broken off. net/http
// would log it, too, but where nobody looks, and would answer nothing.
func (a *App) fault(w *noting, r *http.Request, fault any) bool {
	if fault == http.ErrAbortHandler {
		return false
	}
	a.log.ErrorContext(r.Context(), "handler failed", "method", r.Method, "pattern", r.Pattern, "fault", fault, "stack", string(debug.Stack()))
	if w.status != 0 {
		return false
	}
	http.Error(w, "Something went wrong here. Try again in a moment. The request was "+trace.ID(r.Context())+".", http.StatusInternalServerError)
	return true
}

// discreet is where the servers of net/http log to: what they say of connections goes into
// the log at level debug, without the addresses.
func (a *App) discreet() *log.Logger { return log.New(discreetWriter{a.log}, "", 0) }

type discreetWriter struct{ log *slog.Logger }

// address is one with a port, as net/http writes it.
var address = regexp.MustCompile(`(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.%\w]+\]):\d+`)

// Write implements io.Writer.
func (d discreetWriter) Write(p []byte) (int, error) {
	level, said := slog.LevelDebug, strings.TrimSpace(string(p))
	if strings.HasPrefix(said, "http: Accept error") {
		level = slog.LevelError // nobody comes in any more, for want of file descriptors for example
	}
	d.log.Log(context.Background(), level, "connection", "said", address.ReplaceAllString(said, "somebody"))
	return len(p), nil
}

// levelOf is how loudly an answer is logged: what machines ask for all day is quiet.
func levelOf(pattern string) slog.Level {
	_, path, _ := strings.Cut(pattern, " ")
	for _, quiet := range []string{"/static/", "/media/", "/attachments/", "/favicon.ico", "/sw.js", "/manifest.webmanifest", "/healthz", "/readyz", "/metrics"} {
		if strings.HasPrefix(path, quiet) {
			return slog.LevelDebug
		}
	}
	return slog.LevelInfo
}

// noting notes what an answer is.
type noting struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// code is the status that was sent; that of a connection which a handler has taken over
// without one is 101.
func (n *noting) code() int {
	if n.status == 0 {
		return http.StatusSwitchingProtocols
	}
	return n.status
}

// WriteHeader implements http.ResponseWriter.
func (n *noting) WriteHeader(status int) {
	if n.status == 0 {
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (n *noting) Write(p []byte) (int, error) {
	if n.status == 0 {
		n.status = http.StatusOK
	}
	written, err := n.ResponseWriter.Write(p)
	n.bytes += int64(written)
	return written, err
}

// Unwrap lets http.ResponseController reach what it controls.
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }
