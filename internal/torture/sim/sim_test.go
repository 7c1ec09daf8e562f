package sim_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/torture/checker"
	"swapnest/internal/torture/sim"
)

var (
	seeds = flag.Int("seeds", worlds, "how many worlds are simulated")
	seed  = flag.Int("seed", 0, "simulate this one again, and say what is planned")
)

// memory is a folder that forgets, where there is one: the disk is not what is tested here.
func memory(t *testing.T) string {
	t.Helper()
	dir := "/dev/shm"
	if _, err := os.Stat(dir); err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(dir, "swapnest-sim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it forgets by itself
	return dir
}

// newTemplate makes the database that worlds are copied from.
func newTemplate(t *testing.T) *sim.Template {
	t.Helper()
	template, err := sim.NewTemplate(t.Context(), memory(t))
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// simulate runs the world of a seed.
func simulate(t *testing.T, template *sim.Template, p sim.Plan) (r checker.Report) {
	t.Helper()
	dir := memory(t)
	defer func() { _ = os.RemoveAll(dir) }() // ten thousand of them are too many to keep
	// Real time: who waits for a lock stops the simulated one.
	hangs := time.AfterFunc(2*time.Minute, func() { panic(fmt.Sprintf("the world of seed %d hangs", p.Seed)) })
	defer hangs.Stop()
	synctest.Test(t, func(t *testing.T) {
		var err error
		if r, err = sim.Run(context.Background(), template, p, dir); err != nil {
			t.Errorf("seed %d: %v", p.Seed, err)
		}
	})
	return r
}

func TestTheContractHoldsInSimulatedWorlds(t *testing.T) {
	template := newTemplate(t)
	if *seed != 0 {
		p := sim.NewPlan(uint64(*seed))
		t.Log(p)
		if r := simulate(t, template, p); !r.OK() {
			t.Error(r)
		} else {
			t.Log(r)
		}
		return
	}
	var failed atomic.Bool
	var next, sent, again, duplicates, doubts, resets atomic.Int64
	t.Run("worlds", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for {
					n := next.Add(1)
					if n > int64(*seeds) || failed.Load() {
						return
					}
					r := simulate(t, template, sim.NewPlan(uint64(n)))
					if !r.OK() {
						failed.Store(true)
						t.Errorf("the contract does not hold in the world of seed %d: %s\nagain: go test ./internal/torture/sim -run %s -seed %d -count 20",
							n, r, "TestTheContractHoldsInSimulatedWorlds", n)
					}
					sent.Add(int64(r.Counts.Sent))
					again.Add(int64(r.Counts.Again))
					duplicates.Add(int64(r.Counts.Duplicates))
					doubts.Add(int64(r.Counts.Doubts))
					resets.Add(int64(r.Counts.Resets))
				}
			})
		}
	})
	t.Logf("%d worlds: %d messages, %d duplicates answered, %d unknown outcomes, %d events seen again, %d resets",
		*seeds, sent.Load(), duplicates.Load(), doubts.Load(), again.Load(), resets.Load())
	if !t.Failed() && (sent.Load() < int64(*seeds)*5 || duplicates.Load() == 0 || again.Load() == 0 || resets.Load() == 0) {
		t.Error("too little has happened: the run does not count")
	}
}

// A simulation that finds nothing may not look. Each of these is found within few seeds.
func TestAFlawIsFound(t *testing.T) {
	template := newTemplate(t)
	for flaw, fault := range map[sim.Flaw]checker.Fault{
		sim.NewNames: checker.Duplicate, sim.NoTail: checker.Gap, sim.NoFollowers: checker.Miscount,
	} {
		t.Run(string(flaw), func(t *testing.T) {
			for n := range uint64(40) {
				p := sim.NewPlan(n + 1)
				p.Flaw = flaw
				if r := simulate(t, template, p); r.Has(fault) {
					t.Logf("seed %d: %s", p.Seed, r)
					return
				}
			}
			t.Errorf("40 worlds without a %s", fault)
		})
	}
}

func TestASeedIsOnePlan(t *testing.T) {
	seen := make(map[string]uint64)
	for n := range uint64(200) {
		p := sim.NewPlan(n).String()
		if again := sim.NewPlan(n).String(); again != p {
			t.Errorf("seed %d is\n%s\nand then\n%s", n, p, again)
		}
		_, rest, _ := strings.Cut(p, ":")
		if before, known := seen[rest]; known {
			t.Errorf("seeds %d and %d are the same", before, n)
		}
		seen[rest] = n
	}
}
