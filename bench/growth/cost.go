package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"swapnest/internal/loadgen"
	"swapnest/internal/store"
)

// pairs are how many conversations people write in while the cost of a message is measured.
const pairs = 100

// cost is what messages cost beside others that are stored.
type cost struct {
	Stored    int64
	CPU       float64 // processor seconds for 1,000, with what followers do afterwards
	PerSecond float64
	// The same beside none, measured in turns.
	NoneCPU, NonePerSecond float64
	ratios                 []float64
}

// ratio is the median of the cost beside others to that beside none.
func (c cost) ratio() float64 { return median(c.ratios) }

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}

// talkers has the first people of a site talk for as long as a town fills.
func (t *town) talkers(s *site, each int) {
	for i := range pairs {
		t.lasting(s.people[2*i].id, s.people[2*i+1].id, each)
	}
}

// load sends messages in old conversations of a site for a while, and returns what each thousand has cost, and
// how many there were in a second.
func (s *site) load(ctx context.Context, o options) (cpu, perSecond float64, err error) {
	var b strings.Builder
	for i, p := range s.people[:2*pairs] {
		fmt.Fprintf(&b, "%s %s %d\n", p.username, p.token, i/2+1)
	}
	file := filepath.Join(s.dir, "talkers")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return 0, 0, err
	}
	people, err := loadgen.ReadSessions(file)
	if err != nil {
		return 0, 0, err
	}
	node, err := url.Parse(s.url)
	if err != nil {
		return 0, 0, err
	}
	pids := s.pids()
	var began time.Duration
	var before int64
	var fault error
	talked, err := loadgen.Talk(ctx, []*url.URL{node}, people, loadgen.Talking{
		Conversations: pairs, Devices: 1, InFlight: o.inFlight, Duration: o.duration + time.Second, Bytes: 120, Processes: pids,
		Progress: func(p loadgen.Progress) {
			if before == 0 { // a second has passed
				began, _, fault = loadgen.Usage(pids)
				before = p.Acks + p.UnderWay
			}
		},
	})
	if err = errors.Join(err, fault); err != nil {
		return 0, 0, fmt.Errorf("send messages: %w", err)
	}
	if talked.Refused > 0 || talked.Unanswered > 0 {
		return 0, 0, fmt.Errorf("of %d messages %d were refused and %d not answered: %w", talked.Sent, talked.Refused, talked.Unanswered, errBusy)
	}
	if err := s.caughtUp(ctx); err != nil {
		return 0, 0, err
	}
	ended, _, err := loadgen.Usage(pids)
	sent := float64(talked.Sent - before)
	return (ended - began).Seconds() / sent * 1000, sent / o.duration.Seconds(), err
}

// caughtUp waits until all is told and can be found.
func (s *site) caughtUp(ctx context.Context) (err error) {
	o := store.Options{Dir: filepath.Join(s.dir, s.name)}
	if s.works.postgres != nil {
		o.URL = s.works.postgres.URL(s.name)
	}
	r, beside, err := store.OpenBeside(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, beside.Close()) }()
	for until := time.Now().Add(5 * time.Minute); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		behind := false
		for _, name := range []string{"notices", store.Searchable} {
			at, err := r.Followed(ctx, name)
			if err != nil {
				return err
			}
			waiting, err := r.Waiting(ctx, at)
			if err != nil {
				return err
			}
			behind = behind || !waiting.IsZero()
		}
		if !behind {
			return nil
		}
	}
	return errors.New("the followers were still behind after five minutes")
}

// beside measures what messages cost at a site in turns with one that holds none.
func (w *works) beside(ctx context.Context, o options, s *site, stored int64) (c cost, err error) {
	c.Stored = stored
	var cpus, rates, noCPUs, noRates []float64
	for range o.rounds {
		cpu, rate, err := w.once(ctx, o, s)
		if err != nil {
			return c, err
		}
		none, err := w.fresh(ctx, pairs*10)
		if err != nil {
			return c, err
		}
		noCPU, noRate, err := w.once(ctx, o, none.site)
		if err = errors.Join(err, none.site.remove(ctx)); err != nil {
			return c, err
		}
		cpus, rates, noCPUs, noRates = append(cpus, cpu), append(rates, rate), append(noCPUs, noCPU), append(noRates, noRate)
		c.ratios = append(c.ratios, cpu/noCPU)
	}
	c.CPU, c.PerSecond, c.NoneCPU, c.NonePerSecond = median(cpus), median(rates), median(noCPUs), median(noRates)
	return c, nil
}

// errBusy says that a load was more than the machine had room for.
var errBusy = errors.New("the machine is too busy")

// once serves a site for one load.
func (w *works) once(ctx context.Context, o options, s *site) (cpu, perSecond float64, err error) {
	if err := s.serve(); err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	for try := 1; ; try++ {
		if cpu, perSecond, err = s.load(ctx, o); !errors.Is(err, errBusy) || try >= o.tries {
			return cpu, perSecond, err
		}
	}
}

// grown is a site with its town.
type grown struct {
	site *site
	town *town
}

// fresh makes a site, and fills it with a town of so many messages.
func (w *works) fresh(ctx context.Context, messages int) (grown, error) {
	g, err := w.ground(ctx, messages, 0)
	if err != nil {
		return g, err
	}
	_, err = g.town.fill(ctx, g.site.filler, messages)
	return g, err
}

// ground makes a site without messages, and the town that it is to become: its talkers, and room for more people.
func (w *works) ground(ctx context.Context, messages, more int) (grown, error) {
	s, err := w.newSite(ctx, 2*pairs+more)
	if err != nil {
		return grown{}, err
	}
	first, crowd := int64(len(s.people)+1), max(1000, int64(messages)/200)
	if err := s.filler.people(ctx, first, crowd); err != nil {
		return grown{}, fmt.Errorf("make accounts: %w", err)
	}
	t := newTown(messages, first, crowd, time.Now().AddDate(-2, 0, 0))
	t.talkers(s, max(10, min(1000, messages/10/pairs)))
	return grown{s, t}, nil
}
