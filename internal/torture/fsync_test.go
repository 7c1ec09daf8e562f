package torture

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

// Contract 22: a failed fsync is never tried again: the process ends, and what was confirmed
// before is there when it is started again.
func TestAServerWhoseFsyncFailsEndsAndLosesNothing(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is not installed: run scripts/bootstrap")
	}
	n := NewNode(t, plain, testkit.SQLite(t))
	w := NewWorld(t, n, Plan{People: 4, Tabs: 2, Conversations: 6, Seed: 13, Changes: 0.2}, nil)
	ctx := patience(t, 3*time.Minute)
	n.Kill()
	hush := talking(ctx, w)
	for _, nth := range []int{15, 30, 60} {
		// Counted for each thread: a later one than this fails, and all behind it.
		n.wrap = []string{
			strace, "-f", "-qq", "--seccomp-bpf", "-o", os.DevNull, "-e", "trace=fsync,fdatasync",
			"-e", fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d+", nth),
		}
		n.MustStart()
		select {
		case <-n.Exited():
		case <-ctx.Done():
			t.Fatal("it has not ended")
		}
		if code := n.ExitCode(); code != 1 {
			t.Errorf("it ended with %d, want 1: %s", code, n.Log())
		}
		w.History.Add(checker.Record{Kind: checker.Killed, Note: "by a failed fsync"})
	}
	n.wrap = nil
	n.MustStart()
	hush()
	if r := finish(ctx, t, w); r.Counts.Doubts == 0 {
		t.Error("no outcome was unknown: the run does not count")
	}
}
