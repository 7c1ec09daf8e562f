package store_test

import (
	"testing"
	"time"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func held(t *testing.T, l *store.Lease) bool {
	t.Helper()
	held, err := l.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func TestALeaseIsHeldByOneNodeAtATime(t *testing.T) {
	d := testkit.PostgreSQL(t)
	now := time.Now()
	clock := func() time.Time { return now }
	node := func(dir, name string) *store.Lease {
		t.Helper()
		db, err := store.Open(t.Context(), store.Options{URL: d.URL(), Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return store.LeaseWith(db.Lease(name), clock)
	}
	dir := t.TempDir()
	one, two, other := node(dir, "shelf"), node(t.TempDir(), "shelf"), node(t.TempDir(), "another")
	if !held(t, one) || held(t, two) || !held(t, other) {
		t.Fatal("the first to ask holds it, and nobody else")
	}
	if !held(t, node(dir, "shelf")) {
		t.Error("who was killed and is started again does not hold what it held")
	}
	now = now.Add(9 * time.Second) // both ask again
	if !held(t, one) || held(t, two) {
		t.Error("who renews it keeps it")
	}

	// Given back, it is another's at once, or once that asks again.
	if err := one.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if held(t, two) {
		t.Error("who was refused asks again at once")
	}
	now = now.Add(time.Second)
	if !held(t, two) || held(t, one) {
		t.Error("what was given back is not the other's")
	}

	// A holder that is gone loses it when its time is over by the clock of the database.
	store.ExpireLease(t, two)
	now = now.Add(time.Second)
	if !held(t, one) {
		t.Error("it stays with who has not renewed it")
	}
	now = now.Add(9 * time.Second)
	if held(t, two) {
		t.Error("who comes back takes it from its successor")
	}
	// Who has lost it gives nothing back.
	if err := two.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(9 * time.Second)
	if !held(t, one) {
		t.Error("it was taken from its holder")
	}
}

func TestALeaseIsNotHeldWhileTheDatabaseIsAway(t *testing.T) {
	d := testkit.PostgreSQL(t)
	now := time.Now()
	db := d.Open(t, nil)
	l := store.LeaseWith(db.Lease("shelf"), func() time.Time { return now })
	if !held(t, l) {
		t.Fatal("nobody else asks")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if !held(t, l) {
		t.Error("it lasts longer than that")
	}
	now = now.Add(4 * time.Second)
	if got, err := l.Held(t.Context()); got || err == nil {
		t.Errorf("held %v, error %v", got, err)
	}
}

func TestTheOneProcessOfASQLiteHoldsEveryLease(t *testing.T) {
	l := testkit.SQLite(t).Open(t, nil).Lease("shelf")
	if !held(t, l) || l.Release(t.Context()) != nil || !held(t, l) {
		t.Error("it does not")
	}
}
