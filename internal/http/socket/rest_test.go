package socket_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/testkit/apptest"
)

// A line that says nothing waits on a goroutine that has done nothing else, without a buffer; one that
// speaks keeps both until it has been quiet for a while. Nothing of what it says is lost on the way.
func TestALineThatSaysNothingRests(t *testing.T) {
	const lines = 20
	simulated(t, limited, func(t *testing.T, w *world) {
		at := func(where string) (n int) {
			t.Helper()
			synctest.Wait()
			room := make([]byte, 4<<20)
			for _, one := range strings.Split(string(room[:runtime.Stack(room, true)]), "\n\n") {
				if strings.Contains(one, where) {
					n++
				}
			}
			return n
		}
		all := make([]*apptest.Socket, lines)
		for i := range all {
			all[i] = w.all(w.buyer)
			all[i].Wait("hello")
		}
		const resting, awake = "socket.(*conn).rest(", "socket.(*conn).read("
		if rest, busy := at(resting), at(awake); rest != lines || busy != 0 {
			t.Errorf("%d lines rest and %d do not, once they are greeted", rest, busy)
		}
		for range 3 {
			for _, s := range all {
				s.Send(`{"type":"ping"}`)
				s.Send(`{"type":"ping"}`)
				s.Wait("pong")
				s.Wait("pong")
			}
			if busy := at(awake); busy != lines {
				t.Errorf("%d lines are awake that have just spoken, want %d", busy, lines)
			}
			time.Sleep(3 * time.Second) // simulated
			if rest, busy := at(resting), at(awake); rest != lines || busy != 0 {
				t.Errorf("%d lines rest and %d do not, a while after they have spoken", rest, busy)
			}
		}
		time.Sleep(time.Minute) // simulated: they are asked whether they are there
		if rest := at(resting); rest != lines {
			t.Errorf("%d lines rest that have answered pings, want %d", rest, lines)
		}
	})
}
