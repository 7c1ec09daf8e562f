package socket_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/wire"
	"swapnest/internal/testkit/apptest"
)

// TestACrowdThatComesBackStopsNobody shows contract 20: while thousands wait to be admitted,
// those who are there get messages and acknowledgements at once, and then all come in.
func TestACrowdThatComesBackStopsNobody(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		buyer, seller := w.one(w.buyer, nil), w.all(w.seller)
		buyer.Wait("hello")
		seller.Wait("hello")
		synctest.Wait() // whoever was greeted has given the place back
		free := w.Sockets.Occupy()
		crowd := make([]*apptest.Socket, 2000)
		for i := range crowd {
			crowd[i] = w.one(w.buyer, &wire.Position{After: 0})
		}
		synctest.Wait()
		if waiting, _ := w.Sockets.Waiting(); waiting != len(crowd) {
			t.Fatalf("%d wait, want %d", waiting, len(crowd))
		}
		began := time.Now()
		for i := range 20 {
			buyer.Send(`{"client_id":"c%d","message":"hi"}`, i)
			buyer.Wait("ack")
			if f := seller.Wait("message"); f["client_id"] != fmt.Sprint("c", i) {
				t.Errorf("got %v", f)
			}
		}
		if took := time.Since(began); took > 0 { // simulated: no timer had to run
			t.Errorf("those who were there waited for %s", took)
		}
		free()
		for i, s := range crowd {
			if got := seqs([]apptest.Frame{s.Wait("hello"), s.Wait("message"), s.Wait("caught_up")}); got != "hello 1 caught_up" {
				t.Fatalf("number %d got %s", i, got)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the crowd was let in after %s", took)
		}
	})
}

// TestWhoFindsNoPlaceIsToldWhenToComeBack shows contract 20: nobody waits for ever, and more
// than fit are not kept waiting at all; limits of rates are another matter.
func TestWhoFindsNoPlaceIsToldWhenToComeBack(t *testing.T) {
	simulated(t, func(o *server.Options) { o.RateLimits = false }, func(t *testing.T, w *world) {
		open := w.all(w.seller)
		open.Wait("hello")
		synctest.Wait() // whoever was greeted has given the place back
		free := w.Sockets.Occupy()
		crowd := make([]*apptest.Socket, socket.GateWaiting)
		for i := range crowd {
			crowd[i] = w.all(w.buyer)
		}
		synctest.Wait()
		began := time.Now()
		retries := map[any]bool{}
		refused := func(s *apptest.Socket, after time.Duration) {
			t.Helper()
			bye := s.Wait("bye")
			if ms, _ := bye["retry_after_ms"].(float64); ms < 1000 || ms > 10_000 {
				t.Errorf("come back in %v ms, want between 1 and 10 s", bye["retry_after_ms"])
			}
			retries[bye["retry_after_ms"]] = true
			if got := s.Closed(); got != 1013 || time.Since(began) != after {
				t.Errorf("closed with %d after %s, want 1013 after %s", got, time.Since(began), after)
			}
		}
		for range 20 {
			refused(w.all(w.buyer), 0)
		}
		// What somebody of the crowd has missed needs a place as well.
		open.Send(`{"type":"open","conversation_id":%d,"after":0}`, w.conversation)
		refused(open, 0)
		if len(retries) < 10 {
			t.Errorf("%d different times to come back for 21: they come as a crowd again", len(retries))
		}
		for _, s := range crowd {
			refused(s, socket.GateTime)
		}
		if waiting, _ := w.Sockets.Waiting(); waiting != 0 {
			t.Errorf("%d still wait", waiting)
		}
		free()
		w.all(w.buyer).Wait("hello")
	})
}

// TestWhoIsThereKeepsTheirLineWhateverWaits shows contract 20 and 22: a replay on an open line
// needs a place as well. Where there is none, because a crowd waits or the database gives no
// answer to those who have one, it is refused as each command is, and nothing else is.
func TestWhoIsThereKeepsTheirLineWhateverWaits(t *testing.T) {
	simulated(t, func(o *server.Options) { o.RateLimits = false }, func(t *testing.T, w *world) {
		open := w.all(w.seller)
		open.Wait("hello")
		time.Sleep(2 * socket.GateTime) // simulated: it is none of those who come
		free := w.Sockets.Occupy()
		refused := func(after time.Duration) {
			t.Helper()
			began := time.Now()
			open.Send(`{"type":"open","conversation_id":%d,"after":0}`, w.conversation)
			open.Send(`{"type":"send","conversation_id":%d,"client_id":"%d","message":"hi"}`, w.conversation, began.UnixNano())
			if f := open.Wait("error", "bye"); f["code"] != "unavailable" || f["retryable"] != true || time.Since(began) != after {
				t.Errorf("got %v after %s, want unavailable after %s", f, time.Since(began), after)
			}
			if open.Wait("ack", "error"); time.Since(began) != after {
				t.Errorf("what was sent behind it was acknowledged after %s", time.Since(began))
			}
		}
		refused(2 * time.Second)
		time.Sleep(time.Minute) // simulated: a session is looked up again
		crowd := make([]*apptest.Socket, socket.GateWaiting)
		for i := range crowd {
			crowd[i] = w.all(w.buyer)
		}
		synctest.Wait()
		refused(0)
		free()
		open.Send(`{"type":"open","conversation_id":%d,"after":0}`, w.conversation)
		open.Wait("caught_up")
	})
}

// TestAPeerThatDoesNotReadItsReplayHoldsNobodyUp shows contract 20: it holds no place while it
// is waited for.
func TestAPeerThatDoesNotReadItsReplayHoldsNobodyUp(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		for i := range 300 {
			text := strings.Repeat("long ", 500) + fmt.Sprint(i)
			if _, err := w.Messages.Send(t.Context(), w.seller.User.ID, messaging.SendCommand{Conversation: w.conversation, Text: text}); err != nil {
				t.Fatal(err)
			}
		}
		slow := make([]*apptest.Socket, 3*socket.GateWork)
		for i := range slow {
			slow[i] = w.all(w.buyer)
			slow[i].Wait("hello")
			slow[i].Pause()
			slow[i].Send(`{"type":"open","conversation_id":%d,"after":0}`, w.conversation)
		}
		synctest.Wait()
		if _, busy := w.Sockets.Waiting(); busy != 0 {
			t.Errorf("%d places are held for peers that do not read", busy)
		}
		began := time.Now()
		quick := w.one(w.buyer, &wire.Position{After: 1})
		quick.Wait("caught_up")
		if took := time.Since(began); took > 0 {
			t.Errorf("another replay took %s", took)
		}
		time.Sleep(25 * time.Second) // simulated: they are given up meanwhile
		if here := w.Hub.Connections(w.buyer.User.ID); here != 1 {
			t.Errorf("%d connections are left, want the quick one", here)
		}
	})
}

// TestWhoWaitsHearsOfTheEnd shows contract 19: a crowd at the gate does not delay the end, and
// is told to come back.
func TestWhoWaitsHearsOfTheEnd(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		synctest.Wait() // whoever was greeted has given the place back
		free := w.Sockets.Occupy()
		defer free()
		crowd := make([]*apptest.Socket, 100)
		for i := range crowd {
			crowd[i] = w.all(w.buyer)
		}
		synctest.Wait()
		began := time.Now()
		if err := w.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the end took %s", took)
		}
		for _, s := range crowd {
			if s.Wait("bye")["reason"] != "restarting" || s.Closed() != 1012 {
				t.Error("not told of the end")
			}
		}
	})
}
