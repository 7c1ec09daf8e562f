package socket_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is a node in simulated time, with two people who have begun to talk.
type world struct {
	*apptest.App
	t             *testing.T
	town          testkit.Town
	buyer, seller auth.Identity
	stranger      auth.Identity
	conversation  chat.ConversationID
}

// joined has the scripts of pages joined, as the first node of a process does. What joins them sleeps
// behind its work, which would outlive a bubble whose test ends in no time.
var joined sync.Once

// simulated runs test in a bubble of simulated time over SQLite and net.Pipe.
func simulated(t *testing.T, change func(*server.Options), test func(t *testing.T, w *world)) {
	t.Helper()
	joined.Do(func() { apptest.Open(t, testkit.SQLite(t), nil).Stop() })
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{App: apptest.Open(t, d, change), t: t}
		w.town = testkit.Populate(t, w.DB)
		w.buyer, _ = w.SignIn(t, w.town.Buyer)
		w.seller, _ = w.SignIn(t, w.town.Seller)
		w.stranger, _ = w.SignIn(t, w.town.Stranger)
		started, err := w.Messages.Start(t.Context(), w.town.Buyer.ID, messaging.StartCommand{Listing: w.town.Listing.ID, ClientID: "first", Text: "Is it there?"})
		if err != nil {
			t.Fatal(err)
		}
		w.conversation = started.Conversation
		time.Sleep(time.Millisecond) // nobody is told of the beginning any more: it was before they came
		test(t, w)
	})
}

// one opens the original's address, all the other one.
func (w *world) one(who auth.Identity, p *wire.Position) *apptest.Socket {
	return w.Pipe(w.t, socket.Start{Who: who, Only: w.conversation, Position: p})
}

func (w *world) all(who auth.Identity) *apptest.Socket {
	return w.Pipe(w.t, socket.Start{Who: who})
}

// say posts n messages of the seller through the service.
func (w *world) say(n int) {
	w.t.Helper()
	for i := range n {
		if _, err := w.Messages.Send(context.Background(), w.seller.User.ID, messaging.SendCommand{Conversation: w.conversation, Text: fmt.Sprint("message ", i)}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestHelloSaysWhereOneIs(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		one := w.one(w.buyer, nil).Next()
		if one.Type() != "hello" || one["epoch"] != w.DB.Epoch() || one["head"] != 1.0 || one["heartbeat_ms"] != 30000.0 {
			t.Errorf("hello of one conversation: %v", one)
		}
		if people, _ := one["participants"].([]any); len(people) != 2 {
			t.Errorf("participants: %v", one["participants"])
		}
		all := w.all(w.seller).Next()
		if all.Type() != "hello" || all["unread"] != 1.0 || all["you"].(map[string]any)["username"] != "seller" {
			t.Errorf("hello of everything: %v", all)
		}
	})
}

func TestOriginalFramesHoldAConversation(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		buyer, seller := w.one(w.buyer, nil), w.one(w.seller, nil)
		buyer.Wait("hello")
		seller.Wait("hello")
		buyer.Send(`{"message": " I can come at six \r\n"}`)
		for name, s := range map[string]*apptest.Socket{"sender": buyer, "other": seller} {
			f := s.Wait("message")
			for field, want := range map[string]any{
				"message": "I can come at six", "sender_id": float64(w.buyer.User.ID), "sender_username": "buyer",
				"sender_name": "Buyer", "is_read": false, "seq": 2.0,
			} {
				if f[field] != want {
					t.Errorf("%s: %s is %#v, want %#v", name, field, f[field], want)
				}
			}
			if _, ok := f["message_id"].(float64); !ok {
				t.Errorf("%s: message_id is %#v, want a number", name, f["message_id"])
			}
			if at, _ := f["timestamp"].(string); !strings.HasSuffix(at, "Z") {
				t.Errorf("%s: timestamp is %#v", name, f["timestamp"])
			}
		}
		seller.Send(`{"typing": true}`)
		f := buyer.Wait("typing")
		if f["user"] != "Seller" || f["is_typing"] != true || f["user_id"] != float64(w.seller.User.ID) {
			t.Errorf("typing: %v", f)
		}
		synctest.Wait()
		if rest := apptest.Types(seller.Rest()); strings.Contains(rest, "typing") {
			t.Errorf("typing came back to its sender: %s", rest)
		}
	})
}

// TestSendIsAcknowledgedAndReachesAllDevices shows contract 3, 4 and 12: all devices of both get
// the event with its client_id, a retry gets the first ack, and another text a conflict.
func TestSendIsAcknowledgedAndReachesAllDevices(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		phone, laptop, seller := w.all(w.buyer), w.one(w.buyer, nil), w.all(w.seller)
		for _, s := range []*apptest.Socket{phone, laptop, seller} {
			s.Wait("hello")
		}
		phone.Send(`{"type":"send","conversation_id":%d,"client_id":"c1","message":"hi"}`, w.conversation)
		ack := phone.Wait("ack")
		if ack["client_id"] != "c1" || ack["seq"] != 2.0 || ack["duplicate"] != false || ack["conversation_id"] != float64(w.conversation) {
			t.Errorf("ack: %v", ack)
		}
		synctest.Wait()
		for name, s := range map[string]*apptest.Socket{"laptop": laptop, "seller": seller} {
			rest := s.Rest()
			if len(rest) != 1 || rest[0].Type() != "message" || rest[0]["client_id"] != "c1" || rest[0]["message_id"] != ack["message_id"] {
				t.Errorf("%s: %v", name, rest)
			}
		}
		if rest := apptest.Types(phone.Rest()); strings.Count(rest, "message") > 1 {
			t.Errorf("the sender got %s", rest)
		}
		phone.Send(`{"type":"send","conversation_id":%d,"client_id":"c1","message":"hi"}`, w.conversation)
		again := phone.Wait("ack")
		if again["duplicate"] != true || again["message_id"] != ack["message_id"] || again["timestamp"] != ack["timestamp"] {
			t.Errorf("the second ack: %v, the first: %v", again, ack)
		}
		phone.Send(`{"type":"send","conversation_id":%d,"client_id":"c1","message":"something else"}`, w.conversation)
		if e := phone.Wait("error"); e["code"] != "conflict" || e["client_id"] != "c1" || e["retryable"] != false {
			t.Errorf("another text under the same id: %v", e)
		}
		synctest.Wait()
		if rest := seller.Rest(); len(rest) != 0 {
			t.Errorf("a retry was announced: %v", rest)
		}
	})
}

// TestResumeReplaysExactlyTheGap shows contract 13, 14 and 15: what lies behind a position is
// replayed, then caught_up; a position that fits nothing gets reset.
func TestResumeReplaysExactlyTheGap(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		w.say(5) // seq 2 to 6
		third, err := w.DB.Event(t.Context(), mustConversation(t, w), 3)
		if err != nil {
			t.Fatal(err)
		}
		epoch := w.DB.Epoch()
		for _, test := range []struct {
			name     string
			position wire.Position
			want     string
		}{
			{"from 3", wire.Position{After: 3}, "hello 4 5 6 caught_up"},
			{"from 3 with time and epoch", wire.Position{After: 3, At: third.At, Epoch: epoch}, "hello 4 5 6 caught_up"},
			{"from the beginning", wire.Position{After: 0, Epoch: epoch}, "hello 1 2 3 4 5 6 caught_up"},
			{"from the end", wire.Position{After: 6}, "hello caught_up"},
			{"from beyond the end", wire.Position{After: 7}, "hello reset"},
			{"with another time", wire.Position{After: 3, At: third.At.Add(time.Millisecond)}, "hello reset"},
			{"of another epoch", wire.Position{After: 3, Epoch: "other"}, "hello reset"},
		} {
			s := w.one(w.buyer, &test.position)
			synctest.Wait()
			if got := seqs(s.Rest()); got != test.want {
				t.Errorf("%s, on the original's address: %s, want %s", test.name, got, test.want)
			}
			all := w.all(w.buyer)
			open := fmt.Sprintf(`{"type":"open","conversation_id":%d,"after":%d`, w.conversation, test.position.After)
			if !test.position.At.IsZero() {
				open += fmt.Sprintf(`,"at":%q`, test.position.At.Format(time.RFC3339Nano))
			}
			if test.position.Epoch != "" {
				open += fmt.Sprintf(`,"epoch":%q`, test.position.Epoch)
			}
			all.Send("%s", open+"}")
			synctest.Wait()
			if got := seqs(all.Rest()); got != test.want {
				t.Errorf("%s, by open: %s, want %s", test.name, got, test.want)
			}
		}
	})
}

func mustConversation(t *testing.T, w *world) chat.Conversation {
	t.Helper()
	c, err := w.DB.Conversation(t.Context(), w.conversation, w.buyer.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// seqs writes message frames as their seq and others as their type.
func seqs(frames []apptest.Frame) string {
	var names []string
	for _, f := range frames {
		if f.Type() == "message" {
			names = append(names, fmt.Sprint(f["seq"]))
		} else {
			names = append(names, f.Type())
		}
	}
	return strings.Join(names, " ")
}

// TestAGapOfMoreThanAThousandIsAReset shows contract 15: a thousand events are replayed, and one
// more is a reset.
func TestAGapOfMoreThanAThousandIsAReset(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		w.say(1001) // head 1002
		s := w.one(w.buyer, &wire.Position{After: 1})
		synctest.Wait()
		if got := seqs(s.Rest()); got != "hello reset" {
			t.Errorf("1,001 missing: %s", got)
		}
		s = w.one(w.buyer, &wire.Position{After: 2})
		synctest.Wait()
		if got := s.Rest(); len(got) != 1002 || got[1001].Type() != "caught_up" || got[1]["seq"] != 3.0 {
			t.Errorf("1,000 missing: %d frames", len(got))
		}
	})
}

// TestALostHintIsReadFromTheLog shows contract 9: a socket that sees a seq beyond its next one
// reads the missing ones.
func TestALostHintIsReadFromTheLog(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		// Three events whose hints are lost: they are committed while nobody publishes
		// for this person; then a fourth one arrives.
		quiet := w.muted(func() { w.say(3) })
		synctest.Wait()
		if rest := s.Rest(); len(rest) != 0 {
			t.Fatalf("the hints were not lost: %v", rest)
		}
		quiet()
		w.say(1)
		synctest.Wait()
		if got := seqs(s.Rest()); got != "2 3 4 5" {
			t.Errorf("got %s, want 2 3 4 5", got)
		}
	})
}

// TestALineStaysWhileAGapCannotBeRead shows contract 22: a hint is lost, and the database, which
// has the event, does not answer for a while.
func TestALineStaysWhileAGapCannotBeRead(t *testing.T) {
	var away atomic.Bool
	hang := func(query string) {
		if strings.Contains(query, "seq > $2") && away.Load() {
			time.Sleep(3 * time.Second) // simulated: longer than anybody waits
		}
	}
	simulated(t, func(o *server.Options) { o.Trace = hang }, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		w.muted(func() { w.say(2) })()
		away.Store(true)
		w.say(1)
		time.Sleep(20 * time.Second) // simulated
		s.Send(`{"type":"ping"}`)
		if f := s.Wait("pong", "message"); f.Type() != "pong" {
			t.Errorf("got %v", f)
		}
		away.Store(false)
		time.Sleep(5 * time.Second) // simulated
		if got := seqs(s.Rest()); got != "2 3 4" {
			t.Errorf("got %s, want 2 3 4", got)
		}
	})
}

// muted runs while the buyer's topic is not subscribed, and returns what subscribes
// it again.
func (w *world) muted(run func()) func() {
	topic := bus.Person(w.buyer.User.ID)
	if err := w.Hub.Bus().Unsubscribe(context.Background(), topic); err != nil {
		w.t.Fatal(err)
	}
	run()
	return func() {
		if err := w.Hub.Bus().Subscribe(context.Background(), topic); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestBadInputIsRefusedAndHarmsNobody(t *testing.T) {
	for _, test := range []struct {
		name  string
		send  func(s *apptest.Socket)
		code  string // of the error frame
		close int    // 0: the line stays open
	}{
		{"blank", text(`{"message":" \n\t "}`), "empty", 0},
		{"blank by zero-width characters", text(`{"message":"\u200b\ufeff"}`), "empty", 0},
		{"4,001 characters", text(`{"message":"` + strings.Repeat("क", 4001) + `"}`), "too_long", 0},
		{"a control character", text(`{"message":"a\u0007b"}`), "bad_text", 0},
		{"a number", text(`{"message":5}`), "bad_frame", 0},
		{"not JSON", text(`hello`), "bad_json", 0},
		{"half JSON", text(`{"message":`), "bad_json", 0},
		{"an array", text(`[1]`), "bad_frame", 0},
		{"null", text(`null`), "bad_frame", 0},
		{"nothing known", text(`{}`), "bad_frame", 0},
		{"an unknown type", text(`{"type":"dance"}`), "unknown_type", 0},
		{"a client id out of form", text(`{"type":"send","client_id":"a b","message":"x"}`), "bad_frame", 0},
		{"another conversation", text(`{"type":"send","conversation_id":99,"client_id":"a","message":"x"}`), "bad_frame", 0},
		{"an empty frame", text(``), "bad_json", 0},
		{"binary", frame(ws.NewBinaryFrame([]byte("x"))), "", 1003},
		{"not UTF-8", frame(ws.NewTextFrame([]byte("{\"message\":\"\xff\"}"))), "", 1007},
		{"65,537 bytes", frame(ws.NewTextFrame(make([]byte, 65537))), "", 1009},
		{"65,537 bytes in fragments", func(s *apptest.Socket) {
			s.Write(ws.NewFrame(ws.OpText, false, make([]byte, 40000)))
			s.Write(ws.NewFrame(ws.OpContinuation, true, make([]byte, 30000)))
		}, "", 1009},
		{"a huge length without data", raw(0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4), "", 1009},
		{"a length that overflows in a fragment", func(s *apptest.Socket) {
			s.Write(ws.NewFrame(ws.OpText, false, []byte("x")))
			s.Raw([]byte{0x80, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4})
		}, "", 1009},
		{"unmasked", raw(0x81, 0x02, '{', '}'), "", 1002},
		{"reserved bits", raw(0xF1, 0x80, 1, 2, 3, 4), "", 1002},
		{"an unknown opcode", raw(0x83, 0x80, 1, 2, 3, 4), "", 1002},
		{"a continuation of nothing", raw(0x80, 0x80, 1, 2, 3, 4), "", 1002},
		{"a fragmented ping", raw(0x09, 0x80, 1, 2, 3, 4), "", 1002},
	} {
		t.Run(test.name, func(t *testing.T) {
			simulated(t, nil, func(t *testing.T, w *world) {
				bad, other := w.one(w.buyer, nil), w.one(w.seller, nil)
				bad.Wait("hello")
				other.Wait("hello")
				test.send(bad)
				if test.close != 0 {
					if got := bad.Closed(); got != test.close {
						t.Errorf("closed with %d, want %d", got, test.close)
					}
				} else if e := bad.Wait("error"); e["code"] != test.code {
					t.Errorf("answer %v, want code %s", e, test.code)
				} else {
					bad.Send(`{"message":"still here"}`)
					bad.Wait("message")
				}
				synctest.Wait()
				for _, f := range other.Rest() {
					if f["message"] != "still here" {
						t.Errorf("the other got %v", f)
					}
				}
				other.Send(`{"message":"unharmed"}`)
				other.Wait("message")
			})
		})
	}
}

func text(s string) func(*apptest.Socket)      { return func(c *apptest.Socket) { c.Send("%s", s) } }
func frame(f ws.Frame) func(*apptest.Socket)   { return func(c *apptest.Socket) { c.Write(f) } }
func raw(data ...byte) func(s *apptest.Socket) { return func(c *apptest.Socket) { c.Raw(data) } }
func limited(o *server.Options)                { o.RateLimits = true }
