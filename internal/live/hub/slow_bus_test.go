package hub

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// slowBus is a bus whose calls take a while, as on a network.
type slowBus struct {
	bus.Bus
	subscribe, unsubscribe time.Duration
}

func (b *slowBus) Subscribe(ctx context.Context, t bus.Topic) error {
	if err := nap(ctx, b.subscribe); err != nil {
		return err
	}
	return b.Bus.Subscribe(ctx, t)
}

func (b *slowBus) Unsubscribe(ctx context.Context, t bus.Topic) error {
	if err := nap(ctx, b.unsubscribe); err != nil {
		return err
	}
	return b.Bus.Unsubscribe(ctx, t)
}

func nap(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func slow(subscribe, unsubscribe time.Duration) func(bus.Receive) bus.Bus {
	return func(r bus.Receive) bus.Bus { return &slowBus{new(bus.Memory).Join(r), subscribe, unsubscribe} }
}

// Bug: the second of two tabs that came together was told that it had joined while
// the subscription of the first was still on its way.
func TestTheSecondTabWaitsForTheSubscriptionToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow(time.Second, 0))
		go w.Join(t.Context(), &session{}, chat.User{ID: 1}, chat.SessionID{1})
		synctest.Wait()
		second := w.join(1, 2)
		w.publish("for 1", bus.Person(1))
		check(t, "the second tab", second.got(), []string{"for 1"})
	})
}

// Bug: a tab that closed while its subscription was on its way took it from the
// tabs that had come meanwhile.
func TestTheFirstTabsEndDoesNotEndTheSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow(time.Second, 0))
		ctx, cancel := context.WithCancel(t.Context())
		go w.Join(ctx, &session{}, chat.User{ID: 1}, chat.SessionID{1})
		synctest.Wait()
		cancel()
		second := w.join(1, 2)
		w.publish("for 1", bus.Person(1))
		check(t, "the second tab", second.got(), []string{"for 1"})
	})
}

// Bug: who came back while being forgotten lost the new subscription with the old
// one, and was told offline after online.
func TestWhoComesBackWhileBeingForgottenHearsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow(0, time.Second))
		s := w.join(1, 1)
		w.Leave(s)
		time.Sleep(chat.OfflineAfter)
		synctest.Wait() // The unsubscription is on its way now.
		if w.Online(1) || len(w.Everybody()) != 0 {
			t.Error("somebody who is being forgotten is online")
		}
		back := w.join(1, 2)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.publish("for 1", bus.Person(1))
		check(t, "what came", back.got(), []string{"for 1"})
		var order []bool
		for _, c := range w.told() {
			order = append(order, c.Online)
		}
		check(t, "presence", order, []bool{true, false, true})
		if !w.Online(1) {
			t.Error("offline")
		}
	})
}

// Bug: a timer that had fired just as somebody came back and left again made them
// offline at once.
func TestAStaleTimerForgetsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		s := w.join(1, 1)
		w.Leave(s)
		stale, p := time.Now(), w.people[1]
		time.Sleep(time.Second)
		w.Leave(w.join(1, 1))
		w.gone(1, p, stale)
		if !w.Online(1) {
			t.Error("forgotten by the timer of the first leaving")
		}
		time.Sleep(chat.OfflineAfter)
		synctest.Wait()
		if w.Online(1) {
			t.Error("not forgotten at all")
		}
	})
}

// TestABusThatFailsKeepsNobodyOut shows contract 22: a bus that is down keeps nobody out.
func TestABusThatFailsKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow(time.Hour, time.Hour))
		began := time.Now()
		s := w.join(1, 1)
		if took := time.Since(began); took != busTimeout {
			t.Errorf("waited %v for the bus, want %v", took, busTimeout)
		}
		w.Leave(s)
		time.Sleep(chat.OfflineAfter + busTimeout)
		synctest.Wait()
		if w.Online(1) {
			t.Error("never forgotten")
		}
	})
}
