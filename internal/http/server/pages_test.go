package server_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// fullPages are the addresses of every page, with what there is to show on each, as the
// seller sees them. They are those of the system before this one and our own.
func (s *site) fullPages(t *testing.T) []string {
	t.Helper()
	made := s.seller.Form("/create/", sofa, picture(t, 40, 30), picture(t, 30, 40))
	own := made.Header.Get("Location")
	started, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	foreign := s.stranger.Form("/create/", sofa, picture(t, 40, 30)).Header.Get("Location")
	id := s.listing(t, foreign)["id"].(float64)
	s.seller.Do("POST", fmt.Sprintf("/wishlist/add/%.0f/", id), "next=/shop/")
	if _, err := s.Messages.Start(t.Context(), s.town.Seller.ID, messaging.StartCommand{Listing: chat.ListingID(id), ClientID: "b", Text: "Hello"}); err != nil {
		t.Fatal(err)
	}
	old, talk := s.town.Listing.ID, fmt.Sprintf("/chat/conversation/%d/", started.Conversation)
	return []string{
		"/", "/shop/", "/shop/?q=sofa&category=furniture&condition=good&min_price=1&max_price=9000&place=aundh&sort=price", "/search/?q=sofa",
		"/create/", own, own + "?photo=2", own + "edit/", own + "delete/", own + "mark-sold/", own + "mark-active/", own + "mark-reserved/",
		own + "mark-inactive/", foreign, "/categories/", "/categories/furniture/",
		"/chat/", "/chat/?filter=unread", talk, talk + "?before=1", talk + "?after=1", fmt.Sprintf("%s?message=%d", talk, started.Message.ID),
		fmt.Sprintf("/chat/start/%d/", old),
		"/accounts/profile/", "/accounts/profile/edit/", "/accounts/profile/buyer/", "/accounts/my-products/", "/accounts/my-wishlist/",
		"/accounts/check-username/?username=somebody", "/accounts/check-email/?email=a@example.org", "/accounts/password-reset/",
		"/accounts/password-change/", "/accounts/devices/", "/accounts/close/", "/accounts/logout/",
		fmt.Sprintf("/wishlist/add/%d/", old), fmt.Sprintf("/wishlist/remove/%d/", old), "/accounts/login/", "/accounts/register/",
		"/accounts/password-reset/confirm/", "/accounts/password-reset/confirm/?token=made-up", "/accounts/verify-email/", "/accounts/verify-email/made-up/",
		"/notifications/", "/notifications/unread-count/", "/notifications/read/1/",
		"/notifications/?type=unread", "/notifications/?type=saved", "/notifications/mark-all-read/", "/notifications/delete/1/", "/notifications/clear-all/", "/notifications/preferences/",
		"/unsubscribe/" + s.Leaves.Token(s.town.Seller.ID, chat.NoticeSold) + "/",
		"/chat/search/", "/chat/search/?q=hi", "/chat/search/?q=hi&cursor=Mg", "/manifest.webmanifest", "/offline/", "/share/", "/share/?failed",
	}
}

func TestEveryAddressAnswersInAtMostSixQueries(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var mu sync.Mutex
		var asked []string // guarded by mu
		s := openWith(t, d, func(o *server.Options) {
			o.Trace = func(query string) {
				mu.Lock()
				defer mu.Unlock()
				// What the followers of the feeds ask for in the background is nobody's page.
				ofLog := strings.Contains(query, "FROM event") && strings.Contains(query, "ORDER BY")
				// The same goes for who looks for what is to be sent, for the bell, and for mutes that are over.
				ofMutes := strings.Contains(query, "m.muted_until <= ")
				ofBell := strings.HasPrefix(strings.TrimSpace(query), "SELECT n.user_id, count(*) FROM notice n")
				if !ofBell && !ofMutes && !strings.Contains(query, "outbox") && !strings.Contains(query, "listing_change") && !strings.Contains(query, "follower") && !ofLog {
					asked = append(asked, strings.Join(strings.Fields(query), " "))
				}
			}
		})
		pages := s.fullPages(t)
		for settled := false; !settled; {
			settled = s.settled(t)
		}
		for who, c := range map[string]*apptest.Client{"seller": s.seller, "visitor": s.visitor} {
			for _, page := range pages {
				mu.Lock()
				asked = nil
				mu.Unlock()
				got := c.Do("GET", page, "")
				mu.Lock()
				queries := slices.Clone(asked)
				mu.Unlock()
				switch {
				case got.Status == http.StatusOK:
				case got.Status == http.StatusSeeOther && got.Header.Get("Location") != "":
				case got.Status == http.StatusConflict && strings.HasPrefix(page, "/chat/start/"): // one's own
				default:
					t.Errorf("%s: %s answers %d", who, page, got.Status)
				}
				if len(queries) > 6 {
					t.Errorf("%s: %s takes %d queries:\n%s", who, page, len(queries), strings.Join(queries, "\n"))
				}
			}
		}
	})
}

// contents reads a whole SQLite database.
func contents(t *testing.T, d *testkit.Database) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+d.Dir()+"/swapnest.db?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	list := func(query string) []string {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			line := ""
			for _, v := range values {
				line += fmt.Sprintf("%v|", *v.(*any))
			}
			all = append(all, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return all
	}
	tables := make(map[string]string)
	for _, name := range list(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		name = strings.TrimSuffix(name, "|")
		tables[name] = strings.Join(list(`SELECT * FROM `+name), "\n")
	}
	return tables
}

func TestNoGETChangesAnything(t *testing.T) {
	d := testkit.SQLite(t)
	s := open(t, d)
	pages := s.fullPages(t)
	// The followers tell of what was made, and rest.
	for settled := false; !settled; {
		settled = s.settled(t)
	}
	before := contents(t, d)
	if len(before) < 10 || before["listing"] == "" {
		t.Fatalf("got %d tables", len(before))
	}
	for _, c := range []*apptest.Client{s.seller, s.buyer, s.stranger, s.visitor} {
		for _, page := range pages {
			c.Do("GET", page, "")
			c.Do("HEAD", page, "")
		}
	}
	for name, rows := range contents(t, d) {
		if rows != before[name] {
			t.Errorf("looking at the pages has changed %s:\n%s\nwas\n%s", name, rows, before[name])
		}
	}
}

// settled tells whether the followers have come to the end of what they follow.
func (s *site) settled(t *testing.T) bool {
	t.Helper()
	left := 0
	for _, name := range []string{"shelf", "notices of listings"} {
		from, err := s.DB.Followed(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		changes, err := s.DB.ListingChanges(t.Context(), from, 1)
		if err != nil {
			t.Fatal(err)
		}
		left += len(changes)
	}
	for _, name := range []string{"notices", store.Searchable} {
		from, err := s.DB.Followed(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		events, err := s.DB.After(t.Context(), from, 1)
		if err != nil {
			t.Fatal(err)
		}
		left += len(events)
	}
	return left == 0
}
