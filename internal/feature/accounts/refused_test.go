package accounts

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/limit"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// office is a service in simulated time, with the account "owner".
type office struct {
	*Service
	t     *testing.T
	owner chat.User
}

func inOffice(t *testing.T, limits *Limits, test func(t *testing.T, o *office)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		h := hub.New(new(bus.Memory).Join, nil, slog.New(slog.DiscardHandler))
		s := New(db, auth.NewGuard(db, nil, false, time.Now), h, Options{Limits: limits, Log: slog.New(slog.DiscardHandler), Now: time.Now})
		o := &office{Service: s, t: t}
		if o.owner, err = s.Create(t.Context(), "owner", "", "", "correct horse"); err != nil {
			t.Fatal(err)
		}
		test(t, o)
	})
}

func (o *office) attempt(name, password, address string) chat.Code {
	_, _, err := o.SignIn(context.Background(), SignInCommand{Username: name, Password: password, Origin: Origin{Address: address}})
	return chat.CodeOf(err)
}

// told returns the entries of some action, the oldest first, as user and address.
func (o *office) told(action chat.AuditAction) string {
	o.t.Helper()
	entries, err := o.db.Audit(o.t.Context(), 0, time.Time{}, 10_000)
	if err != nil {
		o.t.Fatal(err)
	}
	var lines []string
	for _, e := range slices.Backward(entries) {
		if e.Action == action {
			lines = append(lines, fmt.Sprintf("%d from %s", e.User, e.Address))
		}
	}
	return strings.Join(lines, ", ")
}

func TestASignInThatAPasswordChangeOvertookIsAudited(t *testing.T) {
	inOffice(t, &Limits{}, func(t *testing.T, o *office) {
		another, err := o.Hash(t.Context(), "battery staple")
		if err != nil {
			t.Fatal(err)
		}
		for range cap(o.hashers) { // The attempt has read the old password and waits to compare it.
			o.hashers <- struct{}{}
		}
		refused := make(chan chat.Code)
		go func() { refused <- o.attempt("owner", "correct horse", "home") }()
		synctest.Wait()
		if err := o.db.Update(t.Context(), func(tx *store.Tx) error { return tx.SetPassword(t.Context(), o.owner.ID, another) }); err != nil {
			t.Fatal(err)
		}
		for range cap(o.hashers) {
			<-o.hashers
		}
		if got := <-refused; got != chat.Unauthenticated {
			t.Errorf("got %q, want unauthenticated", got)
		}
		if got, want := o.told(chat.AuditSignInFailed), fmt.Sprintf("%d from home", o.owner.ID); got != want {
			t.Errorf("failed: %q, want %q", got, want)
		}
		if got := o.told(chat.AuditSignedIn); got != "" {
			t.Errorf("signed in: %q, want nobody", got)
		}
	})
}

// sized are limits of the sizes that the tests name.
func sized(address, name int) *Limits {
	return &Limits{
		SignIn: limit.New(time.Hour, address, time.Now), Guess: limit.New(time.Hour, name, time.Now), Noted: limit.New(time.Minute, 1, time.Now),
	}
}

// Whoever goes on trying fills the limit, and not the audit log.
func TestAttemptsThatAreTooManyAreAuditedOnceAMinute(t *testing.T) {
	inOffice(t, sized(2, 1000), func(t *testing.T, o *office) {
		for minute := range 3 {
			for i := range 200 {
				o.attempt(fmt.Sprintf("name%d", i), "guess", "attacker")
			}
			if minute == 0 {
				for range 5 {
					o.attempt("owner", "guess", "other")
				}
			}
			time.Sleep(time.Minute)
		}
		want := fmt.Sprintf("0 from attacker, %d from other, 0 from attacker, 0 from attacker", o.owner.ID)
		if got := o.told(chat.AuditSignInLimited); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestANameGuessedAtFromManyAddressesIsAuditedOnceAMinute(t *testing.T) {
	inOffice(t, sized(2, 1), func(t *testing.T, o *office) {
		for _, name := range []string{"owner", "OWNER", " owner", "nobody", "no name at all!"} {
			for i := range 20 {
				o.attempt(name, "guess", fmt.Sprintf("attacker%d.%d", i, len(name)))
			}
		}
		// Of each name the first one was looked at; that the owner's is typed in capitals, or behind a blank, is the
		// same. What cannot be a name nobody guesses at.
		want := fmt.Sprintf("%d from attacker1.5, 0 from attacker1.6", o.owner.ID)
		if got := o.told(chat.AuditSignInLimited); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestARefusalStandsThatCannotBeAudited(t *testing.T) {
	inOffice(t, sized(1, 1000), func(t *testing.T, o *office) {
		o.attempt("owner", "guess", "attacker")
		if err := o.db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := o.attempt("owner", "correct horse", "attacker"); got != chat.RateLimited {
			t.Errorf("got %q, want rate_limited", got)
		}
	})
}

// Bug: each text that strangers typed for a name, of any length, became a key of the limits.
func TestWhatCannotBeANameIsOneKeyOfItsAddress(t *testing.T) {
	inOffice(t, sized(1000, 2), func(t *testing.T, o *office) {
		for i, name := range []string{"", "a@example.com", strings.Repeat("n", 10_000), "no name at all!"} {
			want := chat.Unauthenticated
			if i >= 2 {
				want = chat.RateLimited
			}
			if got := o.attempt(name, "guess", "attacker"); got != want {
				t.Errorf("attempt %d: got %q, want %q", i+1, got, want)
			}
		}
		// Others who mistype their name are told so all the same.
		if got := o.attempt("me@example.com", "correct horse", "home"); got != chat.Unauthenticated {
			t.Errorf("from another address: got %q, want unauthenticated", got)
		}
		if got := o.attempt("owner", "correct horse", "attacker"); got != "" {
			t.Errorf("a name from the same address: got %q", got)
		}
	})
}
