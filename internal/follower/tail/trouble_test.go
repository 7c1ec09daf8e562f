package tail_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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
