package follower_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/follower"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// A wake is a step, after a while, and those of meanwhile are one more; a step that asks for a time
// gets it, whoever wakes; else it is looked once in a while, whatever failed.
func TestStepsAreTakenWhenTheyAreDue(t *testing.T) {
	db := testkit.SQLite(t).Open(t, nil) // it holds every lease, without being asked
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		var at []time.Duration // when steps were taken
		var next atomic.Int64
		var said strings.Builder
		l := follower.New(db, follower.Options{
			Lease: "a follower", Every: time.Minute, Linger: time.Second, Failed: "nothing followed", Late: "late",
			Log: slog.New(slog.NewTextHandler(&said, nil)),
			Step: func(context.Context) (time.Duration, error) {
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Since(began))
				return time.Duration(next.Load()), errors.New("broken")
			},
		})
		// until compares when steps were taken, up to a time.
		until := func(end time.Duration, want ...time.Duration) {
			t.Helper()
			time.Sleep(end - time.Since(began))
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if len(at) != len(want) || len(at) > 0 && at[len(at)-1] != want[len(want)-1] {
				t.Fatalf("steps were taken at %v, want %v", at, want)
			}
			at = nil
		}
		l.Start()
		until(10*time.Second, 0)
		for range 3 {
			l.Wake()
		}
		until(30*time.Second, 11*time.Second, 12*time.Second)
		next.Store(int64(20 * time.Second))
		until(80*time.Second, 72*time.Second) // nobody woke it
		l.Wake()
		next.Store(0)
		until(92500*time.Millisecond, 92*time.Second) // not sooner
		until(100*time.Second, 93*time.Second)        // and the wake counts afterwards
		l.Wake()
		synctest.Wait()
		l.Stop()
		until(time.Hour)
		if got := strings.Count(said.String(), `level=WARN msg="nothing followed" error=broken`); got != 6 || strings.Contains(said.String(), "late") {
			t.Errorf("of 6 failures the log says\n%s", said.String())
		}
	})
}
