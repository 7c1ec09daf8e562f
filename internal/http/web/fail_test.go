package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
)

func TestAHandlersErrorBecomesAPageThatSaysWhatToDo(t *testing.T) {
	w := newWeb(t)
	slow := chat.Errorf(chat.RateLimited, "You have sent a lot.")
	slow.RetryAfter = 1500 * time.Millisecond
	for _, c := range []struct {
		name   string
		method string
		err    error
		code   int
		header [2]string
		want   string
		logs   string
	}{
		{"a reader who is signed out is led to the login page", "GET", auth.ErrSignedOut, 303, [2]string{"Location", "/accounts/login/?next=%2Fcreate%2F%3Fa%3D1"}, "", ""},
		{"a form of somebody signed out says so", "POST", auth.ErrSignedOut, 401, [2]string{"Cache-Control", "no-store"}, `href="/accounts/login/?next=%2Fcreate%2F%3Fa%3D1"`, ""},
		{"what is forbidden says why", "POST", chat.Errorf(chat.Forbidden, "Only the seller can."), 403, [2]string{}, "Only the seller can.", ""},
		{"what is missing leads to the shop", "GET", chat.ErrNotFound("listing"), 404, [2]string{}, `href="/shop/"`, ""},
		{"a conflict says why", "POST", chat.Errorf(chat.Conflict, "It is sold."), 409, [2]string{}, "It is sold.", ""},
		{"too much is refused", "POST", chat.Errorf(chat.TooLarge, "Shorten it."), 413, [2]string{}, "Shorten it.", ""},
		{"an invalid address is refused", "GET", chat.FieldError("cursor", "No such page."), 422, [2]string{}, "No such page.", ""},
		{"whoever is too fast learns when to try again", "POST", slow, 429, [2]string{"Retry-After", "2"}, "You have sent a lot.", ""},
		{"an unavailable database can be tried again", "GET", chat.Errorf(chat.Unavailable, "x"), 503, [2]string{}, "Try again", ""},
		{"a fault is ours, and told to the operator", "GET", errors.New("disk on fire"), 500, [2]string{}, "This is our fault", "disk on fire"},
		{"a fault does not tell a reader what it was", "POST", fmt.Errorf("query: %w", context.DeadlineExceeded), 503, [2]string{}, "This is our fault", "took too long"},
		{"a reader who left is no fault", "GET", context.Canceled, 503, [2]string{}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var logged bytes.Buffer
			w.log = slog.New(slog.NewTextHandler(&logged, nil))
			rec := httptest.NewRecorder()
			h := w.page(func(http.ResponseWriter, *http.Request) error { return c.err })
			h.ServeHTTP(rec, httptest.NewRequest(c.method, "/create/?a=1", nil))
			if rec.Code != c.code {
				t.Errorf("got %d, want %d", rec.Code, c.code)
			}
			if got := rec.Header().Get(c.header[0]); c.header[0] != "" && got != c.header[1] {
				t.Errorf("got %s %q, want %q", c.header[0], got, c.header[1])
			}
			if body := rec.Body.String(); !strings.Contains(body, c.want) || (c.logs != "" && strings.Contains(body, "disk on fire")) {
				t.Errorf("got %s, want %q in it", body, c.want)
			}
			if got := strings.Count(logged.String(), "\n"); (c.logs == "" && got != 0) || (c.logs != "" && (got != 1 || !strings.Contains(logged.String(), c.logs))) {
				t.Errorf("got the log %q, want %q once", logged.String(), c.logs)
			}
		})
	}
}

func TestPagesForStrangers(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	for _, c := range []struct {
		name, method, path, body string
		code                     int
		location                 string
	}{
		{"an address that is none is a page", "GET", "/nothing/here", "", 404, ""},
		{"an address without its slash finds its page", "GET", "/accounts/login", "", 307, "/accounts/login/"},
		{"a category that is none is a page", "GET", "/shop/?category=boats", "", 404, ""},
		{"selling needs somebody signed in", "GET", "/create/", "", 303, "/accounts/login/?next=%2Fcreate%2F"},
		{"a posted listing needs somebody signed in", "POST", "/create/", "title=x", 401, ""},
		{"the account needs somebody signed in", "GET", "/accounts/profile/", "", 303, "/accounts/login/?next=%2Faccounts%2Fprofile%2F"},
		{"the login page is for everybody", "GET", "/accounts/login/?next=//evil.example", "", 200, ""},
		{"whoever is signed out need not log out", "GET", "/accounts/logout/", "", 303, "/accounts/login/"},
		{"logging out twice does no harm", "POST", "/accounts/logout/", "", 303, "/"},
		{"a form can be too large", "POST", "/accounts/login/", "username=" + strings.Repeat("a", formBytes), 413, ""},
		{"a form can be broken", "POST", "/accounts/login/", "username=%zz", 422, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, r)
			if rec.Code != c.code || rec.Header().Get("Location") != c.location {
				t.Errorf("got %d to %q, want %d to %q", rec.Code, rec.Header().Get("Location"), c.code, c.location)
			}
			if strings.Contains(rec.Body.String(), "evil.example") {
				t.Error("got the foreign address in the page")
			}
		})
	}
}

// The browser's worker takes away what was for somebody once a page says who is there, so a page
// that does not know must not say that nobody is.
func TestAPageSaysWhoIsSignedInOnlyWhenItKnows(t *testing.T) {
	w := newWeb(t)
	known := signedOut(w, "Log in")
	known.SignedOut = true
	for _, c := range []struct {
		name  string
		shell shell
		want  string
	}{
		{"somebody", frame(w, "Log out", "you"), ` data-person="4">`},
		{"nobody", known, ` data-person="nobody">`},
		{"a page that could not find out", signedOut(w, "Something went wrong"), `<body>`},
	} {
		page := draw(t, w, "error", errorView{shell: c.shell, Status: 500, Heading: "Something went wrong"})
		_, body, _ := strings.Cut(page, "</head>")
		if body, _, _ = strings.Cut(body, "\n<svg"); !strings.Contains(body, c.want) {
			t.Errorf("%s: got %q, want %s", c.name, body, c.want)
		}
	}
	mux := http.NewServeMux()
	w.Routes(mux)
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/accounts/login/", nil))
	contains(t, rec.Body.String(), ` data-person="nobody">`)
}
