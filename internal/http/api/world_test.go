package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/listings"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/notices"
	"swapnest/internal/feature/reach"
	"swapnest/internal/feature/saved"
	"swapnest/internal/feature/search"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/http/auth"
	"swapnest/internal/limit"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// password is everybody's, and must never be seen in an answer or in the log.
const password = "correct horse battery"

// world is a marketplace on a real SQLite with asha, who sells, bilal, who has
// asked her about the bike, and carla, who has nothing to do with it.
type world struct {
	t        testing.TB
	mux      *http.ServeMux
	db       *store.DB
	messages *messaging.Service
	log      *bytes.Buffer
	contract *contract // nil checks nothing

	tokens           map[string]string
	bike, sold, gone chat.Listing
	conversation     chat.ConversationID
	words            chat.MessageID // of asha's first message
	upload           string         // the last one that was begun
	token            string         // of the last link for a new password
	accounts         *accounts.Service
	guard            *auth.Guard
	dir              string
}

// newWorld returns a world without limits, or one in which bilal and the address
// of all requests have used theirs up.
func newWorld(t testing.TB, limited bool) *world {
	t.Helper()
	w := &world{t: t, mux: http.NewServeMux(), log: &bytes.Buffer{}, tokens: map[string]string{}, dir: t.TempDir()}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	var memory bus.Memory
	h := hub.New(memory.Join, nil, log)
	var in *inbox.Service
	relay := hub.NewRelay(h.Bus(), func(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error) {
		return in.Entry(ctx, who, id)
	}, log)
	var err error
	if w.db, err = store.Open(t.Context(), store.Options{Dir: w.dir, Publish: relay.Event, Log: log}); err != nil {
		t.Fatal(err)
	}
	var keep *limit.Keyed
	if limited {
		keep = limit.New(time.Hour, 1, time.Now)
	}
	in = inbox.New(w.db, h, relay, w, keep, log)
	t.Cleanup(func() {
		w.db.Close()
		relay.Stop()
		if strings.Contains(w.log.String(), password) {
			t.Error("the log holds a password")
		}
	})
	w.guard = auth.NewGuard(w.db, nil, false, time.Now)
	var al accounts.Limits
	var ml messaging.Limits
	if limited { // to what fill uses
		al = accounts.Limits{
			SignIn: limit.New(time.Hour, 1, time.Now), Register: limit.New(time.Hour, 3, time.Now), Look: limit.New(time.Hour, 1, time.Now),
			Verify: limit.New(time.Hour, 1, time.Now), Link: limit.New(time.Hour, 1, time.Now),
		}
		ml = messaging.Limits{Send: limit.New(time.Hour, 2, time.Now), Start: limit.New(time.Hour, 1, time.Now), React: limit.New(time.Hour, 1, time.Now), Read: limit.New(time.Hour, 1, time.Now)}
	}
	w.accounts = accounts.New(w.db, w.guard, h, accounts.Options{
		Limits: &al, Mail: accounts.Mail{On: true, Site: func() string { return "https://swap.example" }}, Log: log, Now: time.Now,
	})
	disk, err := blob.NewDisk(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var files uploads.Limits
	var trade listings.Limits
	var searches *limit.Keyed
	if limited {
		files = uploads.Limits{Photos: limit.New(time.Hour, 1, time.Now), Begin: limit.New(time.Hour, 1, time.Now), Write: limit.New(time.Hour, 2, time.Now)}
		trade = listings.Limits{
			Add: limit.New(time.Hour, 3, time.Now), Edit: limit.New(time.Hour, 3, time.Now),
			Find: limit.New(time.Hour, 1, time.Now), Wish: limit.New(time.Hour, 1, time.Now),
		}
		searches = limit.New(time.Hour, 1, time.Now)
	}
	goods, err := listings.New(t.Context(), w.db, h, trade, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	browsers := reach.New(w.db, reach.Options{Off: limited, Changes: keep, Now: time.Now})
	if err := browsers.EnsureKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.messages = messaging.New(w.db, relay, w, &ml, chat.DefaultMedia(), nil, time.Now)
	New(Options{
		Guard: w.guard, Accounts: w.accounts, Listings: goods, Uploads: uploads.New(w.db, disk, uploads.Options{Media: chat.DefaultMedia(), Limits: files, Log: log, Now: time.Now}), Inbox: in, Messages: w.messages,
		Notices: notices.New(w.db, w, relay, keep, time.Now), Reach: browsers, Saved: saved.New(w.db, keep, time.Now), Search: search.New(w.db, h.Online, searches),
		Version: "1.2.3", Log: log,
	}).Routes(w.mux)
	w.fill(goods)
	return w
}

// Ring implements the bell of the services: nobody listens here.
func (w *world) Ring(chat.UserID, ...chat.NoticeID) {}

func (w *world) fill(goods *listings.Service) {
	w.t.Helper()
	ids := map[string]chat.UserID{}
	for _, name := range []string{"asha", "bilal", "carla"} {
		u, token, err := w.accounts.Register(w.t.Context(), accounts.RegisterCommand{
			Username: name, Password: password, Email: name + "@example.org", Origin: accounts.Origin{Address: "192.0.2.1"},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		ids[name], w.tokens[name] = u.ID, token
	}
	for i, l := range []*chat.Listing{&w.bike, &w.sold, &w.gone} {
		status := []string{"active", "sold", "inactive"}[i]
		draft := chat.ListingDraft{
			Title: "Bike " + status, Description: "Two wheels.", Price: chat.Money{Amount: 450000, Currency: "INR"},
			Category: "cycles", Condition: "good", City: "Pune",
		}
		made, err := goods.Create(w.t.Context(), ids["asha"], draft, nil)
		if err == nil {
			*l, err = goods.Edit(w.t.Context(), ids["asha"], listings.EditCommand{Listing: made.ID, Status: &status})
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	begun, err := w.messages.Start(w.t.Context(), ids["bilal"], messaging.StartCommand{
		Listing: w.bike.ID, ClientID: "first", Text: "Is it still there?",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.conversation = begun.Conversation
	for i, who := range []string{"asha", "bilal"} {
		sent, err := w.messages.Send(w.t.Context(), ids[who], messaging.SendCommand{
			Conversation: w.conversation, ClientID: fmt.Sprintf("c%d", i), Text: "Text of " + who + ".",
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if who == "asha" {
			w.words = sent.Message.ID
		}
	}
}

// request is one call. Path and Body may hold {bike}, {sold}, {gone}, {conversation}.
type request struct {
	who    string // "" is signed out
	call   string // "POST /users", below /api/v1
	body   string
	header string // "Name: value" in place of the default Content-Type, several on lines of their own
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) expand(s string) string {
	return strings.NewReplacer(
		"{bike}", fmt.Sprint(w.bike.ID), "{sold}", fmt.Sprint(w.sold.ID), "{gone}", fmt.Sprint(w.gone.ID),
		"{conversation}", fmt.Sprint(w.conversation), "{words}", fmt.Sprint(w.words), "{upload}", w.upload, "{token}", w.token, "{password}", password,
		"{tomorrow}", tomorrow,
	).Replace(s)
}

func (w *world) do(t testing.TB, q request) answer {
	t.Helper()
	method, path, _ := strings.Cut(w.expand(q.call), " ")
	r := httptest.NewRequest(method, prefix+path, strings.NewReader(w.expand(q.body)))
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i, line := range strings.Split(q.header, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			if i == 0 {
				r.Header.Del("Content-Type")
			}
			r.Header.Set(name, value)
		}
	}
	if q.who != "" {
		r.AddCookie(&http.Cookie{Name: "swapnest_session", Value: w.tokens[q.who]})
	}
	got := w.serve(t, r)
	if upload, ok := strings.CutPrefix(got.header.Get("Location"), prefix+"/uploads/"); ok {
		w.upload = upload
	}
	return got
}

func (w *world) serve(t testing.TB, r *http.Request) answer {
	t.Helper()
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	data, _ := io.ReadAll(rec.Result().Body)
	got := answer{rec.Code, rec.Header(), string(data)}
	if strings.Contains(got.body, password) {
		t.Errorf("%s %s: the answer holds a password: %s", r.Method, r.URL, got.body)
	}
	if got.status >= 400 && r.Method != http.MethodHead {
		got.problem(t)
	}
	if cache := got.header.Get("Cache-Control"); cache != "no-store" && !strings.HasSuffix(r.URL.Path, "/openapi.json") {
		t.Errorf("%s %s: got Cache-Control %q", r.Method, r.URL, cache)
	}
	if link := got.header.Get("Link"); link != "" || strings.Contains(got.body, `"$schema"`) {
		t.Errorf("%s %s: the answer links to a schema", r.Method, r.URL)
	}
	if w.contract != nil {
		w.contract.check(t, r, got)
	}
	return got
}

// problem returns the answer as what it must be when something failed.
func (a answer) problem(t testing.TB) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("got %d with %q, want a problem", a.status, a.body)
	}
	if p.Status != a.status || p.Code == "" || p.Detail == "" || p.Title == "" || p.Type != "about:blank" {
		t.Errorf("got status %d with an incomplete problem: %s", a.status, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("got Content-Type %q for a problem", got)
	}
	return p
}

// decode reads the answer into v.
func (a answer) decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatalf("got %q: %v", a.body, err)
	}
}
