package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// guess tries a wrong password over TCP, through what a proxy would note, and returns the
// status.
func guess(t *testing.T, s *site, name string, forwarded ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/session", strings.NewReader(fmt.Sprintf(`{"username":%q,"password":"wrong"}`, name)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header["X-Forwarded-For"] = forwarded
	r.Header.Set("Forwarded", "for="+strings.Join(forwarded, ""))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// checked tries so many times, as forwarded says, and returns how many were not refused for
// being too many.
func checked(t *testing.T, s *site, times int, forwarded func(i int) []string) int {
	t.Helper()
	n := 0
	for i := range times {
		switch got := guess(t, s, fmt.Sprintf("name%d", i), forwarded(i)...); got {
		case http.StatusUnauthorized:
			n++
		case http.StatusTooManyRequests:
		default:
			t.Fatalf("got %d", got)
		}
	}
	return n
}

// full tells whether guesses since then were checked as a bucket of 10 allows, which regains one in 6 s.
func full(n int, since time.Time) bool {
	return n >= 10 && n <= 11+int(time.Since(since)/(6*time.Second))
}

func TestARotatingXForwardedForNeverResetsABucket(t *testing.T) {
	rotating := func(i int) []string { return []string{fmt.Sprintf("198.51.100.%d", i)} }
	t.Run("without --trusted-proxies it is ignored", func(t *testing.T) {
		s := openWith(t, testkit.SQLite(t), func(o *server.Options) { o.RateLimits = true })
		began := time.Now()
		if n := checked(t, s, 20, rotating); !full(n, began) {
			t.Errorf("%d of 20 guesses were checked, want 10", n)
		}
	})
	t.Run("from a peer that is not trusted it is ignored", func(t *testing.T) {
		s := openWith(t, testkit.SQLite(t), func(o *server.Options) {
			o.RateLimits, o.Proxies = true, networks(t, "10.0.0.0/8")
		})
		began := time.Now()
		if n := checked(t, s, 20, rotating); !full(n, began) {
			t.Errorf("%d of 20 guesses were checked, want 10", n)
		}
	})
	t.Run("behind a proxy that is, what stands further left is", func(t *testing.T) {
		s := openWith(t, testkit.SQLite(t), func(o *server.Options) {
			o.RateLimits, o.Proxies = true, networks(t, "127.0.0.1/32", "10.0.0.0/8")
		})
		began := time.Now()
		n := checked(t, s, 20, func(i int) []string {
			if i%2 == 0 {
				return []string{fmt.Sprintf("198.51.100.%d, 192.0.2.1, 10.0.0.3", i)}
			}
			return []string{fmt.Sprintf("198.51.100.%d, 127.0.0.1", i), "192.0.2.1"}
		})
		if !full(n, began) {
			t.Errorf("%d of 20 guesses of one client were checked, want 10", n)
		}
		began = time.Now()
		if n := checked(t, s, 20, func(int) []string { return []string{"192.0.2.2"} }); !full(n, began) {
			t.Errorf("%d of another client's were checked, want 10: it has a bucket of its own", n)
		}
	})
}

func networks(t *testing.T, all ...string) auth.Proxies {
	t.Helper()
	p, err := auth.ParseProxies(all)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What scheme and host people use is configured: headers that say otherwise change nothing.
func TestForwardedSchemeAndHostAreIgnored(t *testing.T) {
	s := openWith(t, testkit.SQLite(t), func(o *server.Options) {
		o.Proxies = networks(t, "127.0.0.1/32")
		o.PublicURL, _ = url.Parse("https://swap.example") // a constant
	})
	for _, host := range []string{"evil.example", "swap.example"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/ticket", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://"+host)
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-Forwarded-Proto", "http")
		r.AddCookie(&http.Cookie{Name: s.Guard.CookieName(), Value: s.buyer.Token()})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if want := map[string]int{"evil.example": 403, "swap.example": 201}[host]; answer.StatusCode != want {
			t.Errorf("a post of a page of %s: %d, want %d", host, answer.StatusCode, want)
		}
		if p := answer.Header.Get("Content-Security-Policy"); strings.Contains(p, "evil.example") || !strings.Contains(p, "wss://swap.example") {
			t.Errorf("policy %q", p)
		}
	}
}

// drip opens connections that send a byte of a header now and then and never its end.
func drip(t *testing.T, s *site, n int) (closed func() int) {
	t.Helper()
	var mu sync.Mutex
	gone := 0 // guarded by mu
	address := strings.TrimPrefix(s.URL, "http://")
	for range n {
		c, err := net.DialTimeout("tcp", address, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
		go func() {
			// Ends with the connection: the server's patience is 5 s.
			for err := error(nil); err == nil; {
				_, err = io.WriteString(c, "x")
				if err == nil {
					_ = c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
					if _, read := c.Read(make([]byte, 512)); !errors.Is(read, os.ErrDeadlineExceeded) {
						err = errors.Join(io.EOF, read)
					}
				}
			}
			mu.Lock()
			gone++
			mu.Unlock()
		}()
	}
	return func() int { mu.Lock(); defer mu.Unlock(); return gone }
}

func TestDrippingConnectionsKeepNobodyOut(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 300
	}
	s := openWith(t, testkit.SQLite(t), func(o *server.Options) { o.RateLimits = true })
	grace := testkit.Grace(t)
	closed := drip(t, s, n)
	began := time.Now()
	slowest := time.Duration(0)
	for closed() < n {
		asked := time.Now()
		if got := s.buyer.Do("GET", "/api/v1/me", ""); got.Status != http.StatusOK {
			t.Fatalf("a good client gets %d", got.Status)
		}
		slowest = max(slowest, time.Since(asked))
		if time.Since(began) > time.Minute {
			t.Fatalf("only %d of %d dripping connections have been closed", closed(), n)
		}
	}
	if slowest > 3*time.Second+grace() {
		t.Errorf("a good client waited for %v while %d connections dripped", slowest, n)
	}
}

// A header has 16 KiB at most, and the 4 KiB that the library allows on top of it.
func TestHeadersAreBounded(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	for size, want := range map[int]int{12 << 10: 200, 24 << 10: 431, 1 << 20: 431} {
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(s.URL, "http://"), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // a connection takes one
		go func() {
			// The server stops reading: what it has not read fails to be written.
			_, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: "+strings.Repeat("x", size)+"\r\n\r\n")
		}()
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d", size, answer.StatusCode, want)
		}
	}
}

func TestEveryKindOfAnswerCarriesTheSecurityHeaders(t *testing.T) {
	s := openWith(t, testkit.SQLite(t), func(o *server.Options) { o.RateLimits = true })
	page := s.seller.Form("/create/", sofa, picture(t, 40, 30)).Header.Get("Location")
	photo := s.listing(t, page)["photos"].([]any)[0].(map[string]any)["url"].(string)
	body := s.visitor.Do("GET", "/", "").Body
	at := strings.Index(body, "/static/")
	style, _, _ := strings.Cut(body[at:], `"`)
	kinds := []struct {
		call string
		c    *apptest.Client
		want int
	}{
		{"GET /", s.visitor, 200},
		{"GET /chat/", s.seller, 200},
		{"GET /chat/", s.visitor, 303},
		{"GET " + page, s.visitor, 200},
		{"GET /api/v1/me", s.seller, 200},
		{"GET /api/v1/me", s.visitor, 401},
		{"GET /api/v1/openapi.json", s.visitor, 200},
		{"PUT /api/v1/me", s.visitor, 405},
		{"GET /api/v1/nothing", s.visitor, 404},
		{"OPTIONS /api/v1/me", s.visitor, 204},
		{"GET " + photo, s.visitor, 200},
		{"GET /media/nothing.jpg", s.visitor, 404},
		{"GET /media/../../etc/passwd", s.visitor, 0},
		{"GET " + style, s.visitor, 200},
		{"GET /static/x/nothing.js", s.visitor, 404},
		{"GET /favicon.ico", s.visitor, 200},
		{"GET /healthz", s.visitor, 200},
		{"GET /readyz", s.visitor, 200},
		{"POST /healthz", s.visitor, 0},
		{"DELETE /shop/", s.visitor, 0},
		{"GET /nothing/", s.visitor, 404},
		{"GET //evil.example/", s.visitor, 0},
		{"GET /ws/", s.visitor, 426},
		{"TRACE /", s.visitor, 0},
		{"POST /accounts/login/", s.visitor, 401},
		{"POST /create/", s.visitor, 401},
	}
	for _, kind := range kinds {
		method, path, _ := strings.Cut(kind.call, " ")
		got := kind.c.Send(method, path, "application/x-www-form-urlencoded", "x=1")
		if kind.want != 0 && got.Status != kind.want {
			t.Errorf("%s: %d, want %d", kind.call, got.Status, kind.want)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "geolocation=()",
		} {
			if have := got.Header.Get(name); !strings.Contains(have, want) {
				t.Errorf("%s: %d with %s: %q, want %q in it", kind.call, got.Status, name, have, want)
			}
		}
		if p := got.Header.Get("Content-Security-Policy"); !strings.HasPrefix(path, "/media/") && (strings.Contains(p, "unsafe") || !strings.Contains(p, "frame-ancestors 'none'") || !strings.Contains(p, "base-uri 'none'") || !strings.Contains(p, "form-action 'self'")) {
			t.Errorf("%s: policy %q", kind.call, p)
		}
		for _, name := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
			if have, ok := got.Header[name]; ok {
				t.Errorf("%s: says %s: %q", kind.call, name, have)
			}
		}
	}
}
