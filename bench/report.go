package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

// report prints the goals. The short form fails on a collapse.
func report(o options, r *results) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\n\tgoal\twanted\tmeasured\t")
	for _, g := range r.Goals {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", g.Number, g.Name, g.Wanted, g.Measured, g.Verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if names := fallen(r.Goals); o.short && len(names) > 0 {
		return errors.New("this has collapsed:\n  " + strings.Join(names, "\n  "))
	}
	return nil
}
