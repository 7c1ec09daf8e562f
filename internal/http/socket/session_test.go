package socket_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/feature/accounts"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/socket"
	"swapnest/internal/store"
	"swapnest/internal/testkit/apptest"
)

func TestWhoMayNotEnterIsToldByTheCloseCode(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		for _, test := range []struct {
			name  string
			start socket.Start
			want  int
		}{
			{"signed out", socket.Start{Err: auth.ErrSignedOut}, 4401},
			{"a session that has ended meanwhile", socket.Start{Who: auth.Identity{User: w.buyer.User}}, 4401},
			{"a stranger", socket.Start{Who: w.stranger, Only: w.conversation}, 4404},
			{"no such conversation", socket.Start{Who: w.buyer, Only: w.conversation + 1}, 4404},
			{"no id at all", socket.Start{Who: w.buyer, Only: -1}, 4404},
			{"the database is down", socket.Start{Who: w.buyer, Err: context.DeadlineExceeded}, 1013},
		} {
			s := w.Pipe(t, test.start)
			if got := s.Closed(); got != test.want {
				t.Errorf("%s: closed with %d, want %d", test.name, got, test.want)
			}
			if rest := s.Rest(); len(rest) != 0 {
				t.Errorf("%s: got %v", test.name, rest)
			}
		}
	})
}

// TestCommandsOfAStrangerOnTheOpenSocket shows contract 21: rights are checked for each command.
func TestCommandsOfAStrangerOnTheOpenSocket(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.stranger)
		s.Wait("hello")
		for _, command := range []string{
			`{"type":"send","conversation_id":1,"client_id":"x","message":"hi"}`,
			`{"type":"open","conversation_id":1}`,
			`{"type":"open","conversation_id":1,"after":0}`,
			`{"type":"typing","conversation_id":1,"typing":true}`,
			`{"type":"read","conversation_id":1,"seq":1}`,
			`{"type":"delivered","conversation_id":1,"seq":1}`,
		} {
			s.Send("%s", command)
			foreign := s.Wait("error")
			s.Send("%s", strings.Replace(command, `_id":1`, `_id":4711`, 1))
			missing := s.Wait("error")
			if foreign["code"] != "not_found" || missing["code"] != "not_found" || foreign["detail"] != missing["detail"] {
				t.Errorf("%s: foreign %v, missing %v", command, foreign, missing)
			}
		}
		if c := mustConversation(t, w); c.Head != 1 {
			t.Errorf("head %d, want 1", c.Head)
		}
	})
}

// TestSessionEndClosesItsSocketsAndNoOthers shows contract 21: logging out ends the sockets of
// that session.
func TestSessionEndClosesItsSocketsAndNoOthers(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		again, _ := w.SignIn(t, w.town.Buyer)
		here, there := w.all(w.buyer), w.all(again)
		here.Wait("hello")
		there.Wait("hello")
		if err := w.Accounts.SignOut(t.Context(), w.buyer.Session, accounts.Origin{}); err != nil {
			t.Fatal(err)
		}
		if got := here.Closed(); got != 4401 {
			t.Errorf("closed with %d, want 4401", got)
		}
		there.Send(`{"type":"ping"}`)
		there.Wait("pong")
	})
}

func TestSessionThatExpiresClosesItsSocket(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		// Towards the end of a session that is not used by anything but this socket.
		w.buyer.Session.ExpiresAt = time.Now().Add(time.Hour)
		err := w.DB.Update(t.Context(), func(tx *store.Tx) error {
			return tx.ExtendSession(t.Context(), w.buyer.Session.ID, w.buyer.Session.ExpiresAt)
		})
		if err != nil {
			t.Fatal(err)
		}
		s := w.all(w.buyer)
		s.Wait("hello")
		time.Sleep(59 * time.Minute) // simulated
		s.Send(`{"type":"ping"}`)
		s.Wait("pong")
		time.Sleep(2 * time.Minute)
		if got := s.Closed(); got != 4401 {
			t.Errorf("closed with %d, want 4401", got)
		}
	})
}

// TestASessionThatEndsElsewhereClosesItsSocket shows contract 21: rights are looked at again: the
// process that ends the session may have no sockets, as the command line or another node.
func TestASessionThatEndsElsewhereClosesItsSocket(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		idle, busy := w.all(w.buyer), w.all(w.buyer)
		idle.Wait("hello")
		busy.Wait("hello")
		err := w.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.DeleteSession(t.Context(), w.buyer.Session.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second) // simulated
		busy.Send(`{"type":"send","conversation_id":%d,"client_id":"late","message":"hi"}`, w.conversation)
		for name, s := range map[string]*apptest.Socket{"busy": busy, "idle": idle} {
			if got := s.Closed(); got != 4401 {
				t.Errorf("the %s one was closed with %d, want 4401", name, got)
			}
		}
		if c := mustConversation(t, w); c.Head != 1 {
			t.Errorf("head %d, want 1: nothing is sent without a session", c.Head)
		}
	})
}

// TestControlFramesDoNotKeepAnEndedSession shows contract 21: control frames and endless fragments
// are no commands, and keep nobody here.
func TestControlFramesDoNotKeepAnEndedSession(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.all(w.buyer)
		s.Wait("hello")
		err := w.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.DeleteSession(t.Context(), w.buyer.Session.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var pings sync.WaitGroup
		pings.Go(func() {
			for range 30 {
				s.Write(ws.NewPingFrame(nil))
				time.Sleep(time.Second) // simulated
			}
		})
		start := time.Now()
		if got := s.Closed(); got != 4401 || time.Since(start) > 10*time.Second {
			t.Errorf("closed with %d after %s, want 4401 within 10 s", got, time.Since(start))
		}
		pings.Wait()
	})
}
