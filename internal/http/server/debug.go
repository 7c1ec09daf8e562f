package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"
	"time"
)

// debugServer is for the operator alone: profiles and metrics. It listens on loopback.
func (a *App) debugServer() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("GET /metrics", a.metrics.handler())
	local := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A page of another site may have given this machine's address a name of its own.
		if !isLoopback(r.Host) {
			http.NotFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
	// A profile takes as long as it is asked to.
	return &http.Server{Handler: local, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, ErrorLog: a.discreet()}
}

// isLoopback tells whether a Host header names this machine to itself.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// plainServer sends everybody to the address that people use, over https, and answers
// for the certificate authority (RFC 8555, 8.3) where there is one.
func (a *App) plainServer(origin string, challenges func(http.Handler) http.Handler) *http.Server {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, origin+r.URL.RequestURI(), http.StatusPermanentRedirect)
	})
	if challenges != nil {
		answered := challenges(h)
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// An authority of one's own may ask at another port than 80, and then names it.
			if host, _, err := net.SplitHostPort(r.Host); err == nil {
				r.Host = host
			}
			answered.ServeHTTP(w, r)
		})
	}
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: a.discreet(),
	}
}

// ServeDebug answers with profiles and metrics on l until Shutdown.
func (a *App) ServeDebug(l net.Listener) error { return until(a.debug.Serve(l)) }

// ServePlain sends everybody on l to https until Shutdown.
func (a *App) ServePlain(l net.Listener) error { return until(a.plain.Serve(l)) }

// until takes the end by Shutdown for no error.
func until(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}
