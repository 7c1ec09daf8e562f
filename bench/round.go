package main

import (
	"context"
	"errors"
	"fmt"
)

// loads are what a peer gets: messages under way, and rates of the open loop.
func (o options) loads(p *peer) (inFlight []int, rates []float64) {
	inFlight, rates = o.inFlight, o.rates
	if p.inFlight != nil {
		inFlight, rates = p.inFlight, p.rates
	}
	if !p.paced {
		rates = nil
	}
	return inFlight, rates
}

// round measures everything once, one after the other. A peer runs during its turn alone, so that none takes
// anything from another.
func (w *works) round(ctx context.Context, o options, round int, peers []*peer, bare *bareLoops, r *results) error {
	took, err := commits(w.dir, o.duration/4)
	if err != nil {
		return err
	}
	at := func(part float64) float64 { return took[int(part*float64(len(took)-1))].Seconds() * 1000 }
	r.Commits = append(r.Commits, committed{round, len(took), at(0.5), at(0.99)})
	fmt.Printf("  %-34s p50 %.3f p99 %.3f ms\n", "one durable write", at(0.5), at(0.99))
	for _, p := range peers {
		if err := w.peerRound(ctx, o, round, p, r); err != nil {
			return fmt.Errorf("measure %s: %w", p.name, err)
		}
	}
	return bare.round(ctx, round, o, r)
}

func (w *works) peerRound(ctx context.Context, o options, round int, p *peer, r *results) (err error) {
	now, err := p.turn()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, now.close()) }()
	inFlight, rates := o.loads(p)
	ask := load{Nodes: now.urls, Sessions: p.sessions, Dialect: p.dialect, Processes: now.pids, Duration: o.duration, Follows: p.follows}
	for _, n := range inFlight {
		ask.InFlight, ask.Conversations = n, conversations(p, n)
		if err := ask.talk(ctx, p.name, round, r); err != nil {
			return err
		}
	}
	ask.InFlight = 0
	for _, rate := range rates {
		ask.Rate, ask.Conversations = rate, conversations(p, 100)
		if err := ask.talk(ctx, p.name, round, r); err != nil {
			return err
		}
	}
	return nil
}

// conversations are as many as messages are under way, and 100 at the least, as there are on a site: in half of
// them both people write, and each has one message under way. What is slow has 20 at the least.
func conversations(p *peer, inFlight int) int {
	if p.most > 0 {
		return min(max(inFlight, 20), p.most)
	}
	return max(inFlight, 100)
}

// talk measures one load of messages.
func (l load) talk(ctx context.Context, name string, round int, r *results) error {
	done, err := l.run(ctx)
	if err != nil {
		return err
	}
	t := done.Talked
	r.Talked = append(r.Talked, talked{name, round, t})
	under := fmt.Sprintf("%s w=%d", name, l.InFlight)
	if l.Rate > 0 {
		under = fmt.Sprintf("%s at %g/s", name, l.Rate)
	}
	fmt.Printf("  %-34s %8.0f/s  ack p50 %6.2f p99 %7.2f ms  delivery p50 %6.2f ms  %.3f CPU-s per 1,000 (load %.3f)",
		under, t.PerSecond, t.Ack.P50, t.Ack.P99, t.Delivery.P50, t.CPU, t.LoadCPU)
	if l.Follows {
		fmt.Printf(", all told and found %.1f s later", done.Behind.Seconds())
	}
	fmt.Println()
	return nil
}

// idle measures what quiet lines cost, and how a crowd comes back.
func (w *works) idle(ctx context.Context, o options, peers []*peer, r *results) error {
	for _, p := range peers {
		if !p.idles || o.idle == 0 {
			continue
		}
		if err := w.peerIdle(ctx, o, p, r); err != nil {
			return fmt.Errorf("measure idle lines of %s: %w", p.name, err)
		}
	}
	return nil
}

func (w *works) peerIdle(ctx context.Context, o options, p *peer, r *results) (err error) {
	now, err := p.turn()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, now.close()) }()
	// Memory is the server's: that of a database does not grow with lines.
	ask := load{Nodes: now.urls, Sessions: p.sessions, Dialect: p.dialect, Processes: now.pids[:len(now.pids)-len(p.beside)], Idle: o.idle, Storm: p.storms}
	done, err := ask.run(ctx)
	if err != nil {
		return err
	}
	r.Idled = append(r.Idled, idled{p.name, done.Idled})
	fmt.Printf("  %-34s %8.1f KiB a line", p.name+" idle", done.Idled.PerLine)
	if p.storms {
		fmt.Printf(", all back after %.1f s, %.0f MiB at the most", done.Idled.Back.Max/1000, done.Idled.Peak)
	}
	fmt.Println()
	return nil
}
