package socket_test

import (
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/http/socket"
	"swapnest/internal/testkit/apptest"
)

// TestPeersThatDoNotReadDoNotDelayTheEnd shows contract 19: they are given up after a few
// seconds, whether they were being written to when the end came or not; those who read hear
// of it at once, at different times to come back.
func TestPeersThatDoNotReadDoNotDelayTheEnd(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		var deaf, quick []*apptest.Socket
		for i := range 40 {
			s := w.one(w.buyer, nil)
			s.Wait("hello")
			if i%2 == 0 {
				quick = append(quick, s)
				continue
			}
			s.Pause()
			s.Send(`{"type":"ping"}`) // its reader takes one frame more, and hangs behind it
			deaf = append(deaf, s)
		}
		synctest.Wait()
		w.say(5) // this hangs in the middle of being written
		synctest.Wait()
		time.Sleep(2 * time.Second) // simulated
		began := time.Now()
		ended := make(chan error, 1)
		go func() { ended <- w.Shutdown(t.Context()) }()
		retries := map[any]bool{}
		for _, s := range quick {
			retries[s.Wait("bye")["retry_after_ms"]] = true
			if got := s.Closed(); got != 1012 || time.Since(began) > time.Second {
				t.Errorf("one that reads: closed with %d after %s", got, time.Since(began))
			}
		}
		if len(retries) < len(quick)/2 {
			t.Errorf("%d different times to come back for %d", len(retries), len(quick))
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > socket.LeaveTimeout+2*time.Second {
			t.Errorf("the end took %s with %d that do not read", took, len(deaf))
		}
	})
}
