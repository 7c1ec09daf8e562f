package socket_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/hub"
	"swapnest/internal/testkit/apptest"
)

// writes has somebody post n messages, a tenth of a second apart.
func (w *world) writes(t *testing.T, who auth.Identity, n int) {
	t.Helper()
	for i := range n {
		_, err := w.Messages.Send(t.Context(), who.User.ID, messaging.SendCommand{
			Conversation: w.conversation, ClientID: fmt.Sprintf("n%d.%d", time.Now().UnixNano(), i), Text: "Hi",
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// badges are the counts that the notification frames among some frames tell.
func badges(frames []apptest.Frame) []any {
	var all []any
	for _, f := range frames {
		if f.Type() == "notification" {
			all = append(all, f["unread"])
		}
	}
	return all
}

func TestWhoLooksSeesNoBadgeAndWhoIsAwaySeesExactlyOne(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		time.Sleep(5 * time.Second)
		looking, away := w.all(w.seller), w.all(w.buyer)
		if f := looking.Wait("hello"); f["unread_notifications"] != 1.0 {
			t.Errorf("of the question that waited: %v", f["unread_notifications"])
		}
		away.Wait("hello")
		looking.Send(`{"type":"read","conversation_id":%d,"seq":1}`, w.conversation)
		if f := looking.Wait("notification"); f["unread"] != 0.0 || f["notification"] != nil {
			t.Errorf("after reading it: %v", f)
		}
		var seen []apptest.Frame
		for range 10 {
			w.writes(t, w.buyer, 1)
			time.Sleep(200 * time.Millisecond) // a slow line
			frames := looking.Rest()
			looking.Send(`{"type":"read","conversation_id":%d,"seq":%v}`, w.conversation, frames[len(frames)-1]["seq"])
			w.writes(t, w.seller, 3)
			time.Sleep(2 * time.Second)
			seen = append(append(seen, frames...), looking.Rest()...)
		}
		if got := badges(seen); len(got) != 0 {
			t.Errorf("who looks was told %v", got)
		}
		frames := away.Rest()
		if got := badges(frames); len(got) != 1 || got[0] != 1.0 {
			t.Errorf("who is away was told %v, want once of one", got)
		}
		for _, f := range frames {
			n, _ := f["notification"].(map[string]any)
			if f.Type() == "notification" && (n["type"] != "new_message" || n["conversation_id"] != float64(w.conversation) || n["read"] != false) {
				t.Errorf("got %v", f)
			}
		}
	})
}

func TestANoticeComesWithinASecond(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		time.Sleep(time.Second)
		w.writes(t, w.seller, 1)
		written := time.Now().Add(-100 * time.Millisecond)
		s.Wait("notification")
		if took := time.Since(written); took > time.Second {
			t.Errorf("took %s, want at most a second", took)
		}
	})
}

func TestTheBellOfEveryDeviceIsTheSame(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		phone, desk := w.all(w.buyer), w.all(w.buyer)
		one := w.one(w.buyer, nil)
		for _, s := range []*apptest.Socket{phone, desk, one} {
			s.Wait("hello")
		}
		w.writes(t, w.seller, 2)
		for _, s := range []*apptest.Socket{phone, desk} {
			if f := s.Wait("notification"); f["unread"] != 1.0 {
				t.Errorf("got %v", f)
			}
		}
		if err := w.Notices.MarkAllRead(t.Context(), w.buyer.User.ID); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*apptest.Socket{phone, desk} {
			if f := s.Wait("notification"); f["unread"] != 0.0 || f["notification"] != nil {
				t.Errorf("after reading all: %v", f)
			}
		}
		if err := w.Notices.Clear(t.Context(), w.buyer.User.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := badges(one.Rest()); len(got) != 0 {
			t.Errorf("a socket of one conversation was told %v", got)
		}
	})
}

// Bug: a count that found a full queue was not told again before the next hello.
func TestACountThatFindsNoRoomIsToldWhenThereIs(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		time.Sleep(5 * time.Second)
		s := w.all(w.seller)
		if f := s.Wait("hello"); f["unread_notifications"] != 1.0 {
			t.Fatalf("hello tells %v unread, want 1", f["unread_notifications"])
		}
		resume := s.Pause()
		s.Send(`{"type":"ping"}`) // its reader now hangs in the pause
		synctest.Wait()
		hints := func(n int) { // hints alone: what is dropped ends no connection
			for i := range n {
				if err := w.Presence.Typing(t.Context(), w.buyer.User, w.conversation, i%2 == 0); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
		}
		hints(1) // the writer's hands are full
		hints(hub.QueueFrames + 10)
		if err := w.Notices.MarkAllRead(t.Context(), w.seller.User.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		resume()
		synctest.Wait()
		frames := s.Rest()
		if got := badges(frames); len(got) != 1 || got[0] != 0.0 || frames[len(frames)-1].Type() != "notification" {
			t.Errorf("of %d frames the counts are %v, want 0 at the end", len(frames), got)
		}
	})
}
