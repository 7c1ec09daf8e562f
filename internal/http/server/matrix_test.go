package server_test

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/notices"
	"swapnest/internal/feature/reach"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// person is a column of the matrix: how somebody stands to what is the seller's.
type person int

const (
	visitor  person = iota // signed out
	stranger               // signed in, and of neither side
	buyer                  // the other party
	seller                 // the owner
)

var everybody = [...]person{visitor, stranger, buyer, seller}

// String is how a failure calls somebody.
func (p person) String() string { return [...]string{"visitor", "stranger", "buyer", "seller"}[p] }

// logIn stands in for a status: the way to the login page, which leads back.
const logIn = -1

// row is one endpoint of the matrix. Path and body may name what is the seller's, such as
// {listing}: a scene knows the ids.
type row struct {
	object string // for what the endpoint names in its path
	path   string // in place of the endpoint's own with object; "" for that
	query  string
	body   string
	kind   string // of the body; "" for what apptest.Client.Do makes of it
	header string // "Name: value" besides
	want   [len(everybody)]int

	open    bool // everybody may know that the object is there, so that foreign and missing differ
	idle    bool // who is not its owner is let in, and changes nothing
	missing int  // the answer to who is signed in where there is no such object; 0 is 404
}

// betweenUs is in what every buyer writes to their seller.
const betweenUs = "between us"

var (
	inBraces = regexp.MustCompile(`\{[a-z.]+\}`)
	// changing are the headers that differ from answer to answer.
	changing = []string{"Date", "Content-Length", "X-Request-Id"}
)

// address is what is asked of an endpoint such as "GET /listings/{id}".
func (r row) address(endpoint string) (method, path string) {
	method, path, _ = strings.Cut(endpoint, " ")
	path = inBraces.ReplaceAllLiteralString(strings.TrimSuffix(path, "{$}"), r.object)
	if r.path != "" {
		path = r.path
	}
	return method, path + r.query
}

// quiet tells whether a call of p changes nothing.
func (r row) quiet(method string, p person) bool {
	return method == http.MethodGet || method == http.MethodHead || r.want[p] >= 400 || r.idle && p != seller
}

// absent is the answer to p where there is no such object.
func (r row) absent(p person) int {
	switch {
	case p == visitor:
		return r.want[p]
	case r.missing != 0:
		return r.missing
	}
	return http.StatusNotFound
}

// scene is a seller with a listing, a buyer who has asked about it, and a stranger.
type scene struct {
	seller       chat.User
	conversation chat.ConversationID
	listing      chat.ListingID
	clients      [len(everybody)]*apptest.Client
	there        []string // pairs of a name and what of the seller's it stands for
	nowhere      []string // pairs of a name and what stands for nothing
	words        string   // of the buyer: they are nobody else's business
}

// fill puts the ids of what is there into a text, or those of nothing.
func (c *scene) fill(text string, there bool) string {
	if there {
		return strings.NewReplacer(c.there...).Replace(text)
	}
	return strings.NewReplacer(c.nowhere...).Replace(text)
}

// theater makes scenes on a node.
type theater struct {
	*site
	database *testkit.Database
	hash     string // of everybody's password
	scenes   []*scene
}

func newTheater(t *testing.T, d *testkit.Database) *theater {
	t.Helper()
	// What is to be sent waits, so that nothing changes by itself.
	h := &theater{site: openWith(t, d, func(o *server.Options) { mailing(o); o.Timing.PushAfter = time.Hour }), database: d}
	var err error
	if h.hash, err = h.Accounts.Hash(t.Context(), "correct horse"); err != nil {
		t.Fatal(err)
	}
	return h
}

// stage makes a scene. What follows from it by itself is there after settle.
func (h *theater) stage(t *testing.T) *scene {
	t.Helper()
	n := len(h.scenes)
	c := &scene{words: fmt.Sprintf("Marmalade %d, %s.", n, betweenUs)}
	h.scenes = append(h.scenes, c)
	var people [len(everybody)]chat.User
	slug := fmt.Sprintf("lamp-%d", n)
	err := h.DB.Update(t.Context(), func(tx *store.Tx) error {
		for _, p := range everybody[1:] {
			u := chat.User{Username: fmt.Sprintf("%s_%d", p, n), Name: p.String(), Email: fmt.Sprintf("%s-%d@example.org", p, n), CreatedAt: time.Now()}
			var err error
			if people[p], err = tx.InsertUser(t.Context(), u, h.hash); err != nil {
				return err
			}
		}
		var err error
		c.listing, err = tx.InsertListing(t.Context(), chat.Listing{
			Slug: slug, Seller: people[seller], Title: "Lamp", Price: chat.Money{Amount: 50000, Currency: "INR"}, Category: "furniture",
			Condition: "good", Status: chat.ListingActive, City: "Pune", CreatedAt: time.Now(),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.seller = people[seller]
	c.clients[visitor] = h.Client(t, "")
	for _, p := range everybody[1:] {
		_, token := h.SignIn(t, people[p])
		c.clients[p] = h.Client(t, token)
	}
	elsewhere, _ := h.SignIn(t, c.seller)
	device := hex.EncodeToString(elsewhere.Session.ID[:8])
	started, err := h.Messages.Start(t.Context(), people[buyer].ID, messaging.StartCommand{Listing: c.listing, ClientID: "first", Text: c.words})
	if err != nil {
		t.Fatal(err)
	}
	c.conversation = started.Conversation
	reply, err := h.Saved.Add(t.Context(), c.seller.ID, "", "Come, {name}, it is here.")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := fmt.Sprintf("https://192.0.2.7/%d", n) // of those for documents, where nobody goes
	browser, _, err := h.Reach.Add(t.Context(), reach.AddCommand{
		Session: elsewhere.Session, Endpoint: endpoint,
		P256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", Auth: "BTBZMqHH6r4Tts7J_aSIgg",
	})
	if err != nil {
		t.Fatal(err)
	}
	message := fmt.Sprint(started.Message.ID)
	upload, err := h.Uploads.Begin(t.Context(), c.seller.ID, uploads.Begin{Name: "a.txt", Length: 5})
	if err != nil {
		t.Fatal(err)
	}
	fresh, png := fmt.Sprintf("fresh_%d", n), string(picture(t, 4, 3))
	c.there = []string{
		"{fresh}", fresh, "{png}", png, "{listing}", fmt.Sprint(c.listing), "{slug}", slug, "{conversation}", fmt.Sprint(c.conversation),
		"{message_id}", message, "{upload}", string(upload.ID), "{reply}", fmt.Sprint(reply.ID), "{browser}", fmt.Sprint(browser.ID), "{endpoint}", endpoint, "{device}", device, "{seller}", c.seller.Username, "{seller_id}", fmt.Sprint(c.seller.ID), "{category}", "furniture",
		"{leave}", h.Leaves.Token(c.seller.ID, chat.NoticeMessage),
	}
	c.nowhere = []string{
		"{fresh}", fresh, "{png}", png, "{listing}", "987654", "{slug}", "nothing", "{conversation}", "987654", "{message_id}", "987654", "{upload}", strings.Repeat("a", 26), "{attachment}", strings.Repeat("a", 26), "{reply}", "987654", "{browser}", "987654", "{endpoint}", "https://192.0.2.7/nothing", "{notice}", "987654",
		"{device}", strings.Repeat("0", len(device)), "{seller}", "nobody_0", "{seller_id}", "987654", "{category}", "nothing", "{photo}", "photos/nothing.jpg",
		"{leave}", fmt.Sprintf("%d-new-message-%s", c.seller.ID, strings.Repeat("a", 26)),
	}
	return c
}

// settle waits until the sellers have been told of the question.
func (h *theater) settle(t *testing.T) {
	t.Helper()
	for done := false; !done; {
		done = h.settled(t)
	}
	for _, c := range h.scenes {
		page, err := h.Notices.List(t.Context(), c.seller.ID, notices.Query{})
		if err != nil || len(page.Notices) != 1 {
			t.Fatalf("the seller has %d notices, want that of the question (%v)", len(page.Notices), err)
		}
		c.there = append(c.there, "{notice}", fmt.Sprint(page.Notices[0].ID))
	}
}

// kept is everything in the database. Reading it so is SQLite's alone.
func (h *theater) kept(t *testing.T) map[string]string {
	t.Helper()
	if h.database.URL() != "" {
		return nil
	}
	tables := contents(t, h.database)
	// That somebody has tried in vain to sign in is written down, whoever they are.
	delete(tables, "audit")
	return tables
}

// rest waits until the followers are at their end, and returns everything in the database. What is left
// of the index then is put together in pauses of a tenth of a second.
func (h *theater) rest(t *testing.T) map[string]string {
	t.Helper()
	for done := false; !done; {
		done = h.settled(t)
	}
	now := h.kept(t)
	for before, until := map[string]string(nil), time.Now().Add(time.Minute); !maps.Equal(now, before); {
		time.Sleep(500 * time.Millisecond)
		before, now = now, h.kept(t)
		if time.Now().After(until) {
			t.Fatalf("it does not come to rest: %s", cmp.Diff(before, now))
		}
	}
	return now
}

// unchanged fails if something is no more as it was before, and returns how it is.
func (h *theater) unchanged(t *testing.T, what string, before map[string]string) map[string]string {
	t.Helper()
	now := h.kept(t)
	for name, rows := range now {
		if rows != before[name] {
			t.Errorf("%s: who may change nothing has changed %s: %s", what, name, cmp.Diff(strings.Split(before[name], "\n"), strings.Split(rows, "\n")))
		}
	}
	return now
}

// complete ends the test if something has no row, or a row is of nothing.
func complete[R any](t *testing.T, rows map[string]R, endpoints []string) {
	t.Helper()
	if len(endpoints) < 10 {
		t.Fatalf("got %d endpoints: %v", len(endpoints), endpoints)
	}
	for _, e := range endpoints {
		if _, ok := rows[e]; !ok {
			t.Errorf("%s has no row in the matrix: say who may do it", e)
		}
	}
	for e := range rows {
		if !slices.Contains(endpoints, e) {
			t.Errorf("%s has a row in the matrix, and there is no such thing", e)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// play asks every endpoint as everybody. What must change nothing comes first and shares a
// scene; whatever changes something has one of its own.
func (h *theater) play(t *testing.T, under string, rows map[string]row) {
	t.Helper()
	shared := h.stage(t)
	own := make(map[string]*scene)
	for _, e := range slices.Sorted(maps.Keys(rows)) {
		for _, p := range everybody {
			if method, _ := rows[e].address(e); !rows[e].quiet(method, p) {
				own[e+p.String()] = h.stage(t)
			}
		}
	}
	h.settle(t)
	photo := shared.clients[seller].Send("POST", "/api/v1/photos", "image/png", string(picture(t, 4, 3))).JSON(t)
	shared.there = append(shared.there, "{photo}", photo["photo"].(map[string]any)["id"].(string))
	// A picture of the seller's that goes with what the buyer wrote.
	attached := shared.clients[seller].Upload("a.png", "image/png", picture(t, 4, 3))
	err := h.database.Exec(t.Context(), shared.fill(`UPDATE attachment SET conversation_id = {conversation}, message_id = {message_id}, expires_at = 0
		WHERE id = '`+string(attached)+`'`, true))
	if err != nil {
		t.Fatal(err)
	}
	shared.there = append(shared.there, "{attachment}", string(attached))
	before := h.rest(t)
	for _, e := range slices.Sorted(maps.Keys(rows)) {
		for _, p := range everybody {
			h.turn(t, under, e, rows[e], p, shared)
		}
		before = h.unchanged(t, e, before)
	}
	for _, e := range slices.Sorted(maps.Keys(rows)) {
		for _, p := range everybody {
			if c := own[e+p.String()]; c != nil {
				ask(t, under, e, rows[e], p, c, true)
			}
		}
	}
}

// turn is p's at an endpoint, as far as it changes nothing: with what is there, where that is
// so, and with what is not.
func (h *theater) turn(t *testing.T, under, endpoint string, r row, p person, c *scene) {
	t.Helper()
	method, path := r.address(endpoint)
	var foreign apptest.Response
	if r.quiet(method, p) {
		foreign = ask(t, under, endpoint, r, p, c, true)
	}
	if c.fill(path+r.body, true) == c.fill(path+r.body, false) {
		return
	}
	missing := ask(t, under, endpoint, r, p, c, false)
	if r.open || !r.quiet(method, p) || r.want[p] != r.absent(p) {
		return
	}
	// The address itself may be in the answer, as the way back, and the name that was typed.
	here, there := c.fill(under+path, false), c.fill(under+path, true)
	same := strings.NewReplacer(here, there, url.QueryEscape(here), url.QueryEscape(there), c.fill("{seller}", false), c.seller.Username)
	for _, name := range changing {
		foreign.Header.Del(name)
		missing.Header.Del(name)
	}
	for _, values := range missing.Header {
		for i := range values {
			values[i] = same.Replace(values[i])
		}
	}
	missing.Body = same.Replace(missing.Body)
	if diff := cmp.Diff(foreign, missing); diff != "" {
		t.Errorf("%s by the %s tells what is foreign (-) from what is missing (+): %s", endpoint, p, diff)
	}
}

// ask calls an endpoint as p and holds the answer against the row.
func ask(t *testing.T, under, endpoint string, r row, p person, c *scene, there bool) apptest.Response {
	t.Helper()
	method, path := r.address(endpoint)
	path = c.fill(under+path, there)
	body, client := c.fill(r.body, there), c.clients[p]
	var got apptest.Response
	if name, value, more := strings.Cut(r.header, ": "); more {
		got = client.SendWith(method, path, http.Header{"Content-Type": {r.kind}, name: {value}}, body)
	} else if r.kind != "" {
		got = client.Send(method, path, r.kind, body)
	} else {
		got = client.Do(method, path, body)
	}
	want := r.want[p]
	if !there {
		want = r.absent(p)
	}
	if !there && p == visitor && r.open && got.Status == http.StatusNotFound {
		want = got.Status // that it is not there is no secret, either
	}
	if want == logIn {
		want = http.StatusSeeOther
		if to := got.Header.Get("Location"); to != "/accounts/login/?next="+url.QueryEscape(path) {
			t.Errorf("%s by the %s leads to %q, want the login page and back", endpoint, p, to)
		}
	}
	if got.Status != want {
		t.Errorf("%s by the %s (the object is there: %t): %d, want %d: %.300s", endpoint, p, there, got.Status, want, got.Body)
	}
	if p < buyer && strings.Contains(got.Body, betweenUs) {
		t.Errorf("%s shows the %s what a buyer wrote to a seller", endpoint, p)
	}
	if p != seller && strings.Contains(got.Body, c.seller.Email) {
		t.Errorf("%s shows the %s the seller's address", endpoint, p)
	}
	return got
}
