package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"swapnest/internal/http/auth"
)

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	site := &url.URL{Scheme: "https", Host: "swap.example"}
	for _, c := range []struct {
		name    string
		site    *url.URL
		host    string
		connect string
	}{
		{"a public site names its own socket", site, "swap.example", "connect-src 'self' wss://swap.example;"},
		{"a forged host changes nothing", site, "evil.example", "connect-src 'self' wss://swap.example;"},
		{"on loopback the port counts", nil, "127.0.0.1:8000", "connect-src 'self' ws://127.0.0.1:8000 ws://localhost:8000;"},
		{"a host that would add a directive adds nothing", nil, "a:1;script-src", "connect-src 'self';"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host = c.host
			rec := httptest.NewRecorder()
			SecurityHeaders(auth.NewGuard(nil, c.site, false, time.Now), http.NotFoundHandler()).ServeHTTP(rec, r)
			policy := rec.Header().Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none';", "script-src 'self';", "frame-ancestors 'none'", c.connect} {
				if !strings.Contains(policy, want) {
					t.Errorf("got %q, want %q in it", policy, want)
				}
			}
			if strings.Contains(policy, "unsafe") || strings.Count(policy, "script-src") != 1 {
				t.Errorf("got %q, which allows too much", policy)
			}
			if got := rec.Header().Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("got %q, want nosniff", got)
			}
		})
	}
}
