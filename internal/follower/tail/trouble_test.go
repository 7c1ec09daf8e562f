package tail_test

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/tail"
	"swapnest/internal/live/bus"
	"swapnest/internal/testkit"
)

// takes returns how long an event that the bus has lost takes to be handed on.
func (n *node) takes(seq int) time.Duration {
	n.tb.Helper()
	n.took()
	n.say(seq, 0)
	since := time.Now()
	for len(n.took()) == 0 {
		if time.Since(since) > time.Minute {
			n.tb.Fatalf("%d was not handed on within a minute", seq)
		}
		time.Sleep(10 * time.Millisecond) // simulated
	}
	return time.Since(since)
}

// TestTheLogIsReadEverySecondWhileTheBusIsNotProvenHealthy shows contract 10.
func TestTheLogIsReadEverySecondWhileTheBusIsNotProvenHealthy(t *testing.T) {
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		var healthy atomic.Bool
		n := newNodeOn(t, d, healthy.Load)
		n.here[n.town.Seller.ID] = time.Now()
		for seq := 2; seq < 10; seq++ {
			if took := n.takes(seq); took > time.Second {
				t.Errorf("%d was handed on after %s", seq, took)
			}
		}
		healthy.Store(true)
		time.Sleep(time.Second) // simulated: the pause that had begun
		if took := n.takes(10); took < 5*time.Second {
			t.Errorf("while the bus is healthy the log is read after %s", took)
		}
		// It is told at once of trouble, and of what shows up a moment later, too.
		time.Sleep(time.Second)
		n.took()
		n.say(11, 0)
		n.Trouble()
		synctest.Wait()
		if got := n.took(); len(got) != 1 {
			t.Errorf("at the moment of trouble %q was handed on", got)
		}
		for seq := 12; seq < 15; seq++ {
			if took := n.takes(seq); took > time.Second {
				t.Errorf("%d was handed on %s after trouble", seq, took)
			}
		}
		time.Sleep(5 * time.Second)
		if took := n.takes(15); took < 5*time.Second {
			t.Errorf("long after trouble the log is read after %s", took)
		}
	})
}

// TestTheLogIsReadEverySecondWhileAnotherNodeIsCutOffFromTheBus shows contract 10 across nodes: what
// that one publishes reaches nobody, and for all others the bus is healthy.
func TestTheLogIsReadEverySecondWhileAnotherNodeIsCutOffFromTheBus(t *testing.T) {
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		n := newNodeOn(t, d, func() bool { return true })
		n.here[n.town.Seller.ID] = time.Now()
		var healthy atomic.Bool
		healthy.Store(true)
		other := tail.New(healthy.Load, slog.New(slog.DiscardHandler))
		other.Join(new(bus.Memory).Join)(func(bus.Topic, bus.Message) {})
		if err := other.Start(t.Context(), n.db, func(chat.UserID) (time.Time, bool) { return time.Time{}, false }); err != nil {
			t.Fatal(err)
		}
		defer other.Stop()
		if took := n.takes(2); took < 5*time.Second {
			t.Errorf("while both are healthy the log is read after %s", took)
		}
		healthy.Store(false)
		other.Trouble()
		for seq := 3; seq < 10; seq++ {
			if took := n.takes(seq); took > time.Second {
				t.Errorf("%d was handed on after %s", seq, took)
			}
		}
		time.Sleep(10 * time.Second) // simulated: it lasts as long as the trouble
		if took := n.takes(10); took > time.Second {
			t.Errorf("10 s later the log is read after %s", took)
		}
		healthy.Store(true)
		time.Sleep(5 * time.Second)
		if took := n.takes(11); took < 5*time.Second {
			t.Errorf("long after it the log is read after %s", took)
		}
	})
}
