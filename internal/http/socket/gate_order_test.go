package socket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/http/auth"
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

// Whoever was admitted before comes in, however many wait who were not: else a crowd beyond the
// gate's bounds has everybody asked who they are, and sent away all the same.
func TestWhoWasAdmittedBeforeIsNotSentAwayForTheCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Observer{}.whole())
		g.busy = g.most
		in := 0 // whoever has the place writes
		for range gateWaiting {
			go func() {
				if g.enter(t.Context(), false) == nil {
					in++
					g.leave()
				}
			}()
		}
		synctest.Wait()
		if err := g.enter(t.Context(), false); !errors.Is(err, errOverflow) {
			t.Errorf("one more is answered with %v, want an overflow", err)
		}
		go func() {
			if err := g.enter(t.Context(), true); err != nil || in > 0 {
				t.Errorf("who was admitted before comes in behind %d: %v", in, err)
			}
			g.leave()
		}()
		synctest.Wait()
		g.leave()
		synctest.Wait()
		if in != gateWaiting {
			t.Errorf("%d came in, want %d", in, gateWaiting)
		}
	})
}

// knock is a handshake with a ticket, which needs nobody to vouch for its origin.
func knock(ctx context.Context) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/ws/?ticket=t", nil)
	r.Header.Set("Upgrade", "websocket")
	return r
}

// A mistake in looking up who knocks costs their request, and not the place.
func TestAFaultBehindTheGateGivesThePlaceBack(t *testing.T) {
	d := New(Options{Guard: &auth.Guard{}}) // it has no database to ask
	for range gateWork + 1 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("there was no fault")
				}
			}()
			d.all(httptest.NewRecorder(), knock(t.Context()))
		}()
	}
	if waiting, busy := d.Waiting(); waiting != 0 || busy != 0 {
		t.Errorf("%d wait, %d places are held", waiting, busy)
	}
}

// A visitor who has gone while they waited gets no connection, and is no error of the server's.
func TestWhoGoesWhileTheyWaitIsNotServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{})
		free := d.Occupy()
		ctx, goAway := context.WithCancel(t.Context())
		answer, over := httptest.NewRecorder(), false
		go func() {
			d.all(answer, knock(ctx))
			over = true
		}()
		synctest.Wait()
		goAway()
		synctest.Wait()
		if !over || answer.Body.Len() > 0 {
			t.Errorf("over: %v, with %d %s", over, answer.Code, answer.Body)
		}
		free()
		if waiting, busy := d.Waiting(); waiting != 0 || busy != 0 {
			t.Errorf("%d wait, %d places are held", waiting, busy)
		}
		d.Wait()
	})
}
