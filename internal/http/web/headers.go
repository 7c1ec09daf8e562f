package web

import (
	"net/http"
	"strings"

	"swapnest/internal/http/auth"
)

// SecurityHeaders sets what every answer of the site carries, pages and API alike:
// a policy under which only our own files run, and nobody frames us.
func SecurityHeaders(guard *auth.Guard, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", policy(guard.SocketOrigins(r.Host)))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if guard.Secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()")
		next.ServeHTTP(rw, r)
	})
}

// policy is the Content-Security-Policy with the addresses of the socket. They
// may stem from the Host header, so one that would end its directive is left out;
// so is an IPv6 address, which a policy cannot name: there 'self' has to do.
func policy(sockets []string) string {
	connect := "'self'"
	for _, origin := range sockets {
		if !strings.ContainsAny(origin, "; ,'\"*[") {
			connect += " " + origin
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"media-src 'self' blob:; connect-src " + connect + "; form-action 'self'; base-uri 'none'; " +
		"frame-ancestors 'none'; manifest-src 'self'"
}
