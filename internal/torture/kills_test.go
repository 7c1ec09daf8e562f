package torture

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"swapnest/internal/testkit"
	"swapnest/internal/torture/checker"
)

var kills = flag.Int("kills", 3, "how often the server is killed at each point")

// judge fails the test with everything that was broken, and says what was tried.
func judge(t *testing.T, r checker.Report) {
	t.Helper()
	t.Log(r)
	if !r.OK() {
		t.Error("the delivery contract does not hold")
	}
}

// patience bounds a test that hangs, far beyond what it takes.
func patience(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestNothingIsLostDoubledOrReorderedWhenTheServerIsKilled(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := NewNode(t, planted, d)
		w := NewWorld(t, n, Plan{People: 5, Tabs: 2, Conversations: 8, Seed: 1, Changes: 0.2, Files: 0.15}, nil)
		n.Kill()
		ctx := patience(t, 2*time.Minute+time.Duration(*kills)*time.Minute/2)
		random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // It repeats what it did.
		for round := range *kills {
			for _, point := range append([]string{""}, points...) {
				environment, name := fmt.Sprintf("SWAPNEST_KILL=%s:%d", point, 1+random.IntN(40)), point
				if point == "" {
					name = "at random"
				}
				if err := n.Start(environment); err != nil {
					t.Fatal(err)
				}
				talk, hush := context.WithCancel(ctx)
				said := make(chan struct{})
				go func() {
					w.Talk(talk, 1_000_000)
					close(said)
				}()
				var when <-chan time.Time
				if point == "" {
					when = time.After(time.Duration(20+random.IntN(300)) * time.Millisecond)
				}
				select {
				case <-n.Exited():
				case <-when:
					n.Kill()
				case <-ctx.Done():
					t.Fatalf("the server was not killed %s in round %d", name, round)
				}
				w.History.Add(checker.Record{Kind: checker.Killed, Note: name})
				hush()
				<-said
			}
		}
		n.MustStart()
		w.Talk(ctx, 200)
		w.Read()
		w.Settle(ctx)
		r := w.Check()
		judge(t, r)
		if r.Counts.Duplicates == 0 || r.Counts.Doubts == 0 {
			t.Error("no duplicate was answered, or no outcome was unknown: the run does not count")
		}
	})
}
