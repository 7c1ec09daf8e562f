package hub

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// TestARevokedSessionEndsOnEachNode shows contract 21 for several nodes: the word goes over the
// bus, and nobody else's sockets end.
func TestARevokedSessionEndsOnEachNode(t *testing.T) {
	var memory bus.Memory
	here, there := newWorld(t, memory.Join), newWorld(t, memory.Join)
	mine, theirs, phone, other := here.join(1, 1), there.join(1, 1), there.join(1, 2), there.join(2, 3)
	here.Revoke(1, chat.SessionID{1}, chat.SessionID{99})
	check(t, "the socket here", slices.Compact(mine.reasons()), []Reason{SessionEnded})
	check(t, "the socket there", theirs.reasons(), []Reason{SessionEnded})
	check(t, "another session of theirs", phone.reasons(), []Reason(nil))
	check(t, "somebody else", other.reasons(), []Reason(nil))
	check(t, "frames", phone.got(), []string(nil))
}

func TestWhoIsAtAnotherNodeIsSaidWhenAsked(t *testing.T) {
	var memory bus.Memory
	here, there := newWorld(t, memory.Join), newWorld(t, memory.Join)
	there.join(1, 1)
	there.told()
	here.Ask(t.Context(), 1, 2)
	if said := there.told(); len(said) != 1 || said[0].Who != 1 || !said[0].Online {
		t.Errorf("there %v was said", said)
	}
	check(t, "said here", here.told(), []coming(nil))
	for range 4 * askBurst {
		here.Ask(t.Context(), 1)
	}
	if n := len(there.told()); n < askBurst/2 || n > 3*askBurst {
		t.Errorf("%d questions at once were answered %d times", 4*askBurst, n)
	}
}

func TestTheSessionsOfAllSocketsAreToldOnce(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	w.join(1, 1)
	w.join(1, 1)
	if got := w.Sessions(); len(got) != 1 || got[0] != (chat.SessionID{1}) {
		t.Errorf("got %v", got)
	}
}

// Whoever leaves one node while they are at another is still there: the other one says so to
// those who were told that they went.
func TestWhoLeavesOneNodeIsSaidToBeHereByTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var memory bus.Memory
		here, there := newWorld(t, memory.Join), newWorld(t, memory.Join)
		leaves := here.join(1, 1)
		there.join(1, 2)
		here.told()
		there.told()
		here.Leave(leaves)
		time.Sleep(chat.OfflineAfter) // simulated
		synctest.Wait()
		if told := here.told(); len(told) != 1 || told[0].Online {
			t.Errorf("here %v was told", told)
		}
		if told := there.told(); len(told) != 1 || !told[0].Online {
			t.Errorf("there %v was told, want that they are here", told)
		}
	})
}

// A node that was killed says nothing of its people: those who watch them elsewhere are told
// within half a minute, and those of a node that lives are asked about without being told again.
func TestWhoseNodeWasKilledIsSaidToBeAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var memory bus.Memory
		here, there := newWorld(t, memory.Join), newWorld(t, memory.Join)
		relay := NewRelay(there.Bus(), nil, there.log)
		defer relay.Stop()
		there.presence = func(who chat.UserID, online bool, at time.Time) {
			relay.Signal(chat.PresenceChanged{User: who, Online: online, LastSeen: at})
		}
		watcher := here.join(9, 9)
		here.Watch(t.Context(), watcher, []chat.UserID{1, 2})
		there.join(1, 1)
		relay.Signal(chat.PresenceChanged{User: 2, Online: true}) // of a node that is killed now
		if got := watcher.got(); len(got) != 2 || !here.Online(1) || !here.Online(2) {
			t.Fatalf("told %v", got)
		}
		// While nobody can answer, nobody is gone.
		for range 20 {
			time.Sleep(5 * time.Second)
			here.Trust()
		}
		began := time.Now()
		var told []string
		for len(told) == 0 && time.Since(began) < time.Minute {
			time.Sleep(5 * time.Second)
			here.Review(t.Context())
			told = watcher.got()
		}
		if took := time.Since(began); took > 30*time.Second || len(told) != 1 || !strings.Contains(told[0], `"user_id":2,"online":false`) {
			t.Errorf("after %s %v is told", took, told)
		}
		if here.Online(2) || !here.Online(1) {
			t.Error("who is where?")
		}
		for range 20 {
			time.Sleep(5 * time.Second)
			here.Review(t.Context())
		}
		check(t, "told of who is still there", watcher.got(), []string(nil))
		// They come back, somewhere.
		relay.Signal(chat.PresenceChanged{User: 2, Online: true})
		if got := watcher.got(); len(got) != 1 || !here.Online(2) {
			t.Errorf("told %v", got)
		}
		here.Watch(t.Context(), watcher, nil)
		if here.Online(2) {
			t.Error("who is watched by nobody is remembered")
		}
	})
}

// Who keeps to themselves that they are here is told to nobody, here or elsewhere, and hears of
// nobody; and all of it again when they show it.
func TestWhoKeepsThatTheyAreHereIsToldOfAtNoNode(t *testing.T) {
	var memory bus.Memory
	here, there := newWorld(t, memory.Join), newWorld(t, memory.Join)
	relay := NewRelay(here.Bus(), nil, here.log)
	defer relay.Stop()
	for _, w := range []*world{here, there} {
		w.presence = func(who chat.UserID, online bool, at time.Time) {
			if !w.Keeps(who) {
				relay.Signal(chat.PresenceChanged{User: who, Online: online, LastSeen: at})
			}
		}
	}
	online := func(user int) string {
		return fmt.Sprintf(`"presence","user_id":%d,"online":true`, user)
	}
	hears := func(what string, s *session, want ...string) {
		t.Helper()
		got := s.got()
		if len(got) != len(want) {
			t.Errorf("%s: got %v, want %v", what, got, want)
			return
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
		}
	}
	watcher := here.join(9, 9)
	here.Watch(t.Context(), watcher, []chat.UserID{1, 2})
	keeps := there.join(1, 1)
	there.Watch(t.Context(), keeps, []chat.UserID{2, 9})
	hears("the watcher, when somebody comes", watcher, online(1))
	relay.Signal(chat.PrivacyChanged{User: 1, HidesSeen: true})
	relay.Signal(chat.PresenceChanged{User: 1})
	hears("the watcher, when they hide", watcher, `"privacy"`, `"online":false,"last_seen":null`)
	hears("the one who hides", keeps, `"privacy"`)
	if here.Online(1) || there.Online(1) {
		t.Error("who hides is said to be here")
	}
	here.Ask(t.Context(), 1)
	there.Watch(t.Context(), keeps, []chat.UserID{2, 9})
	second := here.join(2, 2)
	hears("the watcher, when somebody else comes", watcher, online(2))
	hears("the one who hides", keeps)
	relay.Signal(chat.PrivacyChanged{User: 1})
	hears("the watcher, when they show it again", watcher, online(1), `"privacy"`)
	there.Watch(t.Context(), keeps, []chat.UserID{2})
	here.Leave(second)
	relay.Signal(chat.PresenceChanged{User: 2})
	hears("the one who hid", keeps, `"privacy"`, `"user_id":2`)
	if !here.Online(1) || !there.Online(1) {
		t.Error("who shows it again is not said to be here")
	}
	// Whoever comes hiding is not told of from the beginning, and a lost word is made up for.
	hidden := &session{}
	there.Join(t.Context(), hidden, chat.User{ID: 3, HidesSeen: true}, chat.SessionID{3})
	here.Watch(t.Context(), watcher, []chat.UserID{3})
	here.Ask(t.Context(), 3)
	hears("the watcher, of one who came hiding", watcher, `"user_id":2`)
	there.Keep(3, false, time.Now())
	there.Keep(3, false, time.Now())
	hears("the watcher, once they do not hide", watcher, online(3))
	// What was asked before they said so comes too late.
	asked := time.Now()
	relay.Signal(chat.PrivacyChanged{User: 3, HidesSeen: true})
	there.Keep(3, false, asked)
	hears("the watcher, when they hide again", watcher, `"privacy"`)
	if !there.Keeps(3) {
		t.Error("an older answer goes before what somebody has just said")
	}
}
