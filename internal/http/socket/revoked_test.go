package socket_test

import (
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/feature/accounts"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/socket"
	"swapnest/internal/store"
	"swapnest/internal/testkit/apptest"
)

const secret = "correct horse battery"

// member registers somebody with a password, signed in on n devices.
func (w *world) member(n int) []auth.Identity {
	w.t.Helper()
	u, _, err := w.Accounts.Register(w.t.Context(), accounts.RegisterCommand{Username: "meera", Password: secret, Origin: accounts.Origin{Address: "192.0.2.1"}})
	if err != nil {
		w.t.Fatal(err)
	}
	all := make([]auth.Identity, n)
	for i := range all {
		all[i], _ = w.SignIn(w.t, u)
		time.Sleep(time.Second) // simulated: the devices are told apart by when they came
	}
	return all
}

// TestSessionsEndTheirSocketsWithinASecond shows contract 21: whatever ends a session ends its
// sockets. They say nothing by themselves, and the time is simulated: nothing else can have ended
// them.
func TestSessionsEndTheirSocketsWithinASecond(t *testing.T) {
	type ends struct {
		name  string
		end   func(w *world, here auth.Identity, there auth.Identity) error
		here  bool // whether the session that does it ends, too
		after time.Duration
	}
	for _, test := range []ends{
		{"logging out", func(w *world, _, there auth.Identity) error {
			return w.Accounts.SignOut(w.t.Context(), there.Session, accounts.Origin{})
		}, false, 0},
		{"a new password", func(w *world, here, _ auth.Identity) error {
			return w.Accounts.ChangePassword(w.t.Context(), here.Session, secret, "another "+secret, accounts.Origin{})
		}, false, 0},
		{"a new password by whoever runs the site", func(w *world, _, _ auth.Identity) error {
			return w.Accounts.SetPassword(w.t.Context(), "meera", "another "+secret)
		}, true, 0},
		{"ending a device", func(w *world, here, there auth.Identity) error {
			devices, err := w.Accounts.Devices(w.t.Context(), there.Session)
			for _, d := range devices {
				if d.Current {
					return w.Accounts.EndDevice(w.t.Context(), here.User.ID, d.ID, accounts.Origin{})
				}
			}
			return err
		}, false, 0},
		{"ending all other devices", func(w *world, here, _ auth.Identity) error {
			return w.Accounts.EndOtherDevices(w.t.Context(), here.Session, accounts.Origin{})
		}, false, 0},
		{"closing the account", func(w *world, here, _ auth.Identity) error {
			return w.Accounts.Close(w.t.Context(), here.User.ID, secret, accounts.Origin{})
		}, true, 0},
		{"its time", func(w *world, _, there auth.Identity) error {
			return w.DB.Update(w.t.Context(), func(tx *store.Tx) error {
				return tx.ExtendSession(w.t.Context(), there.Session.ID, there.Session.ExpiresAt)
			})
		}, false, time.Hour},
		{"its time, soon after it was looked up", func(w *world, _, there auth.Identity) error {
			return w.DB.Update(w.t.Context(), func(tx *store.Tx) error {
				return tx.ExtendSession(w.t.Context(), there.Session.ID, there.Session.ExpiresAt)
			})
		}, false, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			simulated(t, nil, func(t *testing.T, w *world) {
				devices := w.member(2)
				here, there := devices[0], devices[1]
				if test.after > 0 {
					there.Session.ExpiresAt = time.Now().Add(test.after)
				}
				stranger := w.all(w.stranger)
				staying, leaving := w.all(here), []*apptest.Socket{w.all(there), w.all(there)}
				for _, s := range append(leaving, staying, stranger) {
					s.Wait("hello")
				}
				if err := test.end(w, here, there); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.after)
				began := time.Now()
				if test.here {
					leaving = append(leaving, staying)
				}
				for i, s := range leaving {
					if got := s.Closed(); got != 4401 || time.Since(began) > time.Second {
						t.Errorf("socket %d: closed with %d after %s, want 4401 within a second", i, got, time.Since(began))
					}
				}
				stranger.Send(`{"type":"ping"}`)
				stranger.Wait("pong")
				if !test.here {
					staying.Send(`{"type":"ping"}`)
					staying.Wait("pong")
				}
			})
		})
	}
}

// A session that is used somewhere else slides on, and takes its silent sockets with it.
func TestASessionThatSlidesOnKeepsItsSilentSockets(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		extend := func(until time.Time) {
			err := w.DB.Update(t.Context(), func(tx *store.Tx) error { return tx.ExtendSession(t.Context(), w.buyer.Session.ID, until) })
			if err != nil {
				t.Fatal(err)
			}
		}
		w.buyer.Session.ExpiresAt = time.Now().Add(time.Hour)
		extend(w.buyer.Session.ExpiresAt)
		s := w.all(w.buyer)
		s.Wait("hello")
		time.Sleep(50 * time.Minute) // simulated, with pings and pongs
		extend(time.Now().Add(24 * time.Hour))
		time.Sleep(time.Hour)
		s.Send(`{"type":"ping"}`)
		s.Wait("pong")
	})
}

// TestAnExpiredSessionIsAskedAboutInTurnsWhileTheDatabaseIsDown shows contract 22: nothing is
// known of a session while the database is down: the socket stays, and does not ask without a
// pause.
func TestAnExpiredSessionIsAskedAboutInTurnsWhileTheDatabaseIsDown(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		w.buyer.Session.ExpiresAt = time.Now().Add(time.Minute)
		s := w.all(w.buyer)
		s.Wait("hello")
		if err := w.DB.Close(); err != nil {
			t.Fatal(err)
		}
		// Were it asked without a pause, simulated time would stand still here.
		time.Sleep(2 * time.Minute)
		s.Send(`{"type":"ping"}`)
		s.Wait("pong")
	})
}

// A ticket is as good as its session, and no longer.
func TestATicketOfAnEndedSessionOpensNothing(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		ticket, err := w.Accounts.Ticket(t.Context(), w.buyer.Session.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Accounts.SignOut(t.Context(), w.buyer.Session, accounts.Origin{}); err != nil {
			t.Fatal(err)
		}
		who, err := w.Guard.ByTicket(t.Context(), ticket)
		s := w.Pipe(t, socket.Start{Who: who, Err: err})
		if got := s.Closed(); got != 4401 {
			t.Errorf("closed with %d, want 4401", got)
		}
		synctest.Wait()
	})
}
