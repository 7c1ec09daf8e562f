// Command bench measures SwapNest beside what it is compared with, in turns and in one run, and
// prints which of its goals are met. It builds what it runs, starts everything on loopback, and
// ends it. See docs/benchmarks.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options say what is measured.
type options struct {
	rounds   int
	duration time.Duration
	inFlight []int     // messages under way at once
	rates    []float64 // messages a second of the open loop
	idle     int       // lines
	short    bool
	only     []string // names; nil is all
	write    string   // a folder
	json     string   // a file
}

// ofShort are what the short form measures: what needs nothing but Go, PostgreSQL and Redis.
var ofShort = []string{"relay", "swapnest-no-storage", "bare-sqlite", "bare-postgres", "swapnest-sqlite", "swapnest-postgres", "swapnest-redis", "swapnest-two-nodes", "centrifuge-sqlite"}

func main() {
	if len(os.Args) == 2 && os.Args[1] == loadCommand {
		fail(loadFrom(os.Stdin, os.Stdout))
		return
	}
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	fail(run(ctx, o))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	f.IntVar(&o.rounds, "rounds", 3, "how often each is measured; the median counts")
	f.DurationVar(&o.duration, "duration", 6*time.Second, "of each measurement")
	loads := f.String("in-flight", "1,20,100,400", "messages under way at once, with commas; the goals are about 100 and 400")
	rates := f.String("rates", "250,1000,2000,4000", "messages a second of the open loop, with commas; a goal is about 1000")
	f.IntVar(&o.idle, "idle", 15000, "idle lines; 0 measures none")
	f.BoolVar(&o.short, "short", false, "two minutes: one round of little, which fails only on a collapse")
	only := f.String("only", "", "names of what is measured, with commas; all. One that is unknown has them listed")
	f.StringVar(&o.write, "write", "", "write docs/benchmarks.md and its pictures below this folder")
	f.StringVar(&o.json, "json", "", "write all numbers to this file")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.short {
		o.rounds, o.duration, *loads, *rates, o.idle = 1, 2*time.Second, "100", "1000", min(o.idle, 2000)
		o.only = ofShort
	}
	for one := range strings.SplitSeq(*loads, ",") {
		n, err := strconv.Atoi(one)
		if err != nil || n < 1 || n > people/2 {
			return o, fmt.Errorf("-in-flight needs numbers from 1 to %d with commas, not %q", people/2, *loads)
		}
		o.inFlight = append(o.inFlight, n)
	}
	for one := range strings.SplitSeq(*rates, ",") {
		n, err := strconv.ParseFloat(one, 64)
		if err != nil || n <= 0 {
			return o, fmt.Errorf("-rates needs numbers above 0 with commas, not %q", *rates)
		}
		o.rates = append(o.rates, n)
	}
	if o.rounds < 1 || o.duration < time.Second || o.idle < 0 {
		return o, fmt.Errorf("-rounds needs 1 or more, -duration 1s or more, -idle 0 or more")
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	return o, nil
}

// wants tells whether something is to be measured.
func (o options) wants(name string) bool { return o.only == nil || slices.Contains(o.only, name) }
