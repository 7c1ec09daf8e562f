package loadgen

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Idling is a load of lines on which nothing is said.
type Idling struct {
	Lines     int
	Sources   []string      // addresses of this machine that they come from in turns; none is any
	Hold      time.Duration // how long they stay before memory is looked at
	Storm     bool          // all are cut at once, and come back at once; of a Site alone
	Dialect   Dialect       // Site or Centrifuge
	Processes []int
	Progress  func(open, all int) // told while they open; may be nil
}

// Idled is what came of it.
type Idled struct {
	Lines   int     `json:"lines"`
	Opening float64 `json:"opening_s"` // until the last one was greeted
	PerLine float64 `json:"kib_per_line,omitempty"`
	Broken  int64   `json:"broken"` // while they were held

	// Of the storm; Back is from the cut on until each was greeted and had caught up.
	Storm    bool    `json:"storm,omitempty"`
	Returned int     `json:"returned,omitempty"`
	Attempts int64   `json:"attempts,omitempty"`
	Back     Latency `json:"back,omitzero"`
	Peak     float64 `json:"resident_peak_mib,omitempty"`
}

// opening is how many lines open at once.
const opening = 64

// crowd are the lines of a run of Idling.
type crowd struct {
	Idling
	nodes  []*url.URL
	people []person
	talks  []talk // each of which is resumed by those who are in it
	broken atomic.Int64
	over   atomic.Bool
}

// Idle opens lines, each of them of the next person, and measures what they cost.
func Idle(ctx context.Context, nodes []*url.URL, people []person, o Idling) (Idled, error) {
	if len(people) < 2 {
		return Idled{}, errors.New("idle lines need at least 2 sessions")
	}
	c := &crowd{Idling: o, nodes: nodes, people: people}
	var err error
	if c.talks, err = newSite(nodes[0], o.Dialect).talks(ctx, people, min(len(people)/2, max(1, o.Lines/2))); err != nil {
		return Idled{}, err
	}
	before, err := processes(o.Processes).usage()
	if err != nil {
		return Idled{}, err
	}
	out := Idled{Lines: o.Lines, Storm: o.Storm}
	began := time.Now()
	lines, err := c.open(ctx)
	defer func() { closeAll(lines) }()
	if err != nil {
		return out, err
	}
	out.Opening = time.Since(began).Seconds()
	select {
	case <-ctx.Done():
		return out, ctx.Err()
	case <-time.After(o.Hold):
	}
	after, err := processes(o.Processes).usage()
	if err != nil {
		return out, err
	}
	if len(o.Processes) > 0 {
		out.PerLine = float64(after.resident-before.resident) / 1024 / float64(o.Lines)
	}
	out.Broken = c.broken.Load()
	if o.Storm {
		c.over.Store(true)
		lines, err = c.comeBack(ctx, lines, &out)
	}
	return out, err
}

// of returns who the nth line is of, and the conversation that it resumes.
func (c *crowd) of(n int) (person, talk) {
	who := n % (2 * len(c.talks))
	return c.talks[who/2].people[who%2], c.talks[who/2]
}

func (c *crowd) dial(ctx context.Context, n int) (*line, error) {
	who, about := c.of(n)
	a := address{host: c.nodes[n%len(c.nodes)].Host, path: c.Dialect.path(&about), cookie: cookie(who)}
	if len(c.Sources) > 0 {
		a.from = c.Sources[n%len(c.Sources)]
	}
	l, err := dial(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := l.texts(c.Dialect.first(&about, n%2)); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// open opens all lines, some at a time.
func (c *crowd) open(ctx context.Context) ([]*line, error) {
	lines := make([]*line, c.Lines)
	errs := make([]error, c.Lines)
	var work sync.WaitGroup
	var there atomic.Int64
	turns := make(chan struct{}, opening)
	for i := range lines {
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		work.Go(func() {
			defer func() { <-turns }()
			lines[i], errs[i] = c.greeted(ctx, i)
			if n := there.Add(1); c.Progress != nil && n%100 == 0 {
				c.Progress(int(n), c.Lines)
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil { // one is enough
			return lines, fmt.Errorf("open %d lines: %w", c.Lines, err)
		}
	}
	return lines, ctx.Err()
}

// greeted opens a line, waits for what it is greeted by, and reads on.
func (c *crowd) greeted(ctx context.Context, n int) (*line, error) {
	l, err := c.dial(ctx, n)
	if err != nil {
		return nil, err
	}
	hello := make(chan error, 1)
	go func() {
		hear := func(frame []byte) error {
			if c.Dialect.sortOf(frame) == greeted {
				select {
				case hello <- nil:
				default: // nobody waits for a second one
				}
			}
			return nil
		}
		err := l.read(func(came []byte) error { return c.Dialect.each(came, l.text, hear) })
		select {
		case hello <- err:
		default:
		}
		if !c.over.Load() {
			c.broken.Add(1)
		}
	}()
	select {
	case err = <-hello:
	case <-time.After(dialTimeout):
		err = errors.New("nothing was said within 30 seconds")
	}
	return l, err
}

func closeAll(lines []*line) {
	for _, l := range lines {
		if l != nil {
			l.close()
		}
	}
}
