package socket_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/http/server"
	"swapnest/internal/live/hub"
	"swapnest/internal/live/wire"
)

// Contract 11, 13 and 14: many may write while one comes in. Who reads well is not taken for a
// slow reader then, however many have written: what found no room in memory comes from the log.
func TestWhoComesIntoABusyConversationGetsAllOfItOnOneLine(t *testing.T) {
	var armed atomic.Int32
	var w *world
	busy := func(query string) {
		// It is known how far to read by then.
		if strings.Contains(query, "seq > $2") && armed.Add(-1) == 0 {
			w.say(2 * hub.QueueFrames)
			time.Sleep(time.Second) // simulated: until all of it has been told
		}
	}
	simulated(t, func(o *server.Options) { o.Trace = busy }, func(t *testing.T, world *world) {
		w = world
		w.say(10)
		armed.Store(1)
		s := w.one(w.buyer, &wire.Position{After: 1})
		synctest.Wait()
		time.Sleep(time.Minute) // simulated
		synctest.Wait()
		if armed.Load() > 0 {
			t.Fatal("nobody wrote while the client came in")
		}
		want := 2
		for _, f := range s.Rest() {
			if f.Type() == "message" {
				if got := int(f["seq"].(float64)); got != want {
					t.Fatalf("got %d, want %d", got, want)
				}
				want++
			}
		}
		if last := 11 + 2*hub.QueueFrames; want != last+1 {
			t.Errorf("the last one is %d, want %d", want-1, last)
		}
	})
}
