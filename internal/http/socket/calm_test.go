package socket

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What a crowd leaves is given back once, when nobody comes any more; for a few nothing is done.
func TestWhatACrowdLeavesIsGivenBackOnceItIsCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var freed atomic.Int64
		c := &calm{then: func() { freed.Add(1) }}
		for range aCrowd - 1 {
			c.enter()
		}
		time.Sleep(time.Hour)
		if freed.Load() != 0 {
			t.Errorf("freed %d times for fewer than a crowd", freed.Load())
		}
		for range 10 {
			c.enter()
			time.Sleep(calmFor * 3 / 4)
			synctest.Wait()
			if freed.Load() != 0 {
				t.Fatal("freed while they still come")
			}
		}
		time.Sleep(time.Hour)
		if freed.Load() != 1 {
			t.Errorf("freed %d times behind a crowd, want once", freed.Load())
		}
		for range aCrowd {
			c.enter()
		}
		time.Sleep(time.Hour)
		if freed.Load() != 2 {
			t.Errorf("freed %d times behind two crowds", freed.Load())
		}
	})
}
