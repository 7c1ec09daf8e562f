package checker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fault says which sentence of the contract was broken.
type Fault string

// The faults.
const (
	LostAck    Fault = "lost ack"   // acknowledged, and not in the database where the ack said
	Phantom    Fault = "phantom"    // stored or shown, and nobody sent it, or it was refused
	Duplicate  Fault = "duplicate"  // one command, two messages
	Gap        Fault = "gap"        // a seq that is missing in the log, on a line or at a client
	Reordering Fault = "reordering" // a tab's commands were committed in another order than sent
	Divergence Fault = "divergence" // two of those who saw a place disagree on what stands there
	LostFile   Fault = "lost file"  // a message without a file that it was sent with, or a file that belongs to none and is not free
	Miscount   Fault = "miscount"   // unread, read or told differs from what the log says
)

// Violation is one breach.
type Violation struct {
	Fault  Fault
	Detail string
}

// Counts say how much was tried.
type Counts struct {
	Tabs, Conversations int
	Sent                int // commands
	Transmissions       int // times that a command went onto a line
	Acked               int // commands that were confirmed
	Duplicates          int // confirmations that said duplicate
	Refused             int // commands refused for good
	Doubts              int // times that the outcome of a transmission was unknown
	Unanswered          int // commands whose outcome is unknown to the end
	Appeared            int // of those, how many are in the log
	Saw                 int // events on lines
	Again               int // of those, how many had been seen before
	Lines, Resets       int
	Stored              int // messages in the log at the end
	Files               int // that are in one of them
	Changes             int // events in the log that changed one
	Kills               map[string]int
}

// Report is the checker's judgement.
type Report struct {
	Counts     Counts
	Violations []Violation
}

// OK tells whether nothing was broken.
func (r Report) OK() bool { return len(r.Violations) == 0 }

// Has tells whether a fault of one of the kinds was found.
func (r Report) Has(faults ...Fault) bool {
	return slices.ContainsFunc(r.Violations, func(v Violation) bool { return slices.Contains(faults, v.Fault) })
}

// shown is how many violations String writes out.
const shown = 6

// String lists the counts, and the violations behind them.
func (r Report) String() string {
	var b strings.Builder
	c := r.Counts
	fmt.Fprintf(&b, "tabs %d, conversations %d, sent %d (on the line %d times), acked %d, duplicates answered %d, refused %d, ",
		c.Tabs, c.Conversations, c.Sent, c.Transmissions, c.Acked, c.Duplicates, c.Refused)
	fmt.Fprintf(&b, "unknown outcomes %d (to the end %d, of which stored %d), seen %d (again %d), lines %d, resets %d, stored %d with %d files, changed %d",
		c.Doubts, c.Unanswered, c.Appeared, c.Saw, c.Again, c.Lines, c.Resets, c.Stored, c.Files, c.Changes)
	for _, point := range slices.Sorted(maps.Keys(c.Kills)) {
		fmt.Fprintf(&b, "\nkilled %s: %d", point, c.Kills[point])
	}
	fmt.Fprintf(&b, "\nviolations: %d", len(r.Violations))
	for i, v := range r.Violations {
		if i == shown {
			fmt.Fprintf(&b, "\n  and %d more", len(r.Violations)-shown)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", v.Fault, v.Detail)
	}
	return b.String()
}
