package hub

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// session records what the hub does to it.
type session struct {
	mu     sync.Mutex // guards everything below
	frames []bus.Message
	ended  []Reason
	onEnd  func()
}

func (s *session) Deliver(m bus.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, m)
}

func (s *session) End(r Reason) {
	s.mu.Lock()
	s.ended = append(s.ended, r)
	onEnd := s.onEnd
	s.mu.Unlock()
	if onEnd != nil {
		go onEnd()
	}
}

// got returns the frames that came since the last call.
func (s *session) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, m := range s.frames {
		all = append(all, string(m.Frame))
	}
	s.frames = nil
	return all
}

func (s *session) reasons() []Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ended)
}

// coming is a call of the hub's PresenceFunc.
type coming struct {
	Who    chat.UserID
	Online bool
	At     time.Time
}

// world is a hub and what it told of presence.
type world struct {
	*Hub
	t *testing.T

	mu    sync.Mutex // guards comes
	comes []coming
}

func newWorld(t *testing.T, join func(bus.Receive) bus.Bus) *world {
	t.Helper()
	w := &world{t: t}
	w.Hub = New(join, func(who chat.UserID, online bool, at time.Time) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.comes = append(w.comes, coming{who, online, at})
	}, slog.New(slog.DiscardHandler))
	return w
}

// told returns what was told of presence since the last call.
func (w *world) told() []coming {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.comes = nil }()
	return w.comes
}

func (w *world) join(who chat.UserID, id byte) *session {
	w.t.Helper()
	s := &session{}
	if !w.Join(w.t.Context(), s, chat.User{ID: who}, chat.SessionID{id}) {
		w.t.Fatal("the hub admits nobody")
	}
	return s
}

func (w *world) publish(frame string, to ...bus.Topic) {
	w.t.Helper()
	if err := w.Bus().Publish(w.t.Context(), bus.Message{To: to, Frame: []byte(frame)}); err != nil {
		w.t.Fatal(err)
	}
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestFramesGoToThePersonTheyAreFor(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	phone, desk, other := w.join(1, 1), w.join(1, 2), w.join(2, 3)
	w.publish("for 1", bus.Person(1))
	w.publish("for both", bus.Person(1), bus.Person(2))
	w.publish("for 3", bus.Person(3))
	w.publish("for none", bus.Topic("room:1"))
	check(t, "the phone of 1", phone.got(), []string{"for 1", "for both"})
	check(t, "the desk of 1", desk.got(), []string{"for 1", "for both"})
	check(t, "2", other.got(), []string{"for both"})
	check(t, "connections", []int{w.Count(), w.Connections(1), w.Connections(2), w.Connections(3)}, []int{3, 2, 1, 0})
}

func TestFramesCrossNodes(t *testing.T) {
	var m bus.Memory
	one, two := newWorld(t, m.Join), newWorld(t, m.Join)
	a, b := one.join(1, 1), two.join(1, 2)
	one.publish("for 1", bus.Person(1))
	check(t, "here", a.got(), []string{"for 1"})
	check(t, "there", b.got(), []string{"for 1"})
}

func TestNothingIsDeliveredAfterLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		left, stays := w.join(1, 1), w.join(1, 2)
		w.Leave(left)
		w.Leave(left)
		w.Leave(&session{})
		w.publish("for 1", bus.Person(1))
		check(t, "who left", left.got(), []string(nil))
		check(t, "who stays", stays.got(), []string{"for 1"})
		w.Leave(stays)
		w.publish("too late", bus.Person(1))
		check(t, "who left last", stays.got(), []string(nil))
		if w.Count() != 0 || w.Connections(1) != 0 {
			t.Errorf("got %d connections, %d of 1", w.Count(), w.Connections(1))
		}
	})
}

// TestEndSessionEndsThatSessionsSocketsOnly shows contract 21: the end of a session ends its
// sockets here, and nobody else's.
func TestEndSessionEndsThatSessionsSocketsOnly(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	tab1, tab2, phone, other := w.join(1, 1), w.join(1, 1), w.join(1, 2), w.join(2, 3)
	w.EndSession(chat.SessionID{1})
	w.EndSession(chat.SessionID{99})
	check(t, "the first tab", tab1.reasons(), []Reason{SessionEnded})
	check(t, "the second tab", tab2.reasons(), []Reason{SessionEnded})
	check(t, "the phone", phone.reasons(), []Reason(nil))
	check(t, "somebody else", other.reasons(), []Reason(nil))
	w.Leave(tab1)
	w.EndSession(chat.SessionID{1})
	check(t, "a tab that has left", tab1.reasons(), []Reason{SessionEnded})
}

func TestPresenceGoesToThoseWhoWatch(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	watcher, indifferent, watched := w.join(1, 1), w.join(2, 2), w.join(3, 3)
	w.Watch(t.Context(), watcher, []chat.UserID{3, 4, 3})
	w.publish("3 is here", bus.Presence(3))
	w.publish("4 is here", bus.Presence(4))
	w.publish("5 is here", bus.Presence(5))
	check(t, "the watcher", watcher.got(), []string{"3 is here", "4 is here"})
	check(t, "somebody indifferent", indifferent.got(), []string(nil))
	check(t, "the watched", watched.got(), []string(nil))

	w.Watch(t.Context(), watcher, []chat.UserID{5})
	w.publish("3 has gone", bus.Presence(3))
	w.publish("5 has gone", bus.Presence(5))
	check(t, "after another list", watcher.got(), []string{"5 has gone"})

	w.Leave(watcher)
	w.Watch(t.Context(), watcher, []chat.UserID{3})
	w.publish("3 is here", bus.Presence(3))
	check(t, "after leaving", watcher.got(), []string(nil))
}

func TestOfflineIsToldAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		first, second := w.join(1, 1), w.join(1, 1)
		came := time.Now()
		check(t, "after coming", w.told(), []coming{{1, true, came}})
		w.Leave(first)
		time.Sleep(time.Hour)
		check(t, "while one tab is left", w.told(), []coming(nil))
		left := time.Now()
		w.Leave(second)
		time.Sleep(chat.OfflineAfter - time.Nanosecond)
		synctest.Wait()
		check(t, "just before", w.told(), []coming(nil))
		if !w.Online(1) {
			t.Error("offline too soon")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		check(t, "after ten seconds", w.told(), []coming{{1, false, left}})
		if w.Online(1) || len(w.Everybody()) != 0 {
			t.Error("still online")
		}
		back := w.join(1, 1)
		check(t, "back", w.told(), []coming{{1, true, time.Now()}})
		w.publish("for 1", bus.Person(1))
		check(t, "what came for the one who is back", back.got(), []string{"for 1"})
	})
}

func TestWhoIsBackWithinTenSecondsNeverLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		w.told()
		s := w.join(1, 1)
		for range 5 {
			w.Leave(s)
			time.Sleep(chat.OfflineAfter - time.Millisecond)
			s = w.join(1, 1)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		check(t, "told", len(w.told()), 1)
		w.publish("for 1", bus.Person(1))
		check(t, "what came", s.got(), []string{"for 1"})
	})
}

func TestSinceWhenSomebodyGetsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		since := func() time.Duration {
			at, connected := w.Since(1)
			if !connected {
				return -1
			}
			return time.Since(at)
		}
		check(t, "who was never here", since(), time.Duration(-1))
		s := w.join(1, 1)
		time.Sleep(time.Minute)
		w.join(1, 2)
		check(t, "the first connection counts", since(), time.Minute)
		w.Leave(s)
		check(t, "one has gone", since(), time.Minute)
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		w.Leave(w.join(1, 1))
		if at, connected := w.Since(1); connected {
			t.Errorf("who has gone is here since %s", at)
		}
		time.Sleep(time.Minute)
		back := time.Now()
		w.join(1, 1)
		time.Sleep(time.Second)
		if at, _ := w.Since(1); !at.Equal(back) {
			t.Errorf("who has come back is here since %s, want %s", at, back)
		}
	})
}

// TestDrainEndsEverybodyAndAdmitsNobody shows contract 19: whoever is here is told of the end, and
// nobody comes in any more.
func TestDrainEndsEverybodyAndAdmitsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		quick, slow := w.join(1, 1), w.join(2, 2)
		quick.onEnd = func() { w.Leave(quick) }
		slow.onEnd = func() { time.Sleep(3 * time.Second); w.Leave(slow) }
		w.Leave(w.join(4, 4)) // Whose ten seconds end after everything is closed.
		w.told()
		began := time.Now()
		w.Drain(t.Context())
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("waited %v, want until the last has left", took)
		}
		check(t, "quick", quick.reasons(), []Reason{Restarting})
		check(t, "slow", slow.reasons(), []Reason{Restarting})
		if w.Join(t.Context(), &session{}, chat.User{ID: 3}, chat.SessionID{3}) {
			t.Error("somebody was admitted")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		check(t, "told of presence", w.told(), []coming(nil))
		w.Drain(t.Context())
	})
}

// TestDrainWaitsNoLongerThanItsContext shows contract 19: nobody keeps the node from ending.
func TestDrainWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		stuck := w.join(1, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		w.Drain(ctx)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("waited %v, want 5s", took)
		}
		w.Leave(stuck)
		newWorld(t, new(bus.Memory).Join).Drain(ctx)
	})
}

// For the race detector: everything at once.
func TestManyComeAndGoAtOnce(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	steady := w.join(1, 1)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				who := chat.UserID(n%5 + 1)
				s := &session{}
				w.Join(t.Context(), s, chat.User{ID: who}, chat.SessionID{byte(i)})
				w.Watch(t.Context(), s, []chat.UserID{1, who})
				w.publish("x", bus.Person(who), bus.Presence(who))
				w.EndSession(chat.SessionID{byte(i)})
				w.Online(who)
				w.Everybody()
				w.Leave(s)
				w.Watch(t.Context(), s, []chat.UserID{1})
			}
		})
	}
	wg.Wait()
	if got, want := len(steady.got()), 8*40; got != want {
		t.Errorf("the one who stayed got %d frames, want %d", got, want)
	}
	if w.Count() != 1 || len(w.watchers) != 0 || len(w.sessions) != 1 {
		t.Errorf("left behind: %d members, %d watched, %d sessions", w.Count(), len(w.watchers), len(w.sessions))
	}
	w.Leave(steady)
	w.Drain(t.Context())
}
