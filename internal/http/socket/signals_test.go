package socket_test

import (
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit/apptest"
)

func TestPresenceIsToldToThoseWhoWatch(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		watcher, other := w.all(w.buyer), w.all(w.stranger)
		watcher.Wait("hello")
		other.Wait("hello")
		watcher.Send(`{"type":"watch","user_ids":[%d,4711]}`, w.seller.User.ID)
		if f := watcher.Wait("presence"); f["online"] != false || f["user_id"] != float64(w.seller.User.ID) {
			t.Errorf("at first: %v", f)
		}
		seller := w.all(w.seller)
		if f := watcher.Wait("presence"); f["online"] != true {
			t.Errorf("after coming: %v", f)
		}
		seller.Drop()
		time.Sleep(5 * time.Second)
		back := w.all(w.seller) // a blink
		back.Wait("hello")
		time.Sleep(time.Minute)
		if rest := watcher.Rest(); len(rest) != 0 {
			t.Errorf("a blink was told: %v", rest)
		}
		back.Drop()
		left := time.Now()
		f := watcher.Wait("presence")
		if f["online"] != false || time.Since(left) != chat.OfflineAfter {
			t.Errorf("%s after leaving: %v", time.Since(left), f)
		}
		if seen, _ := f["last_seen"].(string); seen == "" {
			t.Errorf("last_seen: %v", f["last_seen"])
		}
		if rest := other.Rest(); len(rest) != 0 {
			t.Errorf("somebody who does not watch got %v", rest)
		}
	})
}

// TestADeadLineIsToldToThoseWhoWatchWithin40Seconds has the seller's line die without a word:
// nothing comes of it any more, and no end either.
func TestADeadLineIsToldToThoseWhoWatchWithin40Seconds(t *testing.T) {
	for range 8 { // how long it is waited is chance
		simulated(t, nil, func(t *testing.T, w *world) {
			watcher, seller := w.all(w.buyer), w.all(w.seller)
			seller.Wait("hello")
			watcher.Send(`{"type":"watch","user_ids":[%d]}`, w.seller.User.ID)
			if f := watcher.Wait("presence"); f["online"] != true {
				t.Fatalf("at first: %v", f)
			}
			heard := time.Now()
			seller.Mute()
			f := <-watcher.Frames() // whenever it comes
			if took := time.Since(heard); f["online"] != false || took < 25*time.Second || took > 40*time.Second {
				t.Errorf("after %s: %v, want away within 40 s", took, f)
			}
			if seen, err := time.Parse(time.RFC3339, f["last_seen"].(string)); err != nil || seen.After(heard.Add(time.Second)) {
				t.Errorf("last seen at %s (%v), want when they were heard last, %s", seen, err, heard)
			}
		})
	}
}

func TestTypingEndsWhenTheLineDrops(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s, other := w.one(w.buyer, nil), w.one(w.seller, nil)
		s.Wait("hello")
		other.Wait("hello")
		for range 50 { // the original says it at each key
			s.Send(`{"typing":true}`)
		}
		synctest.Wait()
		if rest := apptest.Types(other.Rest()); rest != "typing" {
			t.Errorf("fifty keys at once were passed on as %q", rest)
		}
		s.Drop()
		if f := other.Wait("typing"); f["is_typing"] != false {
			t.Errorf("after the drop: %v", f)
		}
	})
}

// TestReadMovesTicksAndCounts shows contract 16: a read cursor moves forward alone.
func TestReadMovesTicksAndCounts(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		buyer, seller := w.all(w.buyer), w.one(w.seller, nil)
		buyer.Wait("hello")
		seller.Wait("hello")
		seller.Send(`{"type":"read","seq":99}`) // beyond the head counts as the head
		for _, s := range []*apptest.Socket{buyer, seller} {
			if f := s.Wait("read"); f["seq"] != 1.0 || f["user_id"] != float64(w.seller.User.ID) || f["conversation_id"] != float64(w.conversation) {
				t.Errorf("read: %v", f)
			}
		}
		seller.Send(`{"type":"read","seq":1}`)
		synctest.Wait()
		if rest := append(buyer.Rest(), seller.Rest()...); len(rest) != 0 {
			t.Errorf("a cursor that did not move was told: %v", rest)
		}
		if hello := w.all(w.seller).Next(); hello["unread"] != 0.0 {
			t.Errorf("unread %v, want 0", hello["unread"])
		}
	})
}

// TestTypingFromManySocketsIsDroppedSilently shows contract 11: only hints are dropped.
func TestTypingFromManySocketsIsDroppedSilently(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		other := w.one(w.seller, nil)
		other.Wait("hello")
		for range 20 {
			s := w.one(w.buyer, nil)
			s.Wait("hello")
			for range 10 {
				s.Send(`{"typing":true}`)
				s.Send(`{"typing":false}`)
			}
			s.Send(`{"type":"ping"}`)
			if f := s.Wait("pong", "error"); f.Type() == "error" {
				t.Fatalf("got %v", f)
			}
		}
		synctest.Wait()
		if n := len(other.Rest()); n > 6 {
			t.Errorf("400 frames of typing were passed on as %d, want at most 6", n)
		}
	})
}
