package accounts

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// An attempt to sign in takes as long as its one hash, whether there is such a name or not:
// it waits for a place to hash in all the same.
func TestEveryAttemptToSignInHashesOnce(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		h := hub.New(new(bus.Memory).Join, nil, slog.New(slog.DiscardHandler))
		s := New(db, auth.NewGuard(db, nil, false, time.Now), h, Options{Limits: &Limits{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
		if _, err := s.Create(t.Context(), "owner", "", "", "correct horse"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"owner", "nobody", "no name at all!", ""} {
			attempt := func(wait time.Duration) error {
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				defer cancel()
				_, _, err := s.SignIn(ctx, SignInCommand{Username: name, Password: "a wrong one"})
				return err
			}
			if err := attempt(time.Minute); chat.CodeOf(err) != chat.Unauthenticated {
				t.Errorf("%q: got %v", name, err)
			}
			for range cap(s.hashers) {
				s.hashers <- struct{}{}
			}
			if err := attempt(time.Second); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%q with nowhere to hash: got %v, want to wait", name, err)
			}
			for range cap(s.hashers) {
				<-s.hashers
			}
			// With room for one alone it goes through, so it hashes once at a time and no more.
			for range cap(s.hashers) - 1 {
				s.hashers <- struct{}{}
			}
			if err := attempt(time.Minute); chat.CodeOf(err) != chat.Unauthenticated {
				t.Errorf("%q with room for one: got %v", name, err)
			}
			for range cap(s.hashers) - 1 {
				<-s.hashers
			}
		}
	})
}
