package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// TestOfSeveralNodesOneIsAlone has two nodes do what only one may do at a time, and one of them
// give up on waiting.
func TestOfSeveralNodesOneIsAlone(t *testing.T) {
	d := testkit.PostgreSQL(t)
	one, two := d.Open(t, nil), d.Open(t, nil)
	inside, over := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	first := make(chan error, 1)
	go func() {
		first <- one.Alone(t.Context(), func() error {
			close(inside)
			<-over
			ended.Store(true)
			return nil
		})
	}()
	<-inside
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := two.Alone(soon, func() error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another is alone: %v, want to have waited", err)
	}
	second := make(chan error, 1)
	go func() {
		second <- two.Alone(t.Context(), func() error {
			if !ended.Load() {
				return errors.New("both were alone")
			}
			return nil
		})
	}()
	close(over)
	if err := errors.Join(<-first, <-second); err != nil {
		t.Error(err)
	}
	// Whoever fails makes room, too.
	fault := errors.New("a fault")
	if err := one.Alone(t.Context(), func() error { return fault }); !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
	if err := two.Alone(t.Context(), func() error { return nil }); err != nil {
		t.Error(err)
	}
}
