package store_test

import (
	"testing"

	"swapnest/internal/testkit"
)

func TestASecretIsMadeOnceAndStays(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		one := d.Open(t, nil)
		secret, err := one.Secret(t.Context(), "mail")
		if err != nil || len(secret) != 26 {
			t.Fatalf("got %d characters, %v, want 26", len(secret), err)
		}
		other, err := one.Secret(t.Context(), "push")
		if err != nil || other == secret {
			t.Errorf("another name has the same secret, %v", err)
		}
		if err := one.Close(); err != nil {
			t.Fatal(err)
		}
		if again, err := d.Open(t, nil).Secret(t.Context(), "mail"); err != nil || again != secret {
			t.Errorf("after a restart it is another one, %v", err)
		}
	})
}
