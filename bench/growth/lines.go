package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"swapnest/internal/loadgen"
)

// held is what idle lines hold of memory.
type held struct {
	Lines   int
	MiB     float64 // of the program, all together
	PerLine float64 // KiB, without what it holds when there are none
}

// lines measures the memory of the program while idle lines are open, each time of one that has just started.
func (w *works) lines(ctx context.Context, levels []int) (all []held, err error) {
	g, err := w.fresh(ctx, pairs*10)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.site.remove(ctx)) }()
	var b strings.Builder
	for i, p := range g.site.people[:2*pairs] {
		fmt.Fprintf(&b, "%s %s %d\n", p.username, p.token, i/2+1)
	}
	file := filepath.Join(w.dir, "idlers")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	people, err := loadgen.ReadSessions(file)
	if err != nil {
		return nil, err
	}
	for _, n := range levels {
		one, err := g.site.hold(ctx, n, func(ctx context.Context, node *url.URL, pid int) (loadgen.Idled, error) {
			return loadgen.Idle(ctx, []*url.URL{node}, people, loadgen.Idling{
				Lines: n, Sources: []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}, Hold: 2 * time.Second, Processes: []int{pid},
			})
		})
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *site) hold(ctx context.Context, n int, idle func(context.Context, *url.URL, int) (loadgen.Idled, error)) (h held, err error) {
	if err := s.serve(); err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	node, err := url.Parse(s.url)
	if err != nil {
		return h, err
	}
	pid := s.process.Process.Pid
	h.Lines = n
	time.Sleep(500 * time.Millisecond) // it has started
	_, alone, err := loadgen.Usage([]int{pid})
	if err != nil {
		return h, err
	}
	h.MiB = float64(alone) / (1 << 20)
	if n == 0 {
		return h, nil
	}
	idled, err := idle(ctx, node, pid)
	if err != nil {
		return h, err
	}
	h.PerLine = idled.PerLine
	h.MiB += idled.PerLine * float64(n) / 1024
	return h, nil
}
