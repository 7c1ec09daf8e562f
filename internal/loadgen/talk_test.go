package loadgen

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// fake is a site that acknowledges at once, but for once, when it does nothing for a while.
type fake struct {
	stall    time.Duration
	stalled  atomic.Bool
	messages atomic.Int64
	refuses  bool
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/v1/listings":
		fmt.Fprint(w, `{"listing":{"id":1}}`)
	case "/api/v1/conversations":
		fmt.Fprint(w, `{"conversation":{"id":1}}`)
	default:
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		say := func(format string, args ...any) {
			_ = wsutil.WriteServerText(conn, fmt.Appendf(nil, format, args...)) // reading tells that it is over
		}
		say(`{"type":"hello","epoch":"e"}`)
		for {
			data, err := wsutil.ReadClientText(conn)
			if err != nil {
				return
			}
			if f.messages.Add(1) > 40 && f.stall > 0 && f.stalled.CompareAndSwap(false, true) {
				time.Sleep(f.stall)
			}
			_, id, _ := strings.Cut(string(data), `"client_id":"`)
			id, _, _ = strings.Cut(id, `"`)
			kind := "ack"
			if f.refuses {
				kind = "error"
			}
			say(`{"type":%q,"client_id":%q,"conversation_id":1}`, kind, id)
		}
	}
}

func talkTo(t *testing.T, f *fake, o Talking) (Talked, error) {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.Conversations, o.Devices, o.Bytes = 1, 1, 120
	return Talk(t.Context(), []*url.URL{base}, []person{{"a", "1", 0}, {"b", "2", 0}}, o)
}

// A site that stands still for half a second while 200 messages a second are meant to be sent has
// kept a hundred of them waiting. Who measures from the moment of sending sees one or two.
func TestASiteThatStandsStillDoesNotLookQuick(t *testing.T) {
	f := &fake{stall: 500 * time.Millisecond}
	got, err := talkTo(t, f, Talking{Rate: 200, Duration: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	// Both people share the load, and only one of them stood still: that is a quarter of all.
	if got.Ack.Count < 150 || got.Ack.P90 < 100 {
		t.Errorf("got %+v, want a tenth or more of 200 messages to have taken longer than 100 ms", got.Ack)
	}
}

func TestAClosedLoopSendsAgainWhenItIsAnswered(t *testing.T) {
	for name, f := range map[string]*fake{"acknowledged": {}, "refused": {refuses: true}} {
		var got Talked
		var answered int64
		for long := 200 * time.Millisecond; answered < 100 && long < 30*time.Second; long *= 2 { // on a busy machine, too
			var err error
			if got, err = talkTo(t, f, Talking{InFlight: 4, Duration: long}); err != nil {
				t.Fatal(err)
			}
			if answered = got.Acks; f.refuses {
				answered = got.Refused
			}
		}
		if answered < 100 || got.Unanswered > 4 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestALoadThatCannotBeIsRefused(t *testing.T) {
	if _, err := talkTo(t, &fake{}, Talking{InFlight: 1, Duration: time.Millisecond, Processes: []int{1 << 30}}); err == nil || !strings.Contains(err.Error(), "no process") {
		t.Errorf("a process that is not there: %v", err)
	}
	file := filepath.Join(t.TempDir(), "sessions")
	if err := os.WriteFile(file, []byte("one token\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSessions(file); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("half a session: %v", err)
	}
	if _, err := ReadSessions(file + "s"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
