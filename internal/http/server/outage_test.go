package server_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// outage is a way in which a database is not there for a while.
type outage struct {
	name string
	open func(t *testing.T) (d *testkit.Database, begin, end func())
}

var outages = []outage{
	{"PostgreSQL hangs", func(t *testing.T) (*testkit.Database, func(), func()) {
		d, line := testkit.PostgreSQL(t).Through(t)
		return d, line.Hang, line.Resume
	}},
	{"PostgreSQL is away", func(t *testing.T) (*testkit.Database, func(), func()) {
		d, line := testkit.PostgreSQL(t).Through(t)
		return d, line.Cut, line.Mend
	}},
	{"another process holds SQLite", func(t *testing.T) (*testkit.Database, func(), func()) {
		d := testkit.SQLite(t)
		var tx *sql.Tx
		return d, func() {
				db, err := sql.Open("sqlite", "file:"+filepath.Join(d.Dir(), "swapnest.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)")
				if err == nil {
					t.Cleanup(func() { _ = db.Close() }) // it is only to hold a lock
					tx, err = db.BeginTx(t.Context(), nil)
				}
				if err != nil {
					t.Fatal(err)
				}
			}, func() {
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
			}
	}},
}

// soon is what commands may take, with a little for a busy machine.
const soon = 2*time.Second + 700*time.Millisecond

// TestCommandsAreUnavailableWhileTheDatabaseIs shows contract 22: whoever sends learns within
// two seconds, through each door; sockets stay; nobody is shown what was not stored; and
// afterwards all goes on by itself, with each message there once.
func TestCommandsAreUnavailableWhileTheDatabaseIs(t *testing.T) {
	t.Parallel() // It waits most of its time.
	for _, o := range outages {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			d, begin, end := o.open(t)
			grace := testkit.Grace(t)
			app := apptest.Start(t, d, nil)
			town := testkit.Populate(t, app.DB)
			started, err := app.Messages.Start(t.Context(), town.Buyer.ID, messaging.StartCommand{Listing: town.Listing.ID, Text: "Is it there?"})
			if err != nil {
				t.Fatal(err)
			}
			_, buyer := app.SignIn(t, town.Buyer)
			_, seller := app.SignIn(t, town.Seller)
			one, other := line(t, app, started.Conversation, buyer), line(t, app, started.Conversation, seller)
			byAPI := fmt.Sprintf("/api/v1/conversations/%d/messages", started.Conversation)
			byForm := fmt.Sprintf("/chat/conversation/%d/", started.Conversation)
			form := url.Values{"message": {"by form"}, "client_id": {"form"}}.Encode()

			begin()
			// Past the time for which a session is not looked up again.
			for round, pause := range []time.Duration{0, 5 * time.Second} {
				<-time.After(pause) // what is waited for is the socket's own clock
				var doors sync.WaitGroup
				doors.Go(func() {
					began := time.Now()
					one.Send(`{"type":"send","client_id":"socket","message":"by socket"}`)
					if f := one.Wait("error", "ack"); f["code"] != "unavailable" || f["retryable"] != true || time.Since(began) > soon+grace() {
						t.Errorf("round %d, socket: %v after %s", round, f, time.Since(began))
					}
				})
				doors.Go(func() {
					began := time.Now()
					answer := app.Client(t, buyer).Do("POST", byAPI, `{"client_id":"api","message":"by API"}`)
					if answer.Status != http.StatusServiceUnavailable || answer.JSON(t)["code"] != "unavailable" || time.Since(began) > soon+grace() {
						t.Errorf("round %d, API: %d %s after %s", round, answer.Status, answer.Body, time.Since(began))
					}
				})
				doors.Go(func() {
					began := time.Now()
					answer := app.Client(t, buyer).Do("POST", byForm, form)
					if answer.Status != http.StatusServiceUnavailable || time.Since(began) > soon+grace() {
						t.Errorf("round %d, form: %d after %s", round, answer.Status, time.Since(began))
					}
				})
				doors.Wait()
			}
			for _, s := range []*apptest.Socket{one, other} {
				s.Send(`{"type":"ping"}`)
				if before, code := s.Until(func(f apptest.Frame) bool { return f.Type() == "pong" }); code != 0 || messages(before) > 0 {
					t.Errorf("a socket got %v, and was closed with %d", before, code)
				}
			}
			end()

			sent := map[string]bool{}
			for deadline := time.Now().Add(20 * time.Second); !sent["socket"]; {
				one.Send(`{"type":"send","client_id":"socket","message":"by socket"}`)
				sent["socket"] = one.Wait("ack", "error").Type() == "ack"
				if time.Now().After(deadline) {
					t.Fatal("nothing can be sent 20 s later")
				}
			}
			if answer := app.Client(t, buyer).Do("POST", byAPI, `{"client_id":"api","message":"by API"}`); answer.Status/100 != 2 {
				t.Errorf("API: %d %s", answer.Status, answer.Body)
			}
			if answer := app.Client(t, buyer).Do("POST", byForm, form); answer.Status != http.StatusSeeOther {
				t.Errorf("form: %d", answer.Status)
			}
			var seqs []any
			for len(seqs) < 3 {
				f := other.Wait("message")
				seqs = append(seqs, f["seq"])
			}
			if got := fmt.Sprint(seqs); got != "[2 3 4]" {
				t.Errorf("the other one got %s", got)
			}
			page := app.Client(t, buyer).Do("GET", byAPI, "").JSON(t)
			if page["head"] != 4.0 {
				t.Errorf("head %v, want 4: each message once", page["head"])
			}
		})
	}
}

// line opens a socket of one conversation.
func line(t *testing.T, app *apptest.App, conversation any, token string) *apptest.Socket {
	t.Helper()
	s, err := app.Dial(t, fmt.Sprintf("/ws/chat/%v/", conversation), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Wait("hello")
	return s
}

// messages counts those among frames.
func messages(frames []apptest.Frame) (n int) {
	for _, f := range frames {
		if f.Type() == "message" {
			n++
		}
	}
	return n
}

// talking is a site whose way to PostgreSQL can be held up, and a conversation of the buyer's, who is signed in.
func talking(t *testing.T) (*apptest.App, *testkit.Line, chat.ConversationID, string) {
	t.Helper()
	d, way := testkit.PostgreSQL(t).Through(t)
	app := apptest.Start(t, d, nil)
	town := testkit.Populate(t, app.DB)
	started, err := app.Messages.Start(t.Context(), town.Buyer.ID, messaging.StartCommand{Listing: town.Listing.ID, Text: "Is it there?"})
	if err != nil {
		t.Fatal(err)
	}
	_, token := app.SignIn(t, town.Buyer)
	return app, way, started.Conversation, token
}

// TestWhatStandsBehindOpensThatFindNoDatabaseIsRefusedSoon shows contract 22 for a line that has
// just come: of several opens, each waits only for what the ones before have left of the patience.
func TestWhatStandsBehindOpensThatFindNoDatabaseIsRefusedSoon(t *testing.T) {
	t.Parallel() // It waits most of its time.
	app, way, id, token := talking(t)
	s, err := app.Dial(t, "/ws/", token, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Wait("hello")
	grace := testkit.Grace(t)
	way.Hang()
	began := time.Now()
	for range 3 {
		s.Send(`{"type":"open","conversation_id":%d,"after":0}`, id)
	}
	s.Send(`{"type":"send","conversation_id":%d,"client_id":"behind","message":"Still there?"}`, id)
	for {
		if f := s.Wait("error"); f["client_id"] == "behind" {
			break
		}
	}
	if took := time.Since(began); took > soon+time.Second+grace() {
		t.Errorf("it was refused after %s", took)
	}
	way.Resume()
}

// TestWhoseSessionIsLookedUpAgainWaitsNoLonger shows contract 22 where the sender's session has to
// be looked up, too: that and the commands on the line have one patience together.
func TestWhoseSessionIsLookedUpAgainWaitsNoLonger(t *testing.T) {
	t.Parallel() // It waits most of its time.
	app, way, id, token := talking(t)
	s := line(t, app, id, token)
	<-time.After(5500 * time.Millisecond) // past the time for which a session is not looked up again
	grace := testkit.Grace(t)
	way.Hang()
	began := time.Now()
	s.Send(`{"type":"delivered","seq":1}`)
	s.Send(`{"type":"send","client_id":"behind","message":"Still there?"}`)
	for f := s.Wait("error"); f["client_id"] != "behind"; f = s.Wait("error") {
	}
	if took := time.Since(began); took > soon+grace() {
		t.Errorf("it was refused after %s", took)
	}
	way.Resume()
}

// TestWhatStandsBehindAPingIsRefusedSoon shows contract 22 where between two commands stands what is
// carried out without the database: that does not show that the database answers again.
func TestWhatStandsBehindAPingIsRefusedSoon(t *testing.T) {
	t.Parallel() // It waits most of its time.
	app, way, id, token := talking(t)
	s := line(t, app, id, token)
	grace := testkit.Grace(t)
	way.Hang()
	began := time.Now()
	for _, id := range []string{"first", "second", "third"} {
		s.Send(`{"type":"send","client_id":%q,"message":"Still there?"}`, id)
		s.Send(`{"type":"typing","typing":true}`)
		s.Send(`{"type":"ping"}`)
	}
	for f := s.Wait("error"); f["client_id"] != "third"; f = s.Wait("error") {
	}
	if took := time.Since(began); took > soon+grace() {
		t.Errorf("it was refused after %s", took)
	}
	way.Resume()
}
