// Command growth measures what grows with what a site holds, and should not: the cost of a message, the time of
// a page of a conversation, of a list, and the memory of a line. It fills databases faster than the program
// would, starts the program on them, and ends it. See docs/growth.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options say how much there is to be.
type options struct {
	database      string
	messages      int // stored at the end
	page          int // in the longest conversation
	conversations int // of who has most
	lines         int
	rounds        int
	repeats       int // of each page
	inFlight      int
	duration      time.Duration
	tries         int // of each measurement of messages, where a busy machine has some of them refused; 0 is one
	only          string
	write         string
	hold          bool
}

func main() {
	var o options
	flag.StringVar(&o.database, "database", "both", "sqlite, postgres or both")
	flag.IntVar(&o.messages, "messages", 10_000_000, "how many messages are stored at the end")
	flag.IntVar(&o.page, "page", 1_000_000, "how many messages the longest conversation has")
	flag.IntVar(&o.conversations, "conversations", 5000, "how many conversations somebody has")
	flag.IntVar(&o.lines, "lines", 15_000, "how many lines are open at the end")
	flag.IntVar(&o.rounds, "rounds", 3, "how often the cost of messages is measured; the median counts")
	flag.IntVar(&o.repeats, "repeats", 60, "how often each page is asked for; the median counts")
	flag.IntVar(&o.inFlight, "in-flight", 100, "messages under way at once")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "of each measurement of messages")
	flag.StringVar(&o.only, "only", "", "one of cost, pages and lines; all")
	flag.StringVar(&o.write, "write", "", "write docs/growth.md and its pictures below this folder")
	flag.BoolVar(&o.hold, "hold", false, "at the end of each database say where it is, and wait for an interrupt, so that one can look at it")
	flag.Parse()
	if err := o.valid(); err != nil {
		fmt.Fprintf(os.Stderr, "growth: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "growth: %v\n", err)
		os.Exit(1)
	}
}

// valid refuses what cannot be measured.
func (o options) valid() error {
	switch {
	case o.database != "sqlite" && o.database != "postgres" && o.database != "both":
		return fmt.Errorf("-database is sqlite, postgres or both, not %q", o.database)
	case o.only != "" && o.only != "cost" && o.only != "pages" && o.only != "lines":
		return fmt.Errorf("-only is cost, pages or lines, not %q", o.only)
	case o.messages < 1000 || o.page < 1000 || o.conversations < 100 || o.lines < 100:
		return errors.New("-messages and -page need 1000 or more, -conversations and -lines 100 or more")
	case o.rounds < 1 || o.repeats < 3 || o.inFlight < 1 || o.inFlight > pairs || o.duration < 500*time.Millisecond:
		return fmt.Errorf("-rounds needs 1 or more, -repeats 3 or more, -in-flight 1 to %d, -duration 500ms or more", pairs)
	case o.hold && o.database == "both":
		return errors.New("-hold needs -database sqlite or postgres: the interrupt that ends it would end the other one, too")
	}
	return nil
}
