package socket_test

import (
	"fmt"
	"testing"
	"time"

	"swapnest/internal/testkit/apptest"
)

// Contract 6: what a sender has on the line behind a message that is put off does not
// overtake it.
func TestNothingOvertakesAMessageThatIsPutOff(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		send := func(n int) apptest.Frame {
			s.Send(`{"type":"send","client_id":"m%d","message":"%d"}`, n, n)
			return s.Wait("ack", "error")
		}
		n := 0
		var refused apptest.Frame
		for refused == nil { // as many as one may at once, and one more
			if f := send(n); f.Type() == "error" {
				refused = f
			} else {
				n++
			}
		}
		if refused["code"] != "rate_limited" {
			t.Fatalf("got %v", refused)
		}
		time.Sleep(5 * time.Second) // simulated: there is room for some again
		if f := send(n + 1); f["code"] != "rate_limited" || f["retryable"] != true || f["client_id"] != fmt.Sprintf("m%d", n+1) {
			t.Errorf("what was sent behind it got %v", f)
		}
		for i := range 2 {
			if f := send(n + i); f.Type() != "ack" {
				t.Errorf("in their order they got %v", f)
			}
		}
	})
}

// Who gives a message up is not kept from sending others.
func TestAMessageThatIsGivenUpHoldsOthersUpForTenSeconds(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		for n := 0; ; n++ {
			s.Send(`{"type":"send","client_id":"m%d","message":"%d"}`, n, n)
			if s.Wait("ack", "error").Type() == "error" {
				break
			}
		}
		time.Sleep(9900 * time.Millisecond) // simulated
		s.Send(`{"type":"send","client_id":"next","message":"next"}`)
		if f := s.Wait("ack", "error"); f.Type() != "error" {
			t.Errorf("after 9.9 s got %v", f)
		}
		time.Sleep(200 * time.Millisecond) // simulated
		s.Send(`{"type":"send","client_id":"next","message":"next"}`)
		if f := s.Wait("ack", "error"); f.Type() != "ack" {
			t.Errorf("after 10.1 s got %v", f)
		}
	})
}

// Whoever has not read a refusal may still send what it would have kept back: so long nothing
// overtakes, however long it takes.
func TestNothingOvertakesWhileTheRefusalMayBeUnread(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		s.Mute()
		for n := 0; ; n++ {
			s.Send(`{"type":"send","client_id":"m%d","message":"%d"}`, n, n)
			if s.Wait("ack", "error").Type() == "error" {
				break
			}
		}
		time.Sleep(15 * time.Second) // simulated
		s.Send(`{"type":"send","client_id":"next","message":"next"}`)
		if f := s.Wait("ack", "error"); f.Type() != "error" {
			t.Errorf("before the refusal can have been read got %v", f)
		}
	})
}

// What had to wait behind one that was put off goes before what follows it, too: its sender may
// not have read yet that it has to come again.
func TestWhatHadToWaitIsNotOvertakenEither(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		send := func(id string) string {
			s.Send(`{"type":"send","client_id":"%s","message":"%s"}`, id, id)
			return s.Wait("ack", "error").Type()
		}
		n := 0
		for send(fmt.Sprint("m", n)) == "ack" {
			n++
		}
		send("second") // behind the one that was put off
		time.Sleep(5 * time.Second)
		for _, step := range []struct{ id, want string }{
			{fmt.Sprint("m", n), "ack"}, {"third", "error"}, {"second", "ack"}, {"third", "ack"},
		} {
			if got := send(step.id); got != step.want {
				t.Errorf("%s got %s, want %s", step.id, got, step.want)
			}
		}
	})
}
