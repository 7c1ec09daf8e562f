package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"swapnest/bench/plot"
)

// What is to be flat: messages may cost so much more or less beside many others than beside none, and pages may
// take so many times as long of the largest as of the smallest.
const (
	costWithin = 0.15
	pageWithin = 2
)

// table is what is printed, and written into the document.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func names(database string) string {
	return map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[database]
}

// tables tells all that was measured on a database.
func (r results) tables() (all []table) {
	if len(r.Costs) > 0 {
		t := table{title: "A message beside others, " + names(r.Database), head: []string{"stored", "CPU-s per 1,000", "messages/s", "in an empty site: CPU-s per 1,000", "messages/s", "cost, relative to an empty site", ""}}
		for _, c := range r.Costs {
			verdict := "flat"
			if math.Abs(c.ratio()-1) > costWithin {
				verdict = "not flat"
			}
			t.rows = append(t.rows, []string{
				thousands(c.Stored), fmt.Sprintf("%.4f", c.CPU), thousands(int64(c.PerSecond)), fmt.Sprintf("%.4f", c.NoneCPU), thousands(int64(c.NonePerSecond)),
				fmt.Sprintf("%.2f", c.ratio()), verdict,
			})
		}
		all = append(all, t)
	}
	for _, part := range []struct {
		title, what string
		timed       []timed
	}{
		{"A conversation by its length", "messages", r.Pages}, {"A list by how many conversations are in it", "conversations", r.Lists},
	} {
		if len(part.timed) == 0 {
			continue
		}
		t := table{title: part.title + ", " + names(r.Database) + ", ms", head: []string{part.what}}
		for _, n := range part.timed[0].Sizes {
			t.head = append(t.head, thousands(int64(n)))
		}
		t.head = append(t.head, "of processors", "slowest, relative to the first full page", "")
		for _, one := range part.timed {
			row := []string{one.What}
			for _, ms := range one.Took {
				row = append(row, fmt.Sprintf("%.2f", ms))
			}
			verdict := "flat"
			if one.slowest() > pageWithin {
				verdict = "not flat"
			}
			t.rows = append(t.rows, append(row, one.processors(), fmt.Sprintf("%.1f", one.slowest()), verdict))
		}
		all = append(all, t)
	}
	if r.Kept > 0 {
		all = append(all, table{
			title: "On the disk, " + names(r.Database), head: []string{"", "bytes"},
			rows: [][]string{{"a message, with its event, its words in the search index, and its part of conversation, listing and notices", fmt.Sprintf("%.0f", r.Kept)}},
		})
	}
	if len(r.Lines) > 0 {
		t := table{title: "Memory by idle lines, " + names(r.Database), head: []string{"lines", "MiB of its own", "KiB a line"}}
		for _, h := range r.Lines {
			each := "–"
			if h.PerLine > 0 { // the first thousand fit into what a program has anyway
				each = fmt.Sprintf("%.1f", h.PerLine)
			}
			t.rows = append(t.rows, []string{thousands(int64(h.Lines)), fmt.Sprintf("%.0f", h.MiB), each})
		}
		all = append(all, t)
	}
	return all
}

// processors tells what each has taken of them.
func (t timed) processors() string {
	if len(t.CPU) == 0 {
		return "–" // the program has started for each
	}
	each := make([]string, len(t.CPU))
	for i, ms := range t.CPU {
		each[i] = fmt.Sprintf("%.1f", ms)
	}
	return strings.Join(each, " + ")
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func printAll(out io.Writer, all []results) error {
	for _, r := range all {
		for _, t := range r.tables() {
			fmt.Fprintf(out, "\n%s\n", t.title)
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			for _, row := range append([][]string{t.head}, t.rows...) {
				fmt.Fprintln(w, strings.Join(row, "\t"))
			}
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// charts are the pictures of all that was measured, by their names.
func charts(all []results) map[string]plot.Chart {
	found := map[string]plot.Chart{}
	add := func(name string, c plot.Chart, s plot.Series) {
		if len(s.Points) == 0 {
			return
		}
		if old, ok := found[name]; ok {
			c = old
		}
		c.Series = append(c.Series, s)
		found[name] = c
	}
	for _, r := range all {
		on := names(r.Database)
		var here, none plot.Series
		here.Name, none.Name = on, on+", beside none"
		for _, c := range r.Costs {
			here.Points = append(here.Points, plot.Point{X: float64(c.Stored), Y: c.CPU})
			none.Points = append(none.Points, plot.Point{X: float64(c.Stored), Y: c.NoneCPU})
		}
		chart := plot.Chart{Title: "What messages cost by how many are stored", X: "messages stored", Y: "CPU seconds per 1,000", LogX: true}
		add("growth-cost", chart, here)
		add("growth-cost", chart, none)
		lines := plot.Series{Name: on}
		for _, h := range r.Lines {
			lines.Points = append(lines.Points, plot.Point{X: float64(h.Lines), Y: h.MiB})
		}
		add("growth-lines", plot.Chart{Title: "Memory by idle lines", X: "lines", Y: "MiB of the program's own"}, lines)
		for _, part := range []struct {
			name, x string
			timed   []timed
		}{{"growth-pages", "messages in the conversation", r.Pages}, {"growth-lists", "conversations of a person", r.Lists}} {
			for _, one := range part.timed {
				s := plot.Series{Name: one.What}
				for i, n := range one.Sizes {
					s.Points = append(s.Points, plot.Point{X: float64(n), Y: one.Took[i]})
				}
				add(part.name+"-"+r.Database, plot.Chart{Title: "What people wait for, " + on, X: part.x, Y: "ms, median", LogX: true, LogY: true}, s)
			}
		}
	}
	return found
}

// write puts the document and its pictures below a folder.
func write(ctx context.Context, o options, root string, all []results) error {
	commit := "unknown"
	if out, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	if !filepath.IsAbs(o.write) {
		o.write = filepath.Join(root, o.write)
	}
	pictures := filepath.Join(o.write, "docs", "benchmarks")
	if err := os.MkdirAll(pictures, 0o755); err != nil { //nolint:gosec // they are documents
		return err
	}
	drawn := charts(all)
	var order []string
	for name, c := range drawn {
		if err := os.WriteFile(filepath.Join(pictures, name+".svg"), c.SVG(), 0o644); err != nil { //nolint:gosec // the same
			return err
		}
		order = append(order, name)
	}
	slices.Sort(order)
	var b bytes.Buffer
	fmt.Fprintf(&b, document, time.Now().UTC().Format("2006-01-02"), runtime.NumCPU(), commit, thousands(int64(o.messages)), thousands(int64(o.page)), thousands(int64(o.conversations)), thousands(int64(o.lines)), o.repeats)
	for _, name := range order {
		fmt.Fprintf(&b, "\n![%s](benchmarks/%s.svg)\n", drawn[name].Title, name)
	}
	for _, r := range all {
		for _, t := range r.tables() {
			fmt.Fprintf(&b, "\n## %s\n\n| %s |\n|%s\n", t.title, strings.Join(t.head, " | "), strings.Repeat(" --- |", len(t.head)))
			for _, row := range t.rows {
				fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
			}
		}
	}
	return os.WriteFile(filepath.Join(o.write, "docs", "growth.md"), b.Bytes(), 0o644) //nolint:gosec // the same
}

// document is the beginning of docs/growth.md.
const document = `# What does not grow

What a message costs, and what people wait for, by how much a site holds already. ` + "`make growth`" + ` has measured and written this page: on
%s, %d processors that load, program and database share, commit %s, with %s messages, %s of them in one
conversation, %s conversations of one person, and %s lines.

- **A message** is measured as by ` + "`swapnest bench`" + `, with 100 under way in old conversations that lie among all the others. Its cost is the
  processor time of program and database, with what notices and the search index take of it afterwards. Each time an empty site is measured in
  turn with the full one, for the machine is not alike from one minute to the next. Flat means a ratio from 0.85 to 1.15.
- **What people wait for** is the median of %d answers (of a third as many for what waits for the disk), asked by one person at a time, the sizes in
  turns; "nothing in memory" is the first page, at the median of three times, after a start of program and database with their files dropped from the
  kernel's memory. Flat means that the largest takes at most twice as long as the smallest that fills a page: one in six conversations has something
  unread, and one in five is archived. "Of processors" is what the program has taken for each answer, and the processes of PostgreSQL.
- **Lines** are those of ` + "`swapnest bench`" + ` with ` + "`--idle`" + `, of a program that has just started.

The databases are filled by SQL in the shape that the program gives them, indexes and search index too: conversations whose lengths follow a
power law, some hundred at a time, over two years. What people were told more than half a year ago is left out, for the program forgets it.
`

// printTimed prints times in milliseconds.
func printTimed(out io.Writer, what string, all []timed) {
	if len(all) == 0 {
		return
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, what)
	for _, n := range all[0].Sizes {
		fmt.Fprintf(t, "\t%s", thousands(int64(n)))
	}
	fmt.Fprintln(t, "\tfirst\tmost\t")
	for _, one := range all {
		fmt.Fprint(t, one.What)
		for _, ms := range one.Took {
			fmt.Fprintf(t, "\t%.2f", ms)
		}
		fmt.Fprintf(t, "\t%.1f\t%.1fx\t\n", one.First[len(one.First)-1], one.slowest())
	}
	_ = t.Flush() // a terminal that is gone misses nothing
}
