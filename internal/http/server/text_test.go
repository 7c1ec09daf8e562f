package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"swapnest/internal/testkit"
)

// metacharacters mean something to a database, a header or a pattern.
var metacharacters = []string{
	`' OR '1'='1`, `'; DROP TABLE users; --`, `" OR ""="`, `\'; SELECT 1; --`, `$1`, `?1`, `:name`, `%`, `_`, `\`, `*`,
	`') UNION SELECT password_hash FROM users --`, `1; UPDATE users SET name = 'x'`, "`", `/* */ --`, `{"$gt": ""}`, `%' ESCAPE '`, `x' AND 1=(SELECT 1) --`,
}

func TestMetacharactersAreText(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		s.seller.Form("/create/", sofa)
		all := s.visitor.Do("GET", "/api/v1/listings?limit=60", "").JSON(t)["listings"].([]any)
		for i, text := range metacharacters {
			quoted, _ := json.Marshal(text) // a string can always be marshalled
			sent := s.buyer.Do("POST", "/api/v1/conversations", fmt.Sprintf(`{"listing_id":%d,"client_id":"m%d","message":%s}`, s.town.Listing.ID, i, quoted))
			if sent.Status >= 300 || sent.JSON(t)["message"].(map[string]any)["message"] != text {
				t.Errorf("%q as a message: %d %s", text, sent.Status, sent.Body)
			}
			query := url.QueryEscape(text)
			for _, path := range []string{
				"/api/v1/listings?q=" + query, "/api/v1/listings?place=" + query, "/shop/?q=" + query + "&place=" + query + "&sort=" + query + "&category=" + query,
				"/chat/search/?q=" + query, "/accounts/check-username/?username=" + query, "/api/v1/listings?cursor=" + query,
				"/product/" + url.PathEscape(text) + "/", "/accounts/profile/" + url.PathEscape(text) + "/", "/api/v1/conversations?cursor=" + query + "&filter=all",
			} {
				got := s.buyer.Do("GET", path, "")
				if got.Status >= 500 {
					t.Errorf("%s: %d", path, got.Status)
				}
				if strings.HasPrefix(path, "/api/v1/listings?q=") && got.Status == http.StatusOK && len(got.JSON(t)["listings"].([]any)) > 0 {
					t.Errorf("%q finds what does not hold it", text)
				}
			}
			edit := s.seller.Do("PATCH", "/api/v1/me", fmt.Sprintf(`{"name":%s,"city":%s,"about":%s}`, quoted, quoted, quoted))
			if edit.Status != http.StatusOK || edit.JSON(t)["user"].(map[string]any)["name"] != text {
				t.Errorf("%q as a name: %d %s", text, edit.Status, edit.Body)
			}
			if got := s.visitor.Do("POST", "/api/v1/session", fmt.Sprintf(`{"username":%s,"password":%s}`, quoted, quoted)); got.Status != http.StatusUnauthorized {
				t.Errorf("%q as name and password: %d", text, got.Status)
			}
		}
		if now := s.visitor.Do("GET", "/api/v1/listings?limit=60", "").JSON(t)["listings"].([]any); len(now) != len(all) {
			t.Errorf("%d listings, and %d before", len(now), len(all))
		}
	})
}

// Addresses to come back to that lead elsewhere, or into another header.
var elsewhere = []string{
	"https://evil.example/", "//evil.example/", `/\evil.example/`, `\\evil.example/`, "/\t/evil.example/", "/\n/evil.example", "///evil.example",
	"http:evil.example", "javascript:alert(1)", "data:text/html,x", "/%2f/evil.example/..//", "/x\r\nSet-Cookie: a=b", "/x\r\n\r\n<script>", " //evil.example",
	"https:/evil.example", "/%09/evil.example", "/..//evil.example/", "@evil.example", ".evil.example", "/.//evil.example",
}

func TestNoFormLeadsToAnotherSite(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	s.visitor.Do("POST", "/api/v1/users", `{"username":"owner","password":"`+secret+`"}`)
	site, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range elsewhere {
		in := url.Values{"username": {"owner"}, "password": {secret}, "next": {next}, "back": {next}}.Encode()
		query := "?next=" + url.QueryEscape(next)
		for _, call := range [][3]string{
			{"POST", "/accounts/login/", in},
			{"POST", "/accounts/login/" + query, in},
			{"POST", "/accounts/logout/" + query, in},
			{"GET", "/accounts/login/" + query, ""},
			{"GET", "/accounts/register/" + query, ""},
			{"POST", fmt.Sprintf("/wishlist/add/%d/", s.town.Listing.ID) + query, in},
			{"POST", fmt.Sprintf("/wishlist/remove/%d/", s.town.Listing.ID), in},
		} {
			got := s.buyer.Do(call[0], call[1], call[2])
			if _, planted := got.Header["A"]; planted || len(got.Header.Values("Set-Cookie")) > 2 {
				t.Errorf("%s %s with %q: a header of its own: %v", call[0], call[1], next, got.Header)
			}
			to := got.Header.Get("Location")
			if to == "" {
				continue
			}
			// As a browser reads it: a backslash is a slash, tabs and newlines are nothing.
			u, err := site.Parse(strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(to))
			if err != nil || u.Host != site.Host || u.Scheme != "http" {
				t.Errorf("%s %s with %q leads to %q", call[0], call[1], next, to)
			}
		}
	}
}
