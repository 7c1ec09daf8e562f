package accounts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAPasswordMatchesItsHashAlone(t *testing.T) {
	h := newHashers(1)
	long := strings.Repeat("🎉", 64)
	for _, password := range []string{"swapnest-demo", "पासवर्ड है", "        ", long, "$argon2id$v=19$", "a\x00bcdefgh"} {
		phc, err := h.hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		for other, want := range map[string]bool{
			password: true, password + " ": false, strings.ToUpper(password) + "x": false, password[:len(password)-1]: false, "": false,
		} {
			got, err := h.matches(t.Context(), other, phc)
			if err != nil || got != want {
				t.Errorf("%.20q against the hash of %.20q: got %v, %v, want %v", other, password, got, err, want)
			}
		}
	}
}

func TestHashesAreSaltedPHCStrings(t *testing.T) {
	h := newHashers(1)
	one, err := h.hash(t.Context(), "the same password")
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.hash(t.Context(), "the same password")
	if err != nil {
		t.Fatal(err)
	}
	if one == two {
		t.Error("two hashes of one password are alike")
	}
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(one, want) || strings.Count(one, "$") != 5 {
		t.Errorf("got %s, want it to begin with %s", one, want)
	}
}

// Whoever signs in as nobody there is waits as long as with a wrong password: what is compared was made
// at the same cost, and matches nothing.
func TestTheDecoyCostsWhatAHashDoes(t *testing.T) {
	h := newHashers(1)
	hash, err := h.hash(t.Context(), "the same password")
	if err != nil {
		t.Fatal(err)
	}
	one, two := decoy(), decoy()
	if one == two {
		t.Error("two decoys are alike")
	}
	for _, d := range []string{one, two} {
		was, is := strings.Split(hash, "$"), strings.Split(d, "$")
		if len(is) != 6 || strings.Join(is[:4], "$") != strings.Join(was[:4], "$") || len(is[4]) != len(was[4]) || len(is[5]) != len(was[5]) {
			t.Errorf("the decoy is %s, and a hash %s", d, hash)
		}
		if ok, err := h.matches(t.Context(), "not the password of the decoy", d); err != nil || ok {
			t.Errorf("against the decoy: got %v, %v", ok, err)
		}
	}
}

// A hash that was made at another cost still counts, so that the cost can be raised.
func TestAnotherCostStillMatches(t *testing.T) {
	h := newHashers(1)
	// Of "password" with the salt "somesalt", from the reference program: m=256, t=2, p=1, 32 bytes.
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, err := h.matches(t.Context(), "password", phc); err != nil || !ok {
		t.Errorf("got %v, %v, want a match", ok, err)
	}
	if ok, err := h.matches(t.Context(), "passwort", phc); err != nil || ok {
		t.Errorf("another password: got %v, %v", ok, err)
	}
}

func TestABrokenHashIsAnErrorAndNoMatch(t *testing.T) {
	h := newHashers(1)
	for name, phc := range map[string]string{
		"nothing":            "",
		"plain text":         "secret",
		"another function":   "$2b$12$abcdefghijklmnopqrstuv",
		"argon2i":            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
		"no cost":            "$argon2id$v=19$$c29tZXNhbHQ$nf65EOgLrQMR",
		"a cost of no kind":  "$argon2id$v=19$m=x,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
		"no passes":          "$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
		"no lanes":           "$argon2id$v=19$m=256,t=2,p=0$c29tZXNhbHQ$nf65EOgLrQMR",
		"too many lanes":     "$argon2id$v=19$m=256,t=2,p=256$c29tZXNhbHQ$nf65EOgLrQMR",
		"memory without end": "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
		"passes without end": "$argon2id$v=19$m=256,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
		"another version":    "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
		"a salt of no kind":  "$argon2id$v=19$m=256,t=2,p=1$!!!$nf65EOgLrQMR",
		"a key of no kind":   "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$!!!",
		"one part too many":  "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65$x",
	} {
		t.Run(name, func(t *testing.T) {
			if ok, err := h.matches(t.Context(), "password", phc); ok || err == nil {
				t.Errorf("got %v, %v, want an error", ok, err)
			}
		})
	}
	if ok, _ := h.matches(t.Context(), "", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"); ok {
		t.Error("an empty key matches")
	}
}

func TestOnlySoManyAreHashedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHashers(2)
		h <- struct{}{}
		h <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() {
			_, err := h.hash(ctx, "one too many")
			done <- err
		}()
		synctest.Wait()
		if len(done) > 0 {
			t.Error("a third password was hashed beside two others")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the end of the context", err)
		}
		go func() {
			_, err := h.hash(t.Context(), "waits for its turn")
			done <- err
		}()
		synctest.Wait()
		if len(done) > 0 {
			t.Error("a third password was hashed beside two others")
		}
		<-h
		if err := <-done; err != nil {
			t.Errorf("after its turn came: %v", err)
		}
		if len(h) != 1 {
			t.Errorf("got %d turns taken, want the one that was left", len(h))
		}
	})
}
