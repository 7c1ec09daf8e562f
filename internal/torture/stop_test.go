package torture

import (
	"context"
	"syscall"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

// talking has everybody talk until the returned function is called.
func talking(ctx context.Context, w *World) (hush func()) {
	talk, cancel := context.WithCancel(ctx)
	said := make(chan struct{})
	go func() {
		w.Talk(talk, 1_000_000)
		close(said)
	}()
	return func() {
		cancel()
		<-said
	}
}

// finish lets what waits be sent, and judges.
func finish(ctx context.Context, t *testing.T, w *World) checker.Report {
	t.Helper()
	w.Talk(ctx, 2*len(w.Clients))
	w.Read()
	w.Settle(ctx)
	r := w.Check()
	judge(t, r)
	return r
}

// The lines of a server that stands still are given up by those who wait at them; when it
// goes on, it finds commands on them whose senders have sent them again.
func TestAServerThatStandsStillLosesAndDoublesNothing(t *testing.T) {
	t.Parallel() // It waits most of its time.
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		w := NewWorld(t, NewNode(t, plain, d), Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 4, Changes: 0.2, Hasty: true}, nil)
		ctx := patience(t, time.Minute)
		hush := talking(ctx, w)
		pause(ctx, 300*time.Millisecond)
		w.Node.Signal(syscall.SIGSTOP)
		pause(ctx, 3*time.Second)
		w.Node.Signal(syscall.SIGCONT)
		pause(ctx, 500*time.Millisecond)
		hush()
		if r := finish(ctx, t, w); r.Counts.Doubts == 0 || r.Counts.Lines <= len(w.Clients) {
			t.Error("nobody gave the server up: the run does not count")
		}
	})
}

// Contract 19: a deploy loses and doubles nothing, and takes at most 20 seconds.
func TestATerminatedServerHandsOverEverythingInTime(t *testing.T) {
	t.Parallel() // It waits most of its time.
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		w := NewWorld(t, NewNode(t, plain, d), Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 5, Changes: 0.2}, nil)
		ctx := patience(t, time.Minute)
		// One who does not read cannot hold it up.
		resume := w.Clients[0].Pause()
		hush := talking(ctx, w)
		for range 3 {
			pause(ctx, 300*time.Millisecond)
			w.Node.Signal(syscall.SIGTERM)
			select {
			case <-w.Node.Exited():
			case <-time.After(20 * time.Second):
				t.Fatal("it has not ended after 20 s")
			}
			if code := w.Node.ExitCode(); code != 0 {
				t.Errorf("it ended with %d: %s", code, w.Node.Log())
			}
			w.Node.MustStart()
		}
		resume()
		hush()
		finish(ctx, t, w)
	})
}

// Contract 7: clocks are for display.
func TestAClockThatJumpsByAnHourChangesNoOrder(t *testing.T) {
	t.Parallel() // It waits most of its time.
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := NewNode(t, planted, d)
		p := NewProxy(t, 2, func() string { return n.At })
		// Nobody edits: the server's clock says for how long one may, so that a command that was
		// refused, unheard, may be taken an hour before that, behind what followed it.
		w := NewWorld(t, n, Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 6}, func(int) string { return p.At })
		ctx := patience(t, time.Minute)
		n.Kill()
		n.MustStart("SWAPNEST_FAULTS=" + clockJumps)
		p.Do(Mischief{Bytes: 20_000})
		w.Talk(ctx, 1000)
		p.Do(Mischief{})
		if r := finish(ctx, t, w); r.Counts.Again == 0 {
			t.Error("nobody resumed: the run does not count")
		}
		if !jumped(w.Truth()) {
			t.Error("no time is before that of an earlier message: the run does not count")
		}
	})
}

// jumped tells whether the times of some conversation go backwards.
func jumped(truth checker.Truth) bool {
	for _, all := range truth.Log {
		for i, e := range all {
			if i > 0 && e.At < all[i-1].At {
				return true
			}
		}
	}
	return false
}
