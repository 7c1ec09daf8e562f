package socket

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// Places are given in the order of coming, but who was admitted before goes on first: else
// nobody would be done before all have begun. Whoever gives up leaves no hole.
func TestThoseWhoWaitComeInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Observer{}.whole())
		g.most = 1
		if err := g.enter(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		var order []int // whoever has the place writes
		come := func(ctx context.Context, i int, again bool) {
			go func() {
				if g.enter(ctx, again) == nil {
					order = append(order, i)
					g.leave()
				}
			}()
			synctest.Wait()
		}
		giving, giveUp := context.WithCancel(t.Context())
		for i := range 10 {
			ctx := t.Context()
			if i%3 == 0 {
				ctx = giving
			}
			come(ctx, i, false)
		}
		come(t.Context(), 10, true)
		giveUp()
		synctest.Wait()
		time.Sleep(time.Second) // simulated
		g.leave()
		synctest.Wait()
		if got := fmt.Sprint(order); got != "[10 1 2 4 5 7 8]" {
			t.Errorf("they came in as %s", got)
		}
		if g.busy != 0 || g.waiting.Len() != 0 {
			t.Errorf("%d places are held, %d wait", g.busy, g.waiting.Len())
		}
	})
}
