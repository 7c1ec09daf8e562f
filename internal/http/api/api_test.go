package api

import (
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/follower/indexer"
	noticing "swapnest/internal/follower/notices"
	"swapnest/internal/store"
)

// row is one call and what must come back.
type row struct {
	name string
	request
	status int
	has    []string // must be in the body
	lacks  []string // must not
}

func (w *world) run(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got := w.do(t, r.request)
			if got.status != r.status {
				t.Fatalf("%s: got %d, want %d: %s", r.call, got.status, r.status, got.body)
			}
			for _, s := range r.has {
				if !strings.Contains(got.body, w.expand(s)) {
					t.Errorf("%s: got %s, want %s in it", r.call, got.body, s)
				}
			}
			for _, s := range r.lacks {
				if strings.Contains(got.body, w.expand(s)) {
					t.Errorf("%s: got %s, want no %s in it", r.call, got.body, s)
				}
			}
		})
	}
}

// TestEveryAnswer goes through all calls with all that can become of them. Every
// answer is held against the OpenAPI document, and in the end all that it
// documents must have been seen.
func TestEveryAnswer(t *testing.T) {
	w := newWorld(t, false)
	c := newContract(t, w)
	t.Run("users", func(t *testing.T) { w.run(t, userRows) })
	t.Run("session", func(t *testing.T) { w.run(t, sessionRows) })
	t.Run("listings", func(t *testing.T) { w.run(t, listingRows) })
	t.Run("photos", func(t *testing.T) { w.run(t, photoRows(t)) })
	t.Run("uploads", func(t *testing.T) { uploading(t, w) })
	t.Run("wishes", func(t *testing.T) { w.run(t, wishRows) })
	t.Run("saved replies", func(t *testing.T) { w.run(t, savedRows) })
	t.Run("push", func(t *testing.T) { w.run(t, pushRows) })
	t.Run("accounts", func(t *testing.T) { w.run(t, accountRows) })
	t.Run("account mail", func(t *testing.T) {
		w.run(t, askingRows)
		w.mailed(t, "dev@example.org")
		w.run(t, resetRows)
	})
	t.Run("conversations", func(t *testing.T) { w.run(t, conversationRows) })
	t.Run("messages", func(t *testing.T) { w.run(t, messageRows) })
	t.Run("search", func(t *testing.T) {
		if err := indexer.New(w.db, slog.New(slog.DiscardHandler), time.Now).Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.run(t, searchRows)
	})
	t.Run("hidden", func(t *testing.T) {
		w.write(t, fmt.Sprintf(`INSERT INTO message_hidden (user_id, conversation_id, message_id)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT c.buyer_id, c.id, 1000000 + i FROM n, conversation c`, chat.MaxHidden))
		w.run(t, hiddenMostRows)
		w.write(t, `DELETE FROM message_hidden`)
		w.run(t, hiddenRows)
	})
	t.Run("notices", func(t *testing.T) {
		// The follower that the server runs, an hour later.
		later := func() time.Time { return time.Now().Add(time.Hour) }
		if _, err := noticing.New(w.db, w.Ring, store.Timing{}, slog.New(slog.DiscardHandler), later).Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.run(t, noticeRows)
	})
	t.Run("what holds for all", func(t *testing.T) { w.run(t, generalRows(c)) })
	t.Run("ends", func(t *testing.T) { w.run(t, endRows) })
	t.Run("an account that is closed", func(t *testing.T) { closing(t, w) })
	t.Run("too often", func(t *testing.T) {
		limited := newWorld(t, true)
		limited.contract = c
		limited.run(t, limitedRows)
		limited.run(t, pushOffRows)
	})
	t.Run("a closed conversation", func(t *testing.T) {
		// Nothing closes conversations yet.
		w.write(t, `UPDATE conversation SET closed_at = 1`)
		w.run(t, closedRows)
	})
	t.Run("without a database", func(t *testing.T) {
		w.db.Close()
		w.log.Reset()
		rows := brokenRows(c)
		w.run(t, rows)
		if got := strings.Count(w.log.String(), "call failed"); got != len(rows) {
			t.Errorf("got %d lines in the log, want one for each of %d failures:\n%s", got, len(rows), w.log)
		}
	})
	if missing := c.unseen(); len(missing) > 0 {
		t.Errorf("documented, but never seen:\n%s", strings.Join(missing, "\n"))
	}
}

// write runs a statement on the world's database, beside the program.
func (w *world) write(t *testing.T, statement string) {
	t.Helper()
	file, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "swapnest.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// closing signs dev in twice, signs one of the devices out, and closes the account.
func closing(t *testing.T, w *world) {
	for _, name := range []string{"dev", "dev elsewhere"} {
		_, token, err := w.accounts.SignIn(t.Context(), accounts.SignInCommand{
			Username: "dev", Password: password,
			Origin: accounts.Origin{Agent: "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.tokens[name] = token
	}
	var list struct {
		Sessions []struct {
			ID, Name string
			Current  bool
		}
	}
	w.do(t, request{"dev", "GET /me/sessions", "", ""}).decode(t, &list)
	for _, s := range list.Sessions {
		if s.Current || s.Name != "Chrome on Android" {
			continue
		}
		w.run(t, []row{
			{"somebody else cannot sign a device out", request{"asha", "DELETE /me/sessions/" + s.ID, "", ""}, 404, nil, nil},
			{"signing a device out", request{"dev", "DELETE /me/sessions/" + s.ID, "", ""}, 204, nil, nil},
		})
	}
	w.run(t, []row{
		{"it is signed out", request{"dev elsewhere", "GET /me", "", ""}, 401, nil, nil},
		{"closing", request{"dev", "POST /me/close", `{"current":"{password}"}`, ""}, 204, nil, nil},
		{"signed out", request{"dev", "GET /me", "", ""}, 401, nil, nil},
		{"no sign-in any more", request{"", "POST /session", `{"username":"dev","password":"{password}"}`, ""}, 401, nil, nil},
		{"nobody's profile", request{"", "GET /users/dev", "", ""}, 404, nil, nil},
		{"the name stays theirs", request{"", "POST /users", `{"username":"dev","password":"{password}"}`, ""}, 409, nil, nil},
		{"the address is free", request{"", "GET /availability?email=dev@example.org", "", ""}, 200, []string{`"available":true`}, nil},
	})
}

func TestAddressesThatDoNotExist(t *testing.T) {
	w := newWorld(t, false)
	for _, c := range []struct {
		name, method, path string
		status             int
		allow              string
	}{
		{"an unknown address", "GET", "/api/v1/nothing", 404, ""},
		{"an unknown address to post to", "POST", "/api/v1/nothing", 404, ""},
		{"another version", "GET", "/api/v9/users", 404, ""},
		{"the root", "GET", "/api/", 404, ""},
		{"a slash too many", "GET", "/api/v1/listings/", 404, ""},
		{"no page of documentation", "GET", "/api/v1/docs", 404, ""},
		{"no schemas of their own", "GET", "/api/v1/schemas/User.json", 404, ""},
		{"options of an unknown address", "OPTIONS", "/api/v1/nothing", 404, ""},
		{"another method", "PUT", "/api/v1/users", 405, "POST, OPTIONS"},
		{"a form of HTML cannot sign out", "POST", "/api/v1/session/1", 404, ""},
		{"reading what can be written", "GET", "/api/v1/session", 405, "DELETE, POST, OPTIONS"},
		{"the head of what can be written", "HEAD", "/api/v1/users", 405, "POST, OPTIONS"},
		{"options", "OPTIONS", "/api/v1/listings/1", 204, "DELETE, GET, HEAD, PATCH, OPTIONS"},
		{"the head of a list", "HEAD", "/api/v1/listings", 200, ""},
		{"the description", "GET", "/api/v1/openapi.json", 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.serve(t, httptest.NewRequest(c.method, c.path, nil))
			if allow := got.header.Get("Allow"); got.status != c.status || allow != c.allow {
				t.Errorf("got %d and Allow %q, want %d and %q", got.status, allow, c.status, c.allow)
			}
		})
	}
}

func TestDescription(t *testing.T) {
	w := newWorld(t, false)
	got := w.serve(t, httptest.NewRequest("GET", prefix+"/openapi.json", nil))
	c := newContract(t, w)
	if c.doc["openapi"] != "3.1.0" || at(c.doc, "info")["version"] != "1.2.3" {
		t.Errorf("got version %v of %v", at(c.doc, "info")["version"], c.doc["openapi"])
	}
	if cache := got.header.Get("Cache-Control"); cache == "no-store" || cache == "" {
		t.Errorf("got Cache-Control %q", cache)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("got Content-Type %q", kind)
	}
	// The example of a subscription has an address, and nothing else has.
	body := strings.ReplaceAll(got.body, `"endpoint":"https://push.example.net/`, "")
	for _, s := range []string{"ErrorModel", "ErrorDetail", "https://", "http://"} {
		if strings.Contains(body, s) {
			t.Errorf("the description holds %s", s)
		}
	}
	schemas := at(c.doc, "components", "schemas")
	for _, name := range []string{"Registration", "Credentials", "Post", "Question", "ListingDraft", "ListingPatch", "Position"} {
		if at(schemas, name) == nil || !strings.Contains(got.body, `"#/components/schemas/`+name+`"`) {
			t.Errorf("%s is not described", name)
		}
	}
}

func TestRequestsAreStrictAndAnswersMayGrow(t *testing.T) {
	w := newWorld(t, false)
	var doc map[string]any
	w.serve(t, httptest.NewRequest("GET", prefix+"/openapi.json", nil)).decode(t, &doc)
	for name, strict := range map[string]bool{"Post": true, "ListingPatch": true, "Money": true, "User": false, "Message": false, "Problem": false} {
		_, closed := at(doc, "components", "schemas", name)["additionalProperties"]
		if closed != strict {
			t.Errorf("%s: got closed %t, want %t", name, closed, strict)
		}
	}
}

func TestTheForeignAnswersLikeTheMissing(t *testing.T) {
	w := newWorld(t, false)
	c := newContract(t, w)
	for name := range c.operations() {
		if !strings.Contains(name, "/conversations/{id}") {
			continue
		}
		for _, body := range []string{`{"client_id":"x","message":"Hi"}`, `{"seq":1}`, `{}`, `no`} {
			name := strings.NewReplacer("{message_id}", "{words}", "{emoji}", "%F0%9F%91%8D").Replace(name)
			foreign := w.do(t, request{"carla", strings.Replace(name, "{id}", "{conversation}", 1), body, ""})
			missing := w.do(t, request{"carla", strings.Replace(name, "{id}", "999999", 1), body, ""})
			if foreign.status != missing.status || foreign.body != missing.body || !maps.EqualFunc(foreign.header, missing.header, slices.Equal) {
				t.Errorf("%s: got %v for a foreign one and %v for a missing one", name, foreign, missing)
			}
		}
	}
}

func TestSession(t *testing.T) {
	w := newWorld(t, false)
	for _, call := range []string{"POST /session", "POST /users"} {
		name := map[string]string{"POST /session": "asha", "POST /users": "gita"}[call]
		got := w.do(t, request{"", call, `{"username":"` + name + `","password":"{password}"}`, ""})
		cookies := (&http.Response{Header: got.header}).Cookies()
		if len(cookies) != 2 || cookies[0].Name != "swapnest_session" || cookies[1].Name != "swapnest_browser" {
			t.Fatalf("%s: got %v, want the session's cookie and the browser's", call, got.header)
		}
		for _, c := range cookies {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
				t.Fatalf("%s: got %v, want cookies out of reach of scripts and other sites", call, got.header)
			}
		}
		w.tokens[name] = cookies[0].Value
		if got := w.do(t, request{name, "GET /me", "", ""}); !strings.Contains(got.body, `"username":"`+name+`"`) {
			t.Errorf("%s: the cookie does not sign in: %s", call, got.body)
		}
	}
	var made ticketAnswer
	w.do(t, request{"asha", "POST /ticket", "", ""}).decode(t, &made)
	if who, err := w.guard.ByTicket(t.Context(), made.Ticket); err != nil || who.User.Username != "asha" {
		t.Errorf("got %v and %v for the ticket, want asha", who.User, err)
	}
	got := w.do(t, request{"asha", "DELETE /session", "", ""})
	if cookies := (&http.Response{Header: got.header}).Cookies(); len(cookies) != 1 || cookies[0].MaxAge >= 0 {
		t.Errorf("got %v, want the cookie gone", got.header)
	}
	if got := w.do(t, request{"asha", "GET /me", "", ""}); got.status != 401 {
		t.Errorf("got %d with a session that has ended, want 401", got.status)
	}
	if got := w.do(t, request{"", "POST /session", `{"username":"asha","password":"wrong wrong"}`, ""}); got.header.Get("Set-Cookie") != "" {
		t.Error("a wrong password sets a cookie")
	}
}

func TestABodyMayHave64KiB(t *testing.T) {
	w := newWorld(t, false)
	for _, c := range []struct{ size, status int }{{maxBody - 1, 201}, {maxBody, 201}, {maxBody + 1, 413}} {
		body := fmt.Sprintf(`{"client_id":"n%d","message":"x"`, c.size)
		body += strings.Repeat(" ", c.size-len(body)-1) + "}"
		if got := w.do(t, request{"asha", "POST " + messages, body, ""}); got.status != c.status {
			t.Errorf("%d bytes: got %d, want %d: %s", c.size, got.status, c.status, got.body)
		}
	}
}

func TestPagesOfListings(t *testing.T) {
	w := newWorld(t, false)
	for i := range 5 {
		w.do(t, request{"asha", "POST /listings", strings.Replace(draft, "lamp", fmt.Sprint("lamp ", i), 1) + "}", ""})
	}
	for _, sort := range []string{"recent", "price", "title"} {
		seen := map[chat.ListingID]bool{}
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			var page listingPage
			w.do(t, request{"", "GET /listings?limit=2&sort=" + sort + "&cursor=" + cursor, "", ""}).decode(t, &page)
			for _, l := range page.Listings {
				if seen[l.ID] {
					t.Fatalf("%s: listing %d comes twice", sort, l.ID)
				}
				seen[l.ID] = true
			}
			cursor = page.Next
		}
		if len(seen) != 6 {
			t.Errorf("%s: got %d listings, want 6", sort, len(seen))
		}
	}
}

func TestPagesOfConversations(t *testing.T) {
	w := newWorld(t, false)
	w.do(t, request{"carla", "POST /conversations", `{"listing_id":{bike},"client_id":"k","message":"Hi"}`, ""})
	var first, second conversationPage
	w.do(t, request{"asha", "GET /conversations?limit=1", "", ""}).decode(t, &first)
	w.do(t, request{"asha", "GET /conversations?limit=1&cursor=" + first.Next, "", ""}).decode(t, &second)
	if len(first.Conversations) != 1 || len(second.Conversations) != 1 || second.Next != "" ||
		first.Conversations[0].Other.Username != "carla" || second.Conversations[0].Other.Username != "bilal" {
		t.Errorf("got %v and %v, want carla's, then bilal's", first, second)
	}
}
