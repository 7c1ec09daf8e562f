package torture

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

// A mutant is the program with a planted fault, what brings the fault to light, and what the
// checker has to find.
type mutant struct {
	fault   string
	kill    string // the point at which it is killed, again and again
	disturb func(ctx context.Context, w *World)
	room    string // what makes room for the fault and is none
	finds   []checker.Fault
}

var mutants = []mutant{
	{fault: ackBeforeCommit, kill: "before commit:20", finds: []checker.Fault{checker.LostAck}},
	{fault: noUniqueKey, kill: "before ack:20", finds: []checker.Fault{checker.Duplicate}},
	{fault: publishBeforeCommit, kill: "before commit:20", finds: []checker.Fault{checker.Phantom, checker.Divergence}},
	{fault: fetchBeforeListen, disturb: cutOften, room: slowReplays, finds: []checker.Fault{checker.Gap}},
	{fault: silentDrop, disturb: stallOne, finds: []checker.Fault{checker.Gap}},
	{fault: looseFiles, finds: []checker.Fault{checker.LostFile}},
}

// cutOften cuts one line after the other, while the others talk, until much was said.
func cutOften(ctx context.Context, w *World) {
	before := w.heads()
	for i := 0; i < 400 || w.heads() < before+1000; i++ {
		w.Clients[i%len(w.Clients)].Cut()
		if !pause(ctx, 4*time.Millisecond) {
			return
		}
	}
}

// stallOne has one tab read nothing while the others write more than a queue and the kernel hold,
// and then read all of it. They write so much at once that a slow disk has it written before the
// server gives up the line: for that nobody reads it, and not for its queue.
func stallOne(ctx context.Context, w *World) {
	quick, slow := w.Clients[0], w.Clients[1]
	id := slow.Conversations[0]
	await(ctx, func() bool { return slow.head(id) > 10 })
	before, resume := quick.head(id), slow.Pause()
	for _, c := range w.Clients {
		c.pad(3900)
	}
	await(ctx, func() bool { return quick.head(id) > before+200 })
	resume()
	head := quick.head(id)
	await(ctx, func() bool { return slow.head(id) >= head })
}

// pause lets the clients talk for a while, and tells whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// disturbed runs a world with faults planted and returns what the checker says.
func disturbed(t *testing.T, d *testkit.Database, m mutant, faults ...string) checker.Report {
	t.Helper()
	n := NewNode(t, planted, d)
	plan := Plan{People: 4, Tabs: 2, Conversations: 4, Seed: 7}
	messages := 1_000_000 // until they are to be silent
	switch m.fault {
	case silentDrop:
		plan = Plan{People: 2, Tabs: 6, Conversations: 1, Seed: 7, Narrow: true}
	case looseFiles:
		plan.Files, messages = 0.5, 40
	case cursorPast:
		// One or two in each conversation: a notice that is missing is not made up for by the next.
		plan, messages = Plan{People: 8, Tabs: 1, Conversations: 40, Seed: 7}, 60
	}
	w := NewWorld(t, n, plan, nil)
	// What a fault has lost never comes. What is slow does.
	wait := 30 * time.Second
	if slices.Contains(faults, m.fault) {
		wait = 5 * time.Second
	}
	w.Patience = wait
	n.Kill()
	ctx := patience(t, 2*time.Minute)
	environment := []string{"SWAPNEST_FAULTS=" + strings.Join(faults, ","), "SWAPNEST_KILL=" + m.kill}
	talk, hush := context.WithCancel(ctx)
	said := make(chan struct{})
	go func() {
		w.Talk(talk, messages)
		close(said)
	}()
	n.MustStart(environment...)
	switch {
	case m.disturb != nil:
		m.disturb(ctx, w)
	case m.kill == "":
		<-said
	default:
		for range 4 {
			select {
			case <-n.Exited():
				n.MustStart(environment...)
			case <-ctx.Done():
				t.Fatal("it was not killed")
			}
		}
	}
	hush()
	<-said
	n.Kill()
	n.MustStart()
	settle, enough := context.WithTimeout(ctx, wait)
	defer enough()
	w.Settle(settle)
	return w.Check()
}

func TestTheCheckerCatchesEveryPlantedFault(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.fault, func(t *testing.T) {
			r := disturbed(t, testkit.SQLite(t), m, m.fault, m.room)
			t.Log(r)
			if !r.Has(m.finds...) {
				t.Errorf("found none of %v", m.finds)
			}
		})
	}
}

func TestTheSameDisturbanceWithoutAFaultIsClean(t *testing.T) {
	for _, m := range mutants {
		if m.disturb != nil {
			t.Run(m.fault, func(t *testing.T) { judge(t, disturbed(t, testkit.SQLite(t), m, m.room)) })
		}
	}
}

func TestTheCheckerCatchesACursorThatPassesAnUncommittedEvent(t *testing.T) {
	t.Parallel() // It waits most of its time.
	held := mutant{fault: cursorPast}
	t.Run("late commits alone", func(t *testing.T) {
		t.Parallel()
		judge(t, disturbed(t, testkit.PostgreSQL(t), held, lateCommits))
	})
	t.Run("and a cursor that passes them", func(t *testing.T) {
		t.Parallel()
		r := disturbed(t, testkit.PostgreSQL(t), held, lateCommits, cursorPast)
		t.Log(r)
		if !r.Has(checker.Miscount) {
			t.Error("no notice was missing")
		}
	})
}
