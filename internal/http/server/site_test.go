package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/listings"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// site is a running node with two people and a stranger.
type site struct {
	*apptest.App
	town                             testkit.Town
	buyer, seller, stranger, visitor *apptest.Client
}

func open(t *testing.T, d *testkit.Database) *site {
	t.Helper()
	return openWith(t, d, nil)
}

// openWith is open with other options.
func openWith(t *testing.T, d *testkit.Database, change func(*server.Options)) *site {
	t.Helper()
	s := &site{App: apptest.Start(t, d, change)}
	s.town = testkit.Populate(t, s.DB)
	client := func(u chat.User) *apptest.Client {
		_, token := s.SignIn(t, u)
		return s.Client(t, token)
	}
	s.buyer, s.seller, s.stranger, s.visitor = client(s.town.Buyer), client(s.town.Seller), client(s.town.Stranger), s.Client(t, "")
	return s
}

func (s *site) mark(t *testing.T, status string) {
	t.Helper()
	_, err := s.Listings.Edit(context.Background(), s.town.Seller.ID, listings.EditCommand{Listing: s.town.Listing.ID, Status: &status})
	if err != nil {
		t.Fatal(err)
	}
}

func TestConversationFromTheStartPageWithoutJavaScript(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		start := fmt.Sprintf("/chat/start/%d/", s.town.Listing.ID)
		page := s.buyer.Do("GET", start, "")
		if page.Status != http.StatusOK || !strings.Contains(page.Body, s.town.Listing.Title) {
			t.Fatalf("start page: %d", page.Status)
		}
		if list := s.seller.Do("GET", "/api/v1/conversations", "").JSON(t)["conversations"].([]any); len(list) != 0 {
			t.Error("opening the start page made a conversation")
		}
		blank := s.buyer.Do("POST", start, url.Values{"message": {" \n "}}.Encode())
		if blank.Status != http.StatusUnprocessableEntity {
			t.Errorf("a blank first message: %d, want 422", blank.Status)
		}
		sent := s.buyer.Do("POST", start, url.Values{"message": {"Is it <b>there</b>?"}, "client_id": {"form.1"}}.Encode())
		where := sent.Header.Get("Location")
		if sent.Status != http.StatusSeeOther || !strings.HasPrefix(where, "/chat/conversation/") {
			t.Fatalf("start: %d to %q: %s", sent.Status, where, sent.Body)
		}
		where, _, _ = strings.Cut(where, "#")
		// Sent twice by an impatient finger: one message.
		s.buyer.Do("POST", start, url.Values{"message": {"Is it <b>there</b>?"}, "client_id": {"form.1"}}.Encode())
		if again := s.buyer.Do("GET", start, ""); again.Status != http.StatusSeeOther {
			t.Errorf("the start page of a conversation that exists: %d, want 303 to it", again.Status)
		}
		for name, c := range map[string]*apptest.Client{"buyer": s.buyer, "seller": s.seller} {
			page := c.Do("GET", where, "")
			if page.Status != http.StatusOK || strings.Count(page.Body, "Is it &lt;b&gt;there&lt;/b&gt;?") == 0 || strings.Contains(page.Body, "<b>there") {
				t.Errorf("%s's page: %d", name, page.Status)
			}
		}
		answer := s.seller.Do("POST", where, url.Values{"message": {"It is"}, "client_id": {"form.2"}}.Encode())
		if answer.Status != http.StatusSeeOther {
			t.Errorf("the seller's answer: %d", answer.Status)
		}
		kept := s.seller.Do("POST", where, url.Values{"message": {strings.Repeat("long ", 1000)}, "client_id": {"form.3"}}.Encode())
		if kept.Status != http.StatusUnprocessableEntity || !strings.Contains(kept.Body, "long long long") {
			t.Errorf("a message too long: %d, want 422 with the text kept", kept.Status)
		}
		id := strings.Trim(strings.TrimPrefix(where, "/chat/conversation/"), "/")
		messages := s.buyer.Do("GET", "/api/v1/conversations/"+id+"/messages", "").JSON(t)["messages"].([]any)
		if len(messages) != 2 {
			t.Errorf("%d messages, want 2", len(messages))
		}
		foreign, missing := s.stranger.Do("GET", where, ""), s.stranger.Do("GET", "/chat/conversation/4711/", "")
		if foreign.Status != http.StatusNotFound || missing.Status != http.StatusNotFound {
			t.Errorf("a stranger gets %d, want 404 as for what does not exist (%d)", foreign.Status, missing.Status)
		}
		if out := s.visitor.Do("GET", where, ""); out.Status != http.StatusSeeOther || !strings.HasPrefix(out.Header.Get("Location"), "/accounts/login/?next=") {
			t.Errorf("signed out: %d to %q", out.Status, out.Header.Get("Location"))
		}
	})
}

func TestOwnAndSoldListingsTakeNoNewConversation(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		start := fmt.Sprintf("/chat/start/%d/", s.town.Listing.ID)
		call := fmt.Sprintf(`{"listing_id":%d,"client_id":"a","message":"hi"}`, s.town.Listing.ID)
		refused := func(name string, c *apptest.Client) {
			t.Helper()
			if page := c.Do("GET", start, ""); page.Status < 400 || page.Status >= 500 {
				t.Errorf("%s: start page %d", name, page.Status)
			}
			if page := c.Do("POST", start, "message=hi&client_id=x"); page.Status < 400 || page.Status >= 500 {
				t.Errorf("%s: start form %d", name, page.Status)
			}
			if answer := c.Do("POST", "/api/v1/conversations", call); answer.Status != http.StatusUnprocessableEntity || answer.JSON(t)["code"] != "invalid" {
				t.Errorf("%s: API %d %s", name, answer.Status, answer.Body)
			}
		}
		refused("one's own", s.seller)
		if first := s.buyer.Do("POST", "/api/v1/conversations", call); first.Status != http.StatusCreated {
			t.Fatalf("the buyer before the sale: %d %s", first.Status, first.Body)
		}
		for _, status := range []string{"sold", "inactive"} {
			s.mark(t, status)
			refused(status, s.stranger)
			more := strings.Replace(call, `"a"`, `"`+status+`"`, 1)
			if answer := s.buyer.Do("POST", "/api/v1/conversations", more); answer.Status != http.StatusOK {
				t.Errorf("an existing conversation about what is %s: %d %s, want 200", status, answer.Status, answer.Body)
			}
		}
	})
}

func TestSignInComesBackToWhereOneWas(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		made := s.visitor.Do("POST", "/accounts/register/", url.Values{"username": {"newcomer"}, "password": {"a good password"}}.Encode())
		if made.Status != http.StatusSeeOther || s.visitor.Token() == "" {
			t.Fatalf("register: %d %s", made.Status, made.Body)
		}
		if out := s.visitor.Do("POST", "/accounts/logout/", "x=1"); out.Status != http.StatusSeeOther {
			t.Errorf("log out: %d", out.Status)
		}
		if me := s.visitor.Do("GET", "/api/v1/me", ""); me.Status != http.StatusUnauthorized {
			t.Errorf("after logging out: %d, want 401", me.Status)
		}
		wrong := s.visitor.Do("POST", "/accounts/login/", url.Values{"username": {"newcomer"}, "password": {"a wrong password"}}.Encode())
		if wrong.Status != http.StatusUnauthorized || !strings.Contains(wrong.Body, `value="newcomer"`) || strings.Contains(wrong.Body, "a wrong password") {
			t.Errorf("a wrong password: %d; the name is kept, the password is not", wrong.Status)
		}
		for next, want := range map[string]string{
			"/product/x/": "/product/x/", "https://evil.example/": "/chat/", "//evil.example/": "/chat/", `/\evil.example`: "/chat/", "": "/chat/",
		} {
			back := s.visitor.Do("POST", "/accounts/login/", url.Values{"username": {"newcomer"}, "password": {"a good password"}, "next": {next}}.Encode())
			if back.Status != http.StatusSeeOther || back.Header.Get("Location") != want {
				t.Errorf("next=%q: %d to %q, want 303 to %q", next, back.Status, back.Header.Get("Location"), want)
			}
			s.visitor.Do("POST", "/accounts/logout/", "x=1")
		}
	})
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	for path, want := range map[string]int{
		"/": 200, "/shop/": 200, "/product/" + s.town.Listing.Slug + "/": 200, "/accounts/login/": 200, "/nothing/": 404,
		"/api/v1/listings": 200, "/api/v1/nothing": 404, "/healthz": 200, "/readyz": 200, "/media/nothing.svg": 404, "/chat/": 303,
	} {
		r := s.visitor.Do("GET", path, "")
		if r.Status != want {
			t.Errorf("%s: %d, want %d", path, r.Status, want)
		}
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe-inline") && !strings.HasPrefix(path, "/media/") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no nosniff", path)
		}
	}
}

func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	for _, path := range []string{"/accounts/logout/", "/accounts/login/", "/create/", "/api/v1/session", fmt.Sprintf("/chat/start/%d/", s.town.Listing.ID)} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader("message=hi"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: s.Guard.CookieName(), Value: s.buyer.Token()})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", path, answer.StatusCode)
		}
	}
	if me := s.buyer.Do("GET", "/api/v1/me", ""); me.Status != http.StatusOK {
		t.Errorf("a foreign page logged somebody out: %d", me.Status)
	}
}
