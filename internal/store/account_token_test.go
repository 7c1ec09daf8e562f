package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// desk gives out links to somebody with the address asha@example.org.
type desk struct {
	*store.DB
	t   *testing.T
	who chat.User
	now time.Time
}

const ashas = "asha@example.org"

func newDesk(t *testing.T, d *testkit.Database) *desk {
	t.Helper()
	k := &desk{DB: d.Open(t, nil), t: t, now: time.Now().Truncate(time.Microsecond)}
	k.do(func(tx *store.Tx) (err error) {
		k.who, err = tx.InsertUser(t.Context(), chat.User{Username: "asha", Name: "Asha", Email: "Asha@Example.org", CreatedAt: k.now}, "!")
		return err
	})
	return k
}

func (k *desk) do(fn func(*store.Tx) error) {
	k.t.Helper()
	if err := k.Update(k.t.Context(), fn); err != nil {
		k.t.Fatal(err)
	}
}

// give stores a link that ends after a time.
func (k *desk) give(secret string, purpose store.TokenPurpose, life time.Duration) {
	k.t.Helper()
	k.do(func(tx *store.Tx) error {
		return tx.InsertAccountToken(k.t.Context(), store.AccountToken{
			Hash: auth.Hash(secret), User: k.who.ID, Purpose: purpose, EmailKey: ashas, Created: k.now, Expires: k.now.Add(life),
		})
	})
}

// take redeems a link, and returns the code of the refusal.
func (k *desk) take(secret string, purpose store.TokenPurpose) chat.Code {
	k.t.Helper()
	err := k.Update(k.t.Context(), func(tx *store.Tx) error {
		u, err := tx.RedeemAccountToken(k.t.Context(), auth.Hash(secret), purpose, k.now)
		if err == nil && u.ID != k.who.ID {
			err = fmt.Errorf("the link of user %d is user %d's", k.who.ID, u.ID)
		}
		return err
	})
	if err != nil && chat.CodeOf(err) == "" {
		k.t.Fatal(err)
	}
	return chat.CodeOf(err)
}

func (k *desk) rename(email string) {
	k.t.Helper()
	u := k.who
	u.Email = email
	k.do(func(tx *store.Tx) error { return tx.UpdateUser(k.t.Context(), u) })
}

func TestALinkIsUsedOnceAndWithItAllOfItsKind(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		k := newDesk(t, d)
		k.give("one", store.TokenReset, time.Hour)
		k.give("two", store.TokenReset, time.Hour)
		k.give("other", store.TokenVerify, time.Hour)
		k.give("old", store.TokenReset, 0)
		for _, step := range []struct {
			secret  string
			purpose store.TokenPurpose
			want    chat.Code
		}{
			{"nothing", store.TokenReset, chat.NotFound},
			{"other", store.TokenReset, chat.NotFound}, // for something else
			{"old", store.TokenReset, chat.NotFound},   // just now
			{"one", store.TokenReset, ""},
			{"one", store.TokenReset, chat.NotFound},
			{"two", store.TokenReset, chat.NotFound},
			{"other", store.TokenVerify, ""},
		} {
			if got := k.take(step.secret, step.purpose); got != step.want {
				t.Errorf("%s for %s: got %q, want %q", step.secret, step.purpose, got, step.want)
			}
		}
	})
}

func TestOfTwoWhoUseLinksAtOnceOneDoes(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		k := newDesk(t, d)
		for round := range 5 {
			k.give(fmt.Sprint("one", round), store.TokenReset, time.Hour)
			k.give(fmt.Sprint("two", round), store.TokenReset, time.Hour)
			var done sync.WaitGroup
			var mu sync.Mutex
			codes := make(map[chat.Code]int)
			for i := range 8 {
				done.Go(func() {
					hash := auth.Hash(fmt.Sprint([]string{"one", "two"}[i%2], round))
					err := k.Update(context.Background(), func(tx *store.Tx) error {
						_, err := tx.RedeemAccountToken(context.Background(), hash, store.TokenReset, k.now)
						return err
					})
					mu.Lock()
					defer mu.Unlock()
					codes[chat.CodeOf(err)]++
					if err != nil && chat.CodeOf(err) != chat.NotFound {
						t.Error(err)
					}
				})
			}
			done.Wait()
			if codes[""] != 1 || codes[chat.NotFound] != 7 {
				t.Fatalf("got %v, want one that was taken and seven that were not there", codes)
			}
		}
	})
}

func TestALinkEndsWithTheAddressThatItWasMailedTo(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		k := newDesk(t, d)
		k.give("same", store.TokenReset, time.Hour)
		k.rename("ASHA@example.org") // in other letters, but the same
		if _, err := k.AccountToken(t.Context(), auth.Hash("same"), store.TokenReset, k.now); err != nil {
			t.Errorf("the same address: %v", err)
		}
		k.rename("other@example.org")
		if got := k.take("same", store.TokenReset); got != chat.NotFound {
			t.Errorf("another address: got %q, want not_found", got)
		}
		k.rename(ashas)
		if got := k.take("same", store.TokenReset); got != chat.NotFound {
			t.Errorf("the address from before: got %q, want not_found", got)
		}
		// One that was on its way while the address changed.
		k.rename("other@example.org")
		k.give("late", store.TokenVerify, time.Hour)
		if got := k.take("late", store.TokenVerify); got != chat.NotFound {
			t.Errorf("a late link: got %q, want not_found", got)
		}
		k.rename(ashas)
		k.give("closed", store.TokenReset, time.Hour)
		k.do(func(tx *store.Tx) error { return tx.CloseUser(t.Context(), k.who.ID, k.now) })
		if got := k.take("closed", store.TokenReset); got != chat.NotFound {
			t.Errorf("a closed account: got %q, want not_found", got)
		}
	})
}

func TestWhatIsKnownOfAnAddressEndsWithIt(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		k := newDesk(t, d)
		state := func() string {
			t.Helper()
			u, err := k.UserByEmail(t.Context(), "ASHA@example.ORG")
			if chat.CodeOf(err) == chat.NotFound {
				u, err = k.User(t.Context(), k.who.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%s %t %t", u.Email, u.EmailVerified.Equal(k.now), u.EmailBounced.Equal(k.now))
		}
		verify := func(key string) chat.Code {
			return chat.CodeOf(k.Update(t.Context(), func(tx *store.Tx) error { return tx.VerifyEmail(t.Context(), k.who.ID, key, k.now) }))
		}
		bounce := func(key string) {
			k.do(func(tx *store.Tx) error { return tx.EmailBounced(t.Context(), k.who.ID, key, k.now) })
		}
		for _, step := range []struct {
			what string
			do   func()
			want string
		}{
			{"at first", func() {}, "Asha@Example.org false false"},
			{"a bounce of another address", func() { bounce("x@example.org") }, "Asha@Example.org false false"},
			{"verified", func() { verify(ashas) }, "Asha@Example.org true false"},
			{"a bounce of it in other letters", func() { bounce(ashas) }, "Asha@Example.org true false"},
			{"bounced", func() { bounce("Asha@Example.org") }, "Asha@Example.org true true"},
			{"other letters", func() { k.rename(ashas) }, ashas + " true true"},
			{"verified again", func() { verify(ashas) }, ashas + " true false"},
			{"another address", func() { bounce(ashas); k.rename("b@example.org") }, "b@example.org false false"},
			{"the one before", func() { k.rename(ashas) }, ashas + " false false"},
			{"none", func() { k.rename("") }, " false false"},
		} {
			step.do()
			if got := state(); got != step.want {
				t.Errorf("%s: got %q, want %q", step.what, got, step.want)
			}
		}
		for _, key := range []string{ashas, ""} {
			if got := verify(key); got != chat.NotFound {
				t.Errorf("verifying %q, which is not the address: got %q, want not_found", key, got)
			}
		}
		if _, err := k.UserByEmail(t.Context(), ""); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("who has no address: %v, want nobody", err)
		}
	})
}

func TestOnlyTheTwentyBrowsersThatWereSeenLastAreKnown(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		k := newDesk(t, d)
		meet := func(n int, at time.Time) string {
			var known, seen bool
			k.do(func(tx *store.Tx) (err error) {
				known, seen, err = tx.KnowBrowser(t.Context(), k.who.ID, auth.Hash(fmt.Sprint(n)), at)
				return err
			})
			return fmt.Sprint(known, seen)
		}
		for n := range store.MaxBrowsers {
			want := "false true"
			if n == 0 {
				want = "false false"
			}
			if got := meet(n, k.now.Add(time.Duration(n)*time.Minute)); got != want {
				t.Errorf("browser %d: got %s, want %s", n, got, want)
			}
		}
		later := k.now.Add(time.Hour)
		if got := meet(0, later); got != "true true" {
			t.Errorf("the first one again: got %s", got)
		}
		meet(100, later) // and browser 1 is forgotten
		if got := meet(2, later); got != "true true" {
			t.Errorf("one that was seen after it: got %s, want it known", got)
		}
		if got := meet(1, later); got != "false true" {
			t.Errorf("the one that was longest not seen: got %s, want it forgotten", got)
		}
		k.do(func(tx *store.Tx) error { return tx.PruneBrowsers(t.Context(), later.Add(time.Second)) })
		if got := meet(2, later); got != "false false" {
			t.Errorf("after pruning: got %s, want none known", got)
		}
	})
}
