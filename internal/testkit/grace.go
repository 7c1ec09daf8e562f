package testkit

import (
	"sync/atomic"
	"testing"
	"time"
)

// mostGrace keeps what a bound guards against beyond it: a patience of 2 s that is waited for twice, or
// one of the database of 5 s.
const mostGrace = 800 * time.Millisecond

// Grace measures how late this process is at the most, when it wants to do something every 20 ms, until the
// test ends. On a busy machine each of some four steps of what a test waits for may be so late: so much longer,
// and no more than 800 ms, it may take. It is next to nothing where the machine has time.
func Grace(tb testing.TB) (grace func() time.Duration) {
	const every = 20 * time.Millisecond
	var late atomic.Int64
	tick := time.NewTicker(every)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for last := time.Now(); ; {
			select {
			case <-tick.C:
			case <-end:
				return
			}
			now := time.Now()
			late.Store(max(late.Load(), int64(now.Sub(last)-every)))
			last = now
		}
	}()
	tb.Cleanup(func() {
		tick.Stop()
		close(end)
		<-ended
	})
	return func() time.Duration { return min(4*time.Duration(late.Load()), mostGrace) }
}
