package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"swapnest/internal/loadgen"
)

// probe is something that people wait for, in something of a size.
type probe struct {
	what string
	do   func(ctx context.Context, i int) (time.Duration, error) // in the ith size
	few  bool                                                    // it waits for the disk: a part of the repeats is enough
	full int                                                     // the first size that fills a page
}

// timed is how long a probe takes at each size, in milliseconds.
type timed struct {
	What  string
	Sizes []int
	Full  int       // the first of Sizes that fills a page: with it the larger ones are compared
	Took  []float64 // the median
	First []float64 // the first time, just after the program has started
	// CPU is what each took of processors, in milliseconds: of the program, and of a database that is not in it.
	CPU []float64
}

// slowest is the longest time of those sizes beside that of the smallest that fills a page.
func (t timed) slowest() float64 {
	var worst float64
	for _, took := range t.Took[t.Full:] {
		worst = max(worst, took/t.Took[t.Full])
	}
	return worst
}

// spent returns what each of the site's processes has taken of processors, in milliseconds.
func (s *site) spent() (each []float64, err error) {
	for _, pid := range s.pids() {
		used, _, err := loadgen.Usage([]int{pid})
		if err != nil {
			return nil, err
		}
		each = append(each, used.Seconds()*1000)
	}
	return each, nil
}

// measure asks for everything at all sizes in turns.
func (s *site) measure(ctx context.Context, o options, sizes []int, probes []probe) ([]timed, error) {
	all := make([]timed, len(probes))
	for n, p := range probes {
		all[n] = timed{What: p.what, Sizes: sizes, Full: min(p.full, len(sizes)-1), First: make([]float64, len(sizes))}
		took := make([][]float64, len(sizes))
		repeats := o.repeats
		if p.few {
			repeats = max(3, repeats/3)
		}
		var before []float64
		for round := range 3 + repeats {
			if round == 3 { // what follows counts
				var err error
				if before, err = s.spent(); err != nil {
					return nil, err
				}
			}
			for i := range sizes {
				d, err := p.do(ctx, i)
				if err != nil {
					return nil, fmt.Errorf("%s, %d: %w", p.what, sizes[i], err)
				}
				ms := d.Seconds() * 1000
				switch {
				case round == 0:
					all[n].First[i] = ms
				case round >= 3:
					took[i] = append(took[i], ms)
				}
			}
		}
		after, err := s.spent()
		if err != nil {
			return nil, err
		}
		for i := range after {
			all[n].CPU = append(all[n].CPU, (after[i]-before[i])/float64(repeats*len(sizes)))
		}
		for _, one := range took {
			all[n].Took = append(all[n].Took, median(one))
		}
	}
	return all, nil
}

// subject is a conversation whose pages are asked for.
type subject struct {
	talk          *talk
	buyer, seller person
}

// sizesTo returns ten times as many from some on, up to the most.
func sizesTo(from, most int) (all []int) {
	for n := from; n < most; n *= 10 {
		all = append(all, n)
	}
	return append(all, most)
}

// subjects begins the conversations whose pages are measured.
func (g *grown) subjects(sizes []int) (all []subject) {
	for i, size := range sizes {
		s := subject{buyer: g.site.people[2*pairs+2*i], seller: g.site.people[2*pairs+2*i+1]}
		s.talk = g.town.lasting(s.buyer.id, s.seller.id, size)
		s.talk.looked = true
		all = append(all, s)
	}
	return all
}

// pages measures what people wait for in conversations of several sizes.
func (g *grown) pages(ctx context.Context, o options, sizes []int, all []subject) (_ []timed, err error) {
	seen, read := make([]int64, len(all)), make([]int64, len(all))
	for i, s := range all { // the seller has the last hundred still to read, and has hidden one of a hundred before them, a thousand at most
		read[i] = s.talk.head() - 100
		var hidden []int64
		for range min(1000, s.talk.head()/100) {
			hidden = append(hidden, 1+rand.Int64N(read[i]))
		}
		if err := g.site.filler.keep(ctx, s.talk, read[i], hidden); err != nil {
			return nil, err
		}
	}
	cold, err := g.cold(ctx, o, sizes, all)
	if err != nil {
		return nil, err
	}
	if err := g.site.serve(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.site.stop()) }()
	buyers, sellers, lines := make([]*visitor, len(all)), make([]*visitor, len(all)), make([]*line, len(all))
	for i, s := range all {
		buyers[i], sellers[i] = g.site.visitor(s.buyer), g.site.visitor(s.seller)
	}
	somewhere := func(i int) int64 { return 51 + rand.Int64N(max(1, all[i].talk.head()-100)) }
	list := func(i int, query string) string {
		return fmt.Sprintf("/api/v1/conversations/%d/messages%s", all[i].talk.id, query)
	}
	within := func(i int, q string) string {
		return fmt.Sprintf("/api/v1/search?conversation_id=%d&q=%s", all[i].talk.id, q)
	}
	page := func(i int, query string) string {
		return fmt.Sprintf("/chat/conversation/%d/%s", all[i].talk.id, query)
	}
	word := func() string { return g.town.words[200+rand.IntN(200)] }
	sent := 0
	probes := []probe{
		{what: "newest page", do: func(ctx context.Context, i int) (time.Duration, error) {
			return buyers[i].get(ctx, list(i, ""), `"message_id"`)
		}},
		{what: "older page by cursor", do: func(ctx context.Context, i int) (time.Duration, error) {
			return buyers[i].get(ctx, list(i, fmt.Sprintf("?before=%d", somewhere(i))), `"message_id"`)
		}},
		{what: "around a message", do: func(ctx context.Context, i int) (time.Duration, error) {
			answer, took, err := buyers[i].ask(ctx, http.MethodGet, list(i, fmt.Sprintf("?around=%d", somewhere(i))), nil)
			var page struct {
				Messages []struct {
					ID int64 `json:"message_id"`
				}
			}
			if err = errors.Join(err, json.Unmarshal(answer, &page)); err == nil && len(page.Messages) < 50 {
				err = fmt.Errorf("%d messages are on a page", len(page.Messages))
			}
			if err == nil {
				seen[i] = page.Messages[25].ID
			}
			return took, err
		}},
		{what: "browser: the newest page", do: func(ctx context.Context, i int) (time.Duration, error) {
			return buyers[i].get(ctx, page(i, ""), "<swapnest-chat")
		}},
		{what: "browser: a jump to a message", do: func(ctx context.Context, i int) (time.Duration, error) {
			return buyers[i].get(ctx, page(i, fmt.Sprintf("?message=%d", seen[i])), "<swapnest-chat")
		}},
		{what: "browser: some unread, some hidden", do: func(ctx context.Context, i int) (time.Duration, error) {
			return sellers[i].get(ctx, page(i, ""), "<swapnest-chat")
		}},
		{what: "its head, some unread, some hidden", do: func(ctx context.Context, i int) (time.Duration, error) {
			return sellers[i].get(ctx, fmt.Sprintf("/api/v1/conversations/%d", all[i].talk.id), `"unread"`)
		}},
		{what: "search within, a common word", do: func(ctx context.Context, i int) (time.Duration, error) {
			return buyers[i].get(ctx, within(i, g.town.words[rand.IntN(10)]), `"message_id"`)
		}},
		{what: "search within, two words", do: func(ctx context.Context, i int) (time.Duration, error) {
			return buyers[i].get(ctx, within(i, g.town.words[rand.IntN(10)]+"+"+g.town.words[20+rand.IntN(20)]), `"hits"`)
		}},
		{what: "search within, a rare word", do: func(ctx context.Context, i int) (time.Duration, error) {
			return buyers[i].get(ctx, within(i, word()), `"hits"`)
		}},
		{what: "resume, 50 missed", do: func(ctx context.Context, i int) (_ time.Duration, err error) {
			if lines[i] == nil { // not before: it answers no ping while something else is measured
				if lines[i], _, err = buyers[i].dial(ctx); err != nil {
					return 0, err
				}
			}
			return lines[i].resume(all[i].talk.id, all[i].talk.head()-replayed)
		}},
		{what: "mark as read", few: true, do: func(ctx context.Context, i int) (time.Duration, error) {
			read[i] += 2
			_, took, err := sellers[i].ask(ctx, http.MethodPut, fmt.Sprintf("/api/v1/conversations/%d/read", all[i].talk.id), map[string]int64{"seq": read[i]})
			return took, err
		}},
		{what: "send", few: true, do: func(ctx context.Context, i int) (time.Duration, error) {
			sent++
			_, took, err := buyers[i].ask(ctx, http.MethodPost, list(i, ""), map[string]string{"client_id": fmt.Sprint("probe", sent), "message": "Is it still there?"})
			return took, err
		}},
	}
	defer func() {
		for _, l := range lines {
			if l != nil {
				_ = l.conn.Close() // nothing more is said on it
			}
		}
	}()
	got, err := g.site.measure(ctx, o, sizes, probes)
	return append(got, cold), err
}

// cold measures a page of each conversation just after the program has started, while nothing of the database is
// in memory, as far as that can be arranged.
func (g *grown) cold(ctx context.Context, o options, sizes []int, all []subject) (timed, error) {
	t := timed{What: "older page, nothing in memory", Sizes: sizes, First: make([]float64, len(sizes)), Took: make([]float64, len(sizes))}
	for i, s := range all {
		var took []float64
		for range max(1, min(3, o.repeats/20)) {
			if err := g.site.forget(); err != nil {
				return t, err
			}
			if err := g.site.serve(); err != nil {
				return t, err
			}
			d, err := g.site.visitor(s.buyer).get(ctx, fmt.Sprintf("/api/v1/conversations/%d/messages?before=%d", s.talk.id, 51+rand.Int64N(s.talk.head()-50)), `"message_id"`)
			if err = errors.Join(err, g.site.stop()); err != nil {
				return t, err
			}
			took = append(took, d.Seconds()*1000)
		}
		t.First[i], t.Took[i] = took[0], median(took)
	}
	return t, nil
}

// forget has the kernel drop what it keeps of the site's files in memory, and PostgreSQL what it keeps itself.
func (s *site) forget() (err error) {
	if p := s.works.postgres; p != nil {
		if err := p.Shutdown(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.Start()) }()
	}
	return filepath.WalkDir(s.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // files come and go, and some are another user's
		}
		f, err := os.Open(path)
		if err != nil {
			return nil //nolint:nilerr // the same
		}
		defer func() { _ = f.Close() }() // it was not written
		return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
}
