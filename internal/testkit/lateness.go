package testkit

import (
	"sync/atomic"
	"testing"
	"time"
)

// Lateness measures how late this process is at the most, when it wants to do something every 20 ms,
// until the test ends. On a busy machine each step of what a test waits for may be so late.
func Lateness(tb testing.TB) (most func() time.Duration) {
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
	return func() time.Duration { return time.Duration(late.Load()) }
}
