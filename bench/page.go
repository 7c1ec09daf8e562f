package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"swapnest/bench/plot"
	"swapnest/internal/loadgen"
)

// What is between these two lines of docs/benchmarks.md is written anew; the rest is written by hand.
const (
	marker    = "<!-- measured -->"
	endMarker = "<!-- /measured -->"
)

// publish writes docs/benchmarks.md and its pictures below a folder.
func (r *results) publish(o options) error {
	page := filepath.Join(o.write, "docs", "benchmarks.md")
	text, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("read the page that the figures go into: %w", err)
	}
	text, err = between(text, r.page())
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	folder := filepath.Join(o.write, "docs", "benchmarks")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, chart := range r.charts() {
		if err := os.WriteFile(filepath.Join(folder, name+".svg"), chart.SVG(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(page, text, 0o644)
}

// between replaces what is between the markers of a page.
func between(page []byte, fresh string) ([]byte, error) {
	before, rest, begins := bytes.Cut(page, []byte(marker))
	_, after, ends := bytes.Cut(rest, []byte(endMarker))
	if !begins || !ends {
		return nil, fmt.Errorf("it has no lines %s and %s for the figures to go between", marker, endMarker)
	}
	return []byte(string(before) + marker + "\n\n" + fresh + "\n" + endMarker + string(after)), nil
}

// title is what a peer is called in tables.
func title(name string) string {
	switch name {
	case "bare-sqlite":
		return "S, the rows alone, SQLite"
	case "bare-postgres":
		return "P, the rows alone, PostgreSQL"
	}
	for _, p := range (&works{}).peers() {
		if p.name == name {
			return p.title
		}
	}
	return name
}

// page is what was measured, as Markdown.
func (r *results) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	for _, row := range r.Machine.rows() {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	fmt.Fprintf(&b, "| one durable write | p50 %s, p99 %s |\n", r.commits(func(c committed) float64 { return c.P50 }).spread().told("%.3f ms"),
		r.commits(func(c committed) float64 { return c.P99 }).spread().told("%.3f ms"))
	rounds := "One round"
	if r.Rounds > 1 {
		rounds = fmt.Sprintf("Medians of %d rounds; lowest and highest in brackets", r.Rounds)
	}
	fmt.Fprintf(&b, "\n%s.\n\n### Goals\n\n| | goal | wanted | measured | |\n|--:|---|---|---|---|\n", rounds)
	for _, g := range r.Goals {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", g.Number, g.Name, g.Wanted, g.Measured, g.Verdict)
	}
	b.WriteString("\n### Messages a second\n\n![Messages a second against messages in flight](benchmarks/throughput.svg)\n\n")
	r.table(&b, "messages a second", "%.0f", perSecond, loopPerSecond)
	b.WriteString("\n### Processor seconds for 1,000 messages\n\nOf server, database and Redis together.\n\n![Processor seconds for 1,000 messages](benchmarks/processor.svg)\n\n")
	r.table(&b, "processor seconds", "%.3f", cpu, loopCPU)
	b.WriteString("\n### Latency at a rate\n\nIn milliseconds from the intended moment of sending.\n\n![Acknowledgement, p50, against load](benchmarks/acknowledged-p50.svg)\n\n" +
		"![Acknowledgement, p99, against load](benchmarks/acknowledged-p99.svg)\n\n")
	r.latencies(&b)
	b.WriteString("\n### Idle lines\n\n| | lines | KiB a line | open after | all back after a cut | at the most meanwhile |\n|---|--:|--:|--:|--:|--:|\n")
	for _, i := range r.Idled {
		back, peak := "–", "–"
		if i.Storm {
			back, peak = fmt.Sprintf("%.1f s (p50 %.1f s)", i.Back.Max/1000, i.Back.P50/1000), fmt.Sprintf("%.0f MiB", i.Peak)
		}
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f s | %s | %s |\n", title(i.Peer), i.Lines, i.PerLine, i.Opening, back, peak)
	}
	b.WriteString("\n### The load itself\n\nWhat the load took of the same cores, in processor seconds for 1,000 messages.\n\n")
	r.table(&b, "the load", "%.3f", loadCPU, nil)
	if len(r.Missing) > 0 {
		b.WriteString("\nNot measured in this run:")
		for _, p := range (&works{}).peers() {
			if why, ok := r.Missing[p.name]; ok {
				fmt.Fprintf(&b, " %s (%s).", p.title, why)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// table has a row for each peer, and a column for each number of messages in flight.
func (r *results) table(b *strings.Builder, what string, format string, number func(loadgen.Talked) float64, ofLoop func(looped) float64) {
	columns := r.columns()
	fmt.Fprintf(b, "| %s, at w =", what)
	for _, w := range columns {
		fmt.Fprintf(b, " | %d", w)
	}
	b.WriteString(" |\n|---" + strings.Repeat("|--:", len(columns)) + "|\n")
	row := func(name string, of func(w int) byRound) {
		var cells []string
		any := false
		for _, w := range columns {
			s := of(w).spread()
			any = any || s.N > 0
			cells = append(cells, s.told(format))
		}
		if any {
			fmt.Fprintf(b, "| %s | %s |\n", title(name), strings.Join(cells, " | "))
		}
	}
	for _, p := range (&works{}).peers() {
		row(p.name, func(w int) byRound { return r.of(p.name, w, 0, number) })
	}
	if ofLoop == nil {
		return
	}
	for _, name := range bareNames {
		row(name, func(w int) byRound { return r.loop(name, w, ofLoop) })
	}
}

// latencies has a row for each peer and rate.
func (r *results) latencies(b *strings.Builder) {
	b.WriteString("| | messages a second | acknowledged, p50 | p99 | delivered, p50 | p99 | delivery − acknowledgement, p50 |\n|---|--:|--:|--:|--:|--:|--:|\n")
	for _, p := range (&works{}).peers() {
		for _, rate := range r.rates(p.name) {
			fmt.Fprintf(b, "| %s | %g", p.title, rate)
			for _, number := range []func(loadgen.Talked) float64{ackP50, ackP99, delP50, delP99, onTheWay} {
				fmt.Fprintf(b, " | %s", r.of(p.name, 0, rate, number).spread().told("%.2f"))
			}
			b.WriteString(" |\n")
		}
	}
}

// charts are the pictures, by name.
func (r *results) charts() map[string]plot.Chart {
	closed := func(number func(loadgen.Talked) float64, ofLoop func(looped) float64) (all []plot.Series) {
		add := func(name string, of func(w int) byRound) {
			s := plot.Series{Name: title(name)}
			for _, w := range r.columns() {
				if found := of(w).spread(); found.N > 0 {
					s.Points = append(s.Points, plot.Point{X: float64(w), Y: found.Median})
				}
			}
			if len(s.Points) > 0 {
				all = append(all, s)
			}
		}
		for _, p := range (&works{}).peers() {
			add(p.name, func(w int) byRound { return r.of(p.name, w, 0, number) })
		}
		for _, name := range bareNames {
			add(name, func(w int) byRound { return r.loop(name, w, ofLoop) })
		}
		return all
	}
	open := func(number func(loadgen.Talked) float64) (all []plot.Series) {
		for _, p := range (&works{}).peers() {
			s := plot.Series{Name: p.title}
			for _, rate := range r.rates(p.name) {
				s.Points = append(s.Points, plot.Point{X: rate, Y: r.of(p.name, 0, rate, number).spread().Median})
			}
			if len(s.Points) > 0 {
				all = append(all, s)
			}
		}
		return all
	}
	const inFlight, rate = "messages in flight", "messages a second that are sent"
	return map[string]plot.Chart{
		"throughput":       {Title: "Messages a second", X: inFlight, Y: "acknowledged messages a second", LogX: true, LogY: true, Series: closed(perSecond, loopPerSecond)},
		"processor":        {Title: "Processor seconds for 1,000 messages", X: inFlight, Y: "processor seconds, server and databases", LogX: true, LogY: true, Series: closed(cpu, loopCPU)},
		"acknowledged-p50": {Title: "Acknowledgement, p50, against load", X: rate, Y: "milliseconds", LogX: true, LogY: true, Series: open(ackP50)},
		"acknowledged-p99": {Title: "Acknowledgement, p99, against load", X: rate, Y: "milliseconds", LogX: true, LogY: true, Series: open(ackP99)},
	}
}
