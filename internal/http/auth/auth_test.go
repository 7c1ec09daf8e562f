package auth

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// guard returns one without a database for a site at public, "" for loopback.
func guard(t *testing.T, public string) *Guard {
	t.Helper()
	if public == "" {
		return NewGuard(nil, nil, false, time.Now)
	}
	u, err := url.Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	return NewGuard(nil, u, false, time.Now)
}

func TestOriginsOfTheSite(t *testing.T) {
	for name, c := range map[string]struct {
		public, host    string
		origins, socket []string
	}{
		"loopback with a port": {
			"", "127.0.0.1:8000",
			[]string{"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"},
			[]string{"ws://127.0.0.1:8000", "ws://localhost:8000", "ws://[::1]:8000"},
		},
		"loopback without a port": {
			"", "localhost",
			[]string{"http://127.0.0.1", "http://localhost", "http://[::1]"},
			[]string{"ws://127.0.0.1", "ws://localhost", "ws://[::1]"},
		},
		"IPv6 with a port": {
			"", "[::1]:8000",
			[]string{"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"},
			[]string{"ws://127.0.0.1:8000", "ws://localhost:8000", "ws://[::1]:8000"},
		},
		"IPv6 without a port": {
			"", "[::1]",
			[]string{"http://127.0.0.1", "http://localhost", "http://[::1]"},
			[]string{"ws://127.0.0.1", "ws://localhost", "ws://[::1]"},
		},
		// A foreign name that leads to this machine makes no origin.
		"a host that is made up": {
			"", "evil.example:8000",
			[]string{"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"},
			[]string{"ws://127.0.0.1:8000", "ws://localhost:8000", "ws://[::1]:8000"},
		},
		"no host": {
			"", "",
			[]string{"http://127.0.0.1", "http://localhost", "http://[::1]"},
			[]string{"ws://127.0.0.1", "ws://localhost", "ws://[::1]"},
		},
		"a public site": {
			"https://swap.example", "swap.example",
			[]string{"https://swap.example"},
			[]string{"wss://swap.example"},
		},
		"a public site behind a proxy": {
			"https://Swap.Example:8443/", "127.0.0.1:8000",
			[]string{"https://swap.example:8443"},
			[]string{"wss://swap.example:8443"},
		},
		"a public site without TLS": {
			"http://swap.example:8000", "swap.example:8000",
			[]string{"http://swap.example:8000"},
			[]string{"ws://swap.example:8000"},
		},
		// Browsers leave the default port out of an Origin.
		"https with its own port": {
			"https://swap.example:443", "swap.example",
			[]string{"https://swap.example"},
			[]string{"wss://swap.example"},
		},
		"http with its own port": {
			"http://[2001:db8::1]:80", "[2001:db8::1]",
			[]string{"http://[2001:db8::1]"},
			[]string{"ws://[2001:db8::1]"},
		},
		"http with the port of https": {
			"http://swap.example:443", "swap.example:443",
			[]string{"http://swap.example:443"},
			[]string{"ws://swap.example:443"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, c.public)
			if diff := cmp.Diff(c.origins, g.AllowedOrigins(c.host)); diff != "" {
				t.Errorf("origins (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.socket, g.SocketOrigins(c.host)); diff != "" {
				t.Errorf("socket origins (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.origins, g.AllowedOrigins(c.host)); diff != "" {
				t.Errorf("origins changed by asking for those of sockets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnlyThisSitesPagesMayOpenASocket(t *testing.T) {
	for name, c := range map[string]struct {
		public, host string
		origin       []string
		want         bool
	}{
		"the same address":          {"", "127.0.0.1:8000", []string{"http://127.0.0.1:8000"}, true},
		"another loopback name":     {"", "127.0.0.1:8000", []string{"http://localhost:8000"}, true},
		"IPv6":                      {"", "[::1]:8000", []string{"http://[::1]:8000"}, true},
		"no port":                   {"", "localhost", []string{"http://localhost"}, true},
		"capitals":                  {"", "LOCALHOST:8000", []string{"HTTP://LocalHost:8000"}, true},
		"another port":              {"", "127.0.0.1:8000", []string{"http://127.0.0.1:8001"}, false},
		"no port, but one is there": {"", "127.0.0.1:8000", []string{"http://127.0.0.1"}, false},
		"another scheme":            {"", "127.0.0.1:8000", []string{"https://127.0.0.1:8000"}, false},
		"a name that rebinds":       {"", "evil.example:8000", []string{"http://evil.example:8000"}, false},
		"a longer host":             {"", "127.0.0.1:8000", []string{"http://127.0.0.1:8000.evil.example"}, false},
		"a path":                    {"", "127.0.0.1:8000", []string{"http://127.0.0.1:8000/"}, false},
		"a sandboxed page":          {"", "127.0.0.1:8000", []string{"null"}, false},
		"an empty origin":           {"", "127.0.0.1:8000", []string{""}, false},
		"no origin":                 {"", "127.0.0.1:8000", nil, false},
		"two origins":               {"", "127.0.0.1:8000", []string{"http://127.0.0.1:8000", "http://evil.example"}, false},
		"the public site":           {"https://swap.example", "swap.example", []string{"https://swap.example"}, true},
		"the public site's port":    {"https://swap.example:443", "swap.example", []string{"https://swap.example"}, true},
		"without its TLS":           {"https://swap.example", "swap.example", []string{"http://swap.example"}, false},
		"a host below it":           {"https://swap.example", "swap.example", []string{"https://a.swap.example"}, false},
		"loopback on a public site": {"https://swap.example", "127.0.0.1:8000", []string{"http://127.0.0.1:8000"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/ws/", nil)
			r.Host = c.host
			for _, o := range c.origin {
				r.Header.Add("Origin", o)
			}
			if got := guard(t, c.public).OriginAllowed(r); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestASessionSlidesSevenDaysAndThirtyAtMost(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct{ used, want time.Duration }{
		"new":                 {0, 7 * day},
		"used later":          {3 * day, 10 * day},
		"a week from the end": {23 * day, 30 * day},
		"in the last week":    {29 * day, 30 * day},
		"after the end":       {40 * day, 30 * day},
	} {
		t.Run(name, func(t *testing.T) {
			got := guard(t, "").Expiry(start, start.Add(c.used)).Sub(start)
			if got != c.want {
				t.Errorf("got %v after it was made, want %v", got, c.want)
			}
		})
	}
}

func TestABrowserIsKnownByItsCookieWhoeverSignsIn(t *testing.T) {
	for public, name := range map[string]string{"": "swapnest_browser", "https://swap.example": "__Host-swapnest_browser"} {
		g := guard(t, public)
		ask := func(cookie string) string {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			if cookie != "" {
				r.AddCookie(&http.Cookie{Name: name, Value: cookie})
			}
			return g.Browser(r)
		}
		w := httptest.NewRecorder()
		made := ask("")
		g.SetBrowser(w, made)
		got := w.Result().Cookies()[0]
		want := &http.Cookie{
			Name: name, Value: made, Path: "/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, Secure: public != "", SameSite: http.SameSiteLaxMode, Raw: got.Raw,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", public, diff)
		}
		if again := ask(made); again != made {
			t.Errorf("%q: a browser with %q is %q", public, made, again)
		}
		for _, none := range []string{"", "x", strings.Repeat("x", 42), made + "x", strings.Repeat("!", 43)} {
			if fresh := ask(none); fresh == none || fresh == made || len(fresh) != 43 {
				t.Errorf("%q: a browser with %q is %q, want one that is new", public, none, fresh)
			}
		}
	}
}

func TestCookiesAreForThisHostAndNoScript(t *testing.T) {
	for name, c := range map[string]struct {
		public, cookie string
		secure         bool
	}{
		"loopback": {"", "swapnest_session", false},
		"http":     {"http://swap.example", "swapnest_session", false},
		"https":    {"https://swap.example", "__Host-swapnest_session", true},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, c.public)
			w := httptest.NewRecorder()
			g.SetCookie(w, "token")
			g.ClearCookie(w)
			got := w.Result().Cookies()
			if len(got) != 2 {
				t.Fatalf("got %d cookies, want one that signs in and one that signs out", len(got))
			}
			for i, want := range []*http.Cookie{
				{Value: "token", MaxAge: 30 * 24 * 60 * 60},
				{MaxAge: -1},
			} {
				want.Name, want.Path, want.HttpOnly, want.Secure, want.SameSite = c.cookie, "/", true, c.secure, http.SameSiteLaxMode
				want.Raw = got[i].Raw
				if diff := cmp.Diff(want, got[i]); diff != "" {
					t.Errorf("cookie %d (-want +got):\n%s", i+1, diff)
				}
				// The prefix __Host- demands that no domain be named.
				if strings.Contains(strings.ToLower(got[i].Raw), "domain") {
					t.Errorf("a cookie for other hosts, too: %s", got[i].Raw)
				}
			}
		})
	}
}

func TestTokensAre256RandomBits(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		token, hash := NewToken()
		secret, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || len(secret) != 32 || len(token) != 43 {
			t.Fatalf("got %q: %d bytes, %v", token, len(secret), err)
		}
		if hash != Hash(token) {
			t.Errorf("the hash of %q is not the one that is looked up", token)
		}
		if seen[token] {
			t.Fatalf("%q came twice", token)
		}
		seen[token] = true
	}
}

func TestTheAddressIsTheConnectionsOwn(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[2001:db8::1]:1234": "2001:db8::/64", "@": "@",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		// Anybody can write this one.
		r.Header.Set("X-Forwarded-For", "198.51.100.7")
		if got := Address(r); got != want {
			t.Errorf("%s: got %q, want %q", remote, got, want)
		}
	}
}
