package socket_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// restored is a town whose node goes down, and whose database comes back as it was earlier.
type restored struct {
	t    *testing.T
	d    *testkit.Database
	app  *apptest.App
	town testkit.Town
	talk chat.ConversationID
	save string // the copy; SQLite alone
}

// older takes everything behind seq 3 out of a server, as if a copy from then were in its place.
const older = `
	WITH e AS (DELETE FROM event WHERE seq > 3), m AS (DELETE FROM message WHERE seq > 3)
	UPDATE conversation SET head = 3`

func newRestored(t *testing.T, d *testkit.Database) *restored {
	r := &restored{t: t, d: d, app: apptest.Start(t, d, nil), save: t.TempDir()}
	r.town = testkit.Populate(t, r.app.DB)
	started, err := r.app.Messages.Start(t.Context(), r.town.Buyer.ID, messaging.StartCommand{Listing: r.town.Listing.ID, Text: "Is it there?"})
	if err != nil {
		t.Fatal(err)
	}
	r.talk = started.Conversation
	r.say(2)
	return r
}

func (r *restored) say(n int) {
	r.t.Helper()
	for i := range n {
		if _, err := r.app.Messages.Send(context.Background(), r.town.Seller.ID, messaging.SendCommand{Conversation: r.talk, Text: fmt.Sprint("message ", i)}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// copy keeps what the stopped node's directory holds, and restore puts it back.
func (r *restored) copy() { r.move(r.d.Dir(), r.save) }

func (r *restored) restore() {
	if r.d.Name == "sqlite" {
		r.move(r.save, r.d.Dir())
	} else if err := r.d.Exec(r.t.Context(), older); err != nil {
		r.t.Fatal(err)
	}
}

func (r *restored) move(from, to string) {
	r.t.Helper()
	for _, name := range []string{"swapnest.db", "watermark"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) && r.d.Name == "postgres" {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, 0o600)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// resumes dials with a position and compares the answer, on both addresses.
func (r *restored) resumes(token string, p url.Values, want string) {
	r.t.Helper()
	one, err := r.app.Dial(r.t, fmt.Sprintf("/ws/chat/%d/?%s", r.talk, p.Encode()), token, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	all, err := r.app.Dial(r.t, "/ws/", token, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	open := fmt.Sprintf(`{"type":"open","conversation_id":%d,"after":%s`, r.talk, p.Get("after"))
	for _, name := range []string{"at", "epoch"} {
		if p.Has(name) {
			open += fmt.Sprintf(`,%q:%q`, name, p.Get(name))
		}
	}
	all.Send("%s}", open)
	for name, s := range map[string]*apptest.Socket{"its own address": one, "open": all} {
		s.Wait("hello")
		if f := s.Wait("reset", "caught_up", "message"); f["reason"] != want {
			r.t.Errorf("%s answers %v with %v, want reset for %s and nothing before", name, p, f, want)
		}
		s.Drop()
	}
}

// TestAClientAheadOfARestoredDatabaseBeginsAnew shows contract 15 from end to end: with the
// restored log behind the client's position, at it, and long beyond it.
func TestAClientAheadOfARestoredDatabaseBeginsAnew(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		r := newRestored(t, d)
		r.app.Stop()
		r.copy()
		r.app = apptest.Start(t, d, nil)
		r.say(3) // up to 6
		_, token := r.app.SignIn(t, r.town.Buyer)
		s, err := r.app.Dial(t, fmt.Sprintf("/ws/chat/%d/?after=5", r.talk), token, nil)
		if err != nil {
			t.Fatal(err)
		}
		hello := s.Wait("hello")
		sixth := s.Wait("message")
		p := url.Values{"after": {"6"}, "at": {sixth["timestamp"].(string)}, "epoch": {hello["epoch"].(string)}}
		if sixth["seq"] != 6.0 {
			t.Fatalf("the last one is %v", sixth)
		}
		r.app.Stop()
		r.restore()
		r.app = apptest.Start(t, d, nil)
		_, token = r.app.SignIn(t, r.town.Buyer) // the session was not in the copy
		r.resumes(token, p, "epoch")
		r.say(3)
		r.resumes(token, p, "epoch")
		r.say(20)
		r.resumes(token, p, "epoch")
		// Who forgot the epoch is known by the time of what they have, and who forgot that
		// too by nothing.
		p.Del("epoch")
		r.resumes(token, p, "position")
		p.Set("after", "60")
		r.resumes(token, p, "position")
	})
}

// TestSocketsAreClosedWhenTheServerFellBehind shows contract 15: nobody goes on in a history
// that is no more.
func TestSocketsAreClosedWhenTheServerFellBehind(t *testing.T) {
	r := newRestored(t, testkit.PostgreSQL(t))
	r.say(3)
	_, token := r.app.SignIn(t, r.town.Buyer)
	s, err := r.app.Dial(t, fmt.Sprintf("/ws/chat/%d/", r.talk), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := s.Wait("hello")["epoch"].(string)
	r.restore()
	if got := s.Closed(); got != 4101 {
		t.Errorf("closed with %d, want 4101", got)
	}
	r.say(10)
	r.resumes(token, url.Values{"after": {"6"}, "epoch": {before}}, "epoch")
	again, err := r.app.Dial(t, fmt.Sprintf("/ws/chat/%d/", r.talk), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	if epoch := again.Wait("hello")["epoch"]; epoch == before || epoch != r.app.DB.Epoch() {
		t.Errorf("hello says epoch %v, before it was %s", epoch, before)
	}
}
