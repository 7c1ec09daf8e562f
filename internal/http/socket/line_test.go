package socket_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/live/hub"
	"swapnest/internal/testkit/apptest"
)

func TestTwentyBadFramesInARowEndTheLine(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		for range 19 {
			s.Send(`nonsense`)
			s.Wait("error")
		}
		s.Send(`{"type":"ping"}`) // begins anew
		s.Wait("pong")
		for range 20 {
			s.Send(`nonsense`)
			if e := s.Wait("error"); e["code"] != "bad_json" {
				t.Fatalf("got %v", e)
			}
		}
		if got := s.Closed(); got != 4400 {
			t.Errorf("closed with %d, want 4400", got)
		}
	})
}

// TestASilentPeerIsAskedAndThenDropped shows contract 17: a silent peer is pinged after 25 s ± 20
// %, and gone within 40 s if it stays silent.
func TestASilentPeerIsAskedAndThenDropped(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		start := time.Now()
		<-s.Pings()
		if after := time.Since(start); after < 20*time.Second || after > 30*time.Second {
			t.Errorf("asked after %s, want 25 s ± 20 %%", after)
		}
		time.Sleep(5 * time.Minute)
		s.Send(`{"type":"ping"}`) // it has answered all the time, so it is still here
		s.Wait("pong")
		s.Mute()
		gone := time.Now()
		s.Closed()
		if after := time.Since(gone); after > 40*time.Second {
			t.Errorf("dropped after %s, want at most 40 s", after)
		}
	})
}

// TestASlowReaderIsClosedAndNobodyWaits shows contract 11: whose queue is full is closed with
// 4100, and nobody waits for it.
func TestASlowReaderIsClosedAndNobodyWaits(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		slow, quick := w.one(w.buyer, nil), w.one(w.buyer, nil)
		slow.Wait("hello")
		quick.Wait("hello")
		resume := slow.Pause()
		slow.Send(`{"type":"ping"}`) // its reader now hangs in the pause
		start := time.Now()
		w.say(hub.QueueFrames + 50)
		if took := time.Since(start); took > 0 { // simulated: no timer had to run
			t.Errorf("a slow reader held everybody up for %s", took)
		}
		for range hub.QueueFrames + 50 {
			quick.Wait("message")
		}
		resume()
		if got := slow.Closed(); got != 4100 {
			t.Errorf("closed with %d, want 4100", got)
		}
	})
}

// TestAPeerThatNeverReadsIsDroppedAfterTheWriteDeadline shows contract 17: every write has ten
// seconds.
func TestAPeerThatNeverReadsIsDroppedAfterTheWriteDeadline(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		s.Pause()
		s.Send(`{"type":"ping"}`)
		w.say(1)
		start := time.Now()
		for w.Hub.Connections(w.buyer.User.ID) > 0 {
			time.Sleep(time.Second)
		}
		if after := time.Since(start); after > 12*time.Second {
			t.Errorf("dropped after %s, want 10 s", after)
		}
	})
}

// TestRestartSaysByeAnd1012 shows contract 19: sockets are told when to come back, and closed with
// 1012.
func TestRestartSaysByeAnd1012(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		if err := w.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if f := s.Wait("bye"); f["reason"] != "restarting" || f["retry_after_ms"] == nil {
			t.Errorf("bye: %v", f)
		}
		if got := s.Closed(); got != 1012 {
			t.Errorf("closed with %d, want 1012", got)
		}
		late := w.all(w.seller)
		if got := late.Closed(); got != 1012 {
			t.Errorf("a connection during the shutdown: closed with %d, want 1012", got)
		}
	})
}

func TestFloodsEndWith4429(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(s *apptest.Socket)
	}{
		{"of frames", text(`{"type":"ping"}`)},
		{"of control frames", frame(ws.NewPingFrame(nil))},
	} {
		t.Run(test.name, func(t *testing.T) {
			simulated(t, limited, func(t *testing.T, w *world) {
				s := w.all(w.buyer)
				s.Wait("hello")
				for range 300 {
					test.send(s)
				}
				if f := s.Wait("bye"); f["retry_after_ms"] == nil {
					t.Errorf("bye: %v", f)
				}
				if got := s.Closed(); got != 4429 {
					t.Errorf("closed with %d, want 4429", got)
				}
			})
		})
	}
}

func TestTooManyMessagesAreRateLimited(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		refused, first := 0, ""
		for i := range 25 {
			s.Send(`{"type":"send","conversation_id":%d,"client_id":"c%d","message":"hi"}`, w.conversation, i)
			if f := s.Wait("ack", "error"); f.Type() == "error" {
				if refused++; refused == 1 {
					first, _ = f["client_id"].(string)
				}
				if f["code"] != "rate_limited" || f["retryable"] != true || f["retry_after_ms"] == nil {
					t.Errorf("refusal: %v", f)
				}
			}
		}
		if refused != 6 { // one was spent on beginning the conversation
			t.Errorf("%d of 25 refused, want 6", refused)
		}
		time.Sleep(time.Second)
		s.Send(`{"type":"send","conversation_id":%d,"client_id":"%s","message":"hi"}`, w.conversation, first)
		s.Wait("ack")
	})
}

func TestANewConversationIsIntroduced(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		seller, one := w.all(w.seller), w.one(w.seller, nil)
		seller.Wait("hello")
		one.Wait("hello")
		if _, err := w.Messages.Start(t.Context(), w.stranger.User.ID, messaging.StartCommand{Listing: w.town.Listing.ID, Text: "And for me?"}); err != nil {
			t.Fatal(err)
		}
		entry, _ := seller.Wait("conversation")["conversation"].(map[string]any)
		if entry["unread"] != 1.0 || entry["role"] != "seller" || entry["other"].(map[string]any)["name"] != "Stranger" {
			t.Errorf("entry: %v", entry)
		}
		if rest := one.Rest(); len(rest) != 0 {
			t.Errorf("the socket of another conversation got %v", rest)
		}
	})
}

// TestOneTabsMessagesAreCommittedInTheirOrder shows contract 6: they are written without waiting
// for an answer, while others write too.
func TestOneTabsMessagesAreCommittedInTheirOrder(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		tabs := []*apptest.Socket{w.one(w.buyer, nil), w.all(w.buyer), w.one(w.seller, nil)}
		for _, s := range tabs {
			s.Wait("hello")
		}
		const each = 40
		for i, s := range tabs {
			go func() {
				for n := range each {
					s.Send(`{"type":"send","conversation_id":%d,"client_id":"tab%d.%d","message":"hi"}`, w.conversation, i, n)
				}
			}()
		}
		for i, s := range tabs {
			last := 0.0
			for n := range each {
				ack := s.Wait("ack")
				if ack["client_id"] != fmt.Sprintf("tab%d.%d", i, n) || ack["seq"].(float64) <= last {
					t.Fatalf("tab %d, message %d: %v behind seq %v", i, n, ack, last)
				}
				last = ack["seq"].(float64)
			}
		}
	})
}

func TestAtMostTwentyConversationsAreOpen(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		for i := range chat.MaxOpen + 1 {
			l, err := w.Listings.Create(t.Context(), w.seller.User.ID, chat.ListingDraft{
				Title: "A thing", Price: chat.Money{Currency: "INR"}, Category: "books", Condition: "good",
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			started, err := w.Messages.Start(t.Context(), w.buyer.User.ID, messaging.StartCommand{Listing: l.ID, Text: "hi"})
			if err != nil {
				t.Fatal(err)
			}
			s.Send(`{"type":"open","conversation_id":%d,"after":0}`, started.Conversation)
			f := s.Wait("caught_up", "error")
			if i < chat.MaxOpen && f.Type() != "caught_up" || i == chat.MaxOpen && f["code"] != "forbidden" {
				t.Errorf("open number %d: %v", i+1, f)
			}
		}
		// One that is closed makes room.
		s.Send(`{"type":"close","conversation_id":2}`)
		s.Send(`{"type":"open","conversation_id":1}`)
		if f := s.Wait("caught_up", "error"); f.Type() != "caught_up" {
			t.Errorf("after a close: %v", f)
		}
	})
}

func TestWhatCannotBeOpenedTakesNoPlace(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.stranger)
		s.Wait("hello")
		for range chat.MaxOpen + 5 {
			s.Send(`{"type":"open","conversation_id":%d}`, w.conversation)
			if e := s.Wait("error"); e["code"] != "not_found" {
				t.Fatalf("got %v", e)
			}
		}
	})
}

func TestFragmentsAndControlFramesInBetween(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		s.Write(ws.NewFrame(ws.OpText, false, []byte(`{"mess`)))
		s.Write(ws.NewPingFrame([]byte("in between")))
		s.Write(ws.NewFrame(ws.OpContinuation, false, []byte(`age":"in thr`)))
		s.Write(ws.NewFrame(ws.OpContinuation, true, []byte(`ee parts"}`)))
		if f := s.Wait("message"); f["message"] != "in three parts" {
			t.Errorf("got %v", f)
		}
		s.Write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
		if got := s.Closed(); got != 1000 {
			t.Errorf("closed with %d, want 1000", got)
		}
	})
}

func TestLimitsAreLiftedWhenAsked(t *testing.T) {
	simulated(t, func(o *server.Options) { o.RateLimits = false }, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		for range 300 {
			s.Send(`{"type":"ping"}`)
			s.Wait("pong")
		}
	})
}

// TestShutdownAcknowledgesTheCommandUnderWay shows contract 2 and 19: what was committed while the
// server goes down is acknowledged before goodbye.
func TestShutdownAcknowledgesTheCommandUnderWay(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		sockets := make([]*apptest.Socket, 30)
		for i := range sockets {
			sockets[i] = w.one(w.buyer, nil)
			sockets[i].Wait("hello")
		}
		for i, s := range sockets {
			go s.Send(`{"type":"send","client_id":"last-%d","message":"hi"}`, i)
		}
		db := w.DB
		ended := make(chan error, 1)
		go func() { ended <- w.Shutdown(context.Background()) }()
		acked := map[any]bool{}
		for _, s := range sockets {
			if got := s.Closed(); got != 1012 {
				t.Errorf("closed with %d, want 1012", got)
			}
			rest := s.Rest()
			for _, f := range rest {
				if f.Type() == "ack" {
					acked[f["client_id"]] = true
				}
			}
			if types := apptest.Types(rest); strings.Count(types, "bye") != 1 {
				t.Errorf("the last frames were %q, want one bye", types)
			}
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		stored, err := db.MessagesAfter(context.Background(), w.conversation, 1, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range stored {
			if !acked[m.ClientID] {
				t.Errorf("%s was committed and not acknowledged", m.ClientID)
			}
		}
	})
}
