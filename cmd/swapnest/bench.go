package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"swapnest/internal/config"
	"swapnest/internal/loadgen"
)

// measured is what bench writes as JSON.
type measured struct {
	Version string          `json:"version"`
	At      time.Time       `json:"at"`
	CPUs    int             `json:"cpus"`
	Talked  *loadgen.Talked `json:"talked,omitempty"`
	Idled   *loadgen.Idled  `json:"idled,omitempty"`
}

// bench puts a site under load and tells what came of it.
func bench(ctx context.Context, c config.Bench, stdout, stderr io.Writer) error {
	people, err := loadgen.ReadSessions(c.Sessions)
	if err != nil {
		return err
	}
	live := newLiveLine(stderr)
	out := measured{Version: version, At: time.Now().UTC().Truncate(time.Second), CPUs: runtime.NumCPU()}
	if c.Idle > 0 {
		idled, err := loadgen.Idle(ctx, c.Nodes(), people, loadgen.Idling{
			Lines: c.Idle, Sources: c.Sources, Hold: c.Hold, Storm: c.Storm, Processes: c.PID,
			Progress: func(open, all int) { live.say("%d of %d lines are open", open, all) },
		})
		live.clear()
		if err != nil {
			return err
		}
		out.Idled = &idled
	} else {
		dialect := loadgen.Site
		if c.Original {
			dialect = loadgen.Original
		}
		talked, err := loadgen.Talk(ctx, c.Nodes(), people, loadgen.Talking{
			Conversations: c.Conversations, Devices: c.Devices, InFlight: c.InFlight, Rate: c.Rate, Warmup: c.Warmup, Duration: c.Duration,
			Bytes: c.Bytes, Dialect: dialect, Processes: c.PID,
			Progress: func(p loadgen.Progress) {
				what := ""
				if p.Warming {
					what = "warming up, "
				}
				live.say("%s%s of %s: %d acks a second, %d under way, %d refused", what, p.Elapsed.Round(time.Second), p.All, p.PerSecond, p.UnderWay, p.Refused)
			},
		})
		live.clear()
		if err != nil {
			return err
		}
		out.Talked = &talked
	}
	if c.JSON != "" {
		data, err := json.MarshalIndent(out, "", "  ")
		if err == nil {
			err = os.WriteFile(c.JSON, append(data, '\n'), 0o600)
		}
		if err != nil {
			return fmt.Errorf("write the results: %w", err)
		}
	}
	return printMeasured(stdout, out)
}

// printMeasured writes a table.
func printMeasured(w io.Writer, m measured) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	latency := func(name string, l loadgen.Latency) {
		row(name, "p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms", l.P50, l.P90, l.P99, l.P999, l.Max)
	}
	if r := m.Talked; r != nil {
		load := fmt.Sprintf("%d in flight", r.InFlight)
		if r.Rate > 0 {
			load = fmt.Sprintf("%g a second", r.Rate)
		}
		row("load", "%d conversations, %d lines a person, messages of %d bytes, %s", r.Conversations, r.Devices, r.Bytes, load)
		row("acknowledged", "%.0f a second, %d in %.1f s", r.PerSecond, r.Acks, r.Seconds)
		latency("to the acknowledgement", r.Ack)
		latency("to the other person", r.Delivery)
		row("delivered to all lines", "%d", r.Deliveries)
		row("refused; not answered", "%d; %d", r.Refused, r.Unanswered)
		if r.Resident > 0 {
			row("the processes", "%.3f processor seconds per 1,000 messages, %.0f MiB", r.CPU, r.Resident)
		}
		row("the load itself", "%.3f processor seconds per 1,000 messages", r.LoadCPU)
	}
	if r := m.Idled; r != nil {
		row("idle lines", "%d, open after %.1f s, %d broke", r.Lines, r.Opening, r.Broken)
		if r.PerLine != 0 {
			row("memory", "%.1f KiB a line", r.PerLine)
		}
		if r.Storm {
			row("cut and back", "%d of %d, %d attempts", r.Returned, r.Lines, r.Attempts)
			latency("from the cut on", r.Back)
			if r.Peak > 0 {
				row("the processes", "%.0f MiB at the most", r.Peak)
			}
		}
	}
	return t.Flush()
}

// liveLine is one line of a terminal that changes; elsewhere it says nothing.
type liveLine struct{ w io.Writer }

func newLiveLine(w io.Writer) liveLine {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return liveLine{w}
	}
	return liveLine{io.Discard}
}

func (l liveLine) say(format string, args ...any) { fmt.Fprintf(l.w, "\r\x1b[K"+format, args...) }
func (l liveLine) clear()                         { fmt.Fprint(l.w, "\r\x1b[K") }
