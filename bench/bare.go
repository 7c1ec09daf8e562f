package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"swapnest/internal/loadgen"
)

// bareNames are S and P: what the two databases take when nothing but the rows is written.
var bareNames = []string{"bare-sqlite", "bare-postgres"}

// bareLoops are those that are measured.
type bareLoops struct {
	loops map[string]*loop
	pids  map[string][]int // databases, whose processor time is the loop's
	stop  []func() error
}

// newBareLoops has SwapNest make a database for each, with conversations in it.
func (w *works) newBareLoops(ctx context.Context, o options) (b *bareLoops, err error) {
	b = &bareLoops{loops: map[string]*loop{}, pids: map[string][]int{}}
	for _, name := range bareNames {
		if !o.wants(name) {
			continue
		}
		p := &peer{name: name}
		w.swapnest(p, 1, name == "bare-postgres", false)
		if err := p.prepare(ctx); err != nil {
			return b, err
		}
		if err := p.fill(ctx, slices.Max(o.inFlight)); err != nil {
			return b, err
		}
		l, stop, err := w.loopOn(ctx, p)
		if err != nil {
			return b, err
		}
		b.loops[name], b.pids[name], b.stop = l, p.beside, append(b.stop, stop)
	}
	return b, nil
}

// fill begins conversations by a short load.
func (p *peer) fill(ctx context.Context, conversations int) (err error) {
	now, err := p.turn()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, now.close()) }()
	_, err = load{Nodes: now.urls, Sessions: p.sessions, Conversations: conversations, InFlight: 1, Duration: 100 * time.Millisecond}.run(ctx)
	return err
}

func (w *works) loopOn(ctx context.Context, p *peer) (*loop, func() error, error) {
	if p.name == "bare-postgres" {
		return postgresLoop(ctx, w.postgres.URL("bare_postgres"))
	}
	return sqliteLoop(ctx, w.data(p, 0))
}

func (b *bareLoops) close() error {
	if b == nil {
		return nil
	}
	var errs []error
	for _, stop := range b.stop {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// round measures the loops once, at each number under way.
func (b *bareLoops) round(ctx context.Context, round int, o options, r *results) error {
	for _, name := range bareNames {
		l, ok := b.loops[name]
		if !ok {
			continue
		}
		for _, n := range o.inFlight {
			if err := ctx.Err(); err != nil {
				return err
			}
			before, err := loadgen.CPU(b.pids[name])
			if err != nil {
				return err
			}
			count, took, err := l.run(n, o.duration/2)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			after, err := loadgen.CPU(b.pids[name])
			if err != nil {
				return err
			}
			done := looped{name, round, n, float64(count) / took.Seconds(), (after - before).Seconds() / float64(max(count, 1)) * 1000}
			r.Loops = append(r.Loops, done)
			fmt.Printf("  %-34s %8.0f/s  %.3f CPU-s per 1,000\n", fmt.Sprintf("%s w=%d", name, n), done.PerSecond, done.CPU)
		}
	}
	return nil
}
