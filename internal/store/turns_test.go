package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// holding has an Update of SQLite under way until what it returns is called, which waits for its end.
func holding(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- db.Update(context.Background(), func(*store.Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return func() {
		t.Helper()
		close(end)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// await returns once so many wait for their turn.
func await(t *testing.T, db *store.DB, messages, updates int) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		m, u := db.WaitingToWrite()
		if m == messages && u == updates {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%d and %d wait, want %d and %d", m, u, messages, updates)
		}
	}
}

// queued returns once so many appends at least stand in the queue.
func queued(t *testing.T, db *store.DB, n int) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); db.Queued() < n; runtime.Gosched() {
		if time.Now().After(until) {
			t.Fatalf("%d stand in the queue, want %d", db.Queued(), n)
		}
	}
}

// Bug: database/sql hands its one connection to any of those who wait for it. So a message waited behind a chance number
// of other transactions, and some of these for ever.
func TestWhoWritesToSQLiteIsServedInTurnAndMessagesFirst(t *testing.T) {
	db := testkit.SQLite(t).Open(t, nil)
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	var mu sync.Mutex
	var order []string
	note := func(who string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, who)
	}
	var wg sync.WaitGroup
	const many = 50
	want := []string{"the message"}
	release := holding(t, db)
	before := db.Pools()["write"].Waits
	for i := range many {
		want = append(want, fmt.Sprint(i))
		wg.Go(func() {
			if err := db.Update(t.Context(), func(*store.Tx) error { note(fmt.Sprint(i)); return nil }); err != nil {
				t.Error(err)
			}
		})
		await(t, db, 0, i+1)
	}
	message := post(c.ID, town.Buyer.ID, "m", "hello")
	decide := message.Decide
	message.Decide = func(thread chat.Thread) (chat.Change, error) { note("the message"); return decide(thread) }
	wg.Go(func() {
		if _, err := db.Append(t.Context(), message); err != nil {
			t.Error(err)
		}
	})
	await(t, db, 1, many)
	release()
	wg.Wait()
	if !slices.Equal(order, want) {
		t.Errorf("the order was %v", order)
	}
	if waits := db.Pools()["write"].Waits - before; waits != many+1 {
		t.Errorf("%d are said to have waited, want %d", waits, many+1)
	}
}

func TestWhoGivesUpWaitingToWriteLeavesTheLine(t *testing.T) {
	db := testkit.SQLite(t).Open(t, nil)
	release := holding(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var first, second error
	wg.Go(func() { first = db.Update(ctx, func(*store.Tx) error { return nil }) })
	await(t, db, 0, 1)
	wg.Go(func() { second = db.Update(t.Context(), func(*store.Tx) error { return nil }) })
	await(t, db, 0, 2)
	cancel()
	await(t, db, 0, 1)
	release()
	wg.Wait()
	if !errors.Is(first, context.Canceled) || second != nil {
		t.Errorf("who gave up is answered with %v, who did not with %v", first, second)
	}
	// One that came while nobody waited, and one that fails, go on in turn, too.
	gone := errors.New("gone")
	if err := db.Update(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("who had given up before is answered with %v", err)
	}
	if err := db.Update(t.Context(), func(*store.Tx) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	holding(t, db)()
}

func TestAnUpdateThatPanicsGivesItsTurnBack(t *testing.T) {
	db := testkit.SQLite(t).Open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	func() {
		defer func() { _ = recover() }()
		_ = db.Update(ctx, func(*store.Tx) error { panic("a fault") })
	}()
	cancel() // as the server does behind a request
	holding(t, db)()
}

func TestWhoFindsTooManyWaitingToWriteIsRefused(t *testing.T) {
	db := testkit.SQLite(t).Open(t, nil)
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	release := holding(t, db)
	var wg sync.WaitGroup
	for range store.TurnsCap {
		wg.Go(func() {
			if err := db.Update(t.Context(), func(*store.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	await(t, db, 0, store.TurnsCap)
	err := db.Update(t.Context(), func(*store.Tx) error { return nil })
	if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.Unavailable || e.RetryAfter <= 0 {
		t.Errorf("one more is answered with %v, want unavailable", err)
	}
	wg.Go(func() { mustAppend(t, db, post(c.ID, town.Buyer.ID, "m", "hello")) })
	await(t, db, 1, store.TurnsCap)
	release()
	wg.Wait()
}
