package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"swapnest/internal/testkit"
)

// results are what was measured on a database.
type results struct {
	Database string
	Kept     float64 // bytes that a message takes on the disk, with all that belongs to it
	Costs    []cost
	Pages    []timed
	Lists    []timed
	Lines    []held
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	listed, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "swapnest").Output()
	if err != nil {
		return fmt.Errorf("find the project: %w", err)
	}
	root := strings.TrimSpace(string(listed))
	dir, err := os.MkdirTemp(root, ".bench-") // beside the code: /tmp may be in memory, where a commit costs nothing
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL runs as another user
		return err
	}
	if least := o.least(); o.messages < least {
		fmt.Fprintf(out, "%d messages are stored, for fewer have no room for such pages and lists\n", least)
		o.messages = least
	}
	if err := o.room(dir); err != nil {
		return err
	}
	w, err := newWorks(ctx, root, dir)
	if err != nil {
		return err
	}
	var all []results
	began := time.Now()
	for _, database := range []string{"sqlite", "postgres"} {
		if o.database != database && o.database != "both" {
			continue
		}
		r, err := w.database(ctx, o, database, out)
		all = append(all, r)
		if err != nil { // what took so long is shown all the same
			return errors.Join(fmt.Errorf("%s: %w", database, err), printAll(out, all))
		}
	}
	fmt.Fprintf(out, "\nmeasured in %s\n\n", time.Since(began).Round(time.Second))
	if err := printAll(out, all); err != nil || o.write == "" {
		return err
	}
	return write(ctx, o, root, all)
}

// Bytes that a message takes on the disk at the most, with its indexes, its event and its words, and what is
// needed besides: also for PostgreSQL's log.
const (
	perMessage         = 800
	perPostgresMessage = 1400
	besides            = 4 << 30
)

// room refuses to begin what the disk has no room for.
func (o options) room(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("look how much room there is: %w", err)
	}
	each := perMessage
	if o.database != "sqlite" { // of both, one is there at a time
		each = perPostgresMessage
	}
	free, need := fs.Bavail*uint64(fs.Bsize), uint64(o.messages)*uint64(each)+besides //nolint:gosec // neither is negative
	if free < need {
		return fmt.Errorf("%d messages may need %.1f GB below %s, where %.1f GB are free: make room, or ask for fewer with -messages",
			o.messages, float64(need)/1e9, filepath.Dir(dir), float64(free)/1e9)
	}
	return nil
}

// least is how many messages are needed for the conversations that are measured to lie among others.
func (o options) least() int {
	if !o.wants("pages") {
		return 0
	}
	need := pairs*10 + 20*o.conversations
	for _, n := range sizesTo(1000, o.page) {
		need += n
	}
	return need * 3 / 2
}

func (o options) wants(part string) bool { return o.only == "" || o.only == part }

// database measures everything on one kind of database.
func (w *works) database(ctx context.Context, o options, name string, out io.Writer) (r results, err error) {
	r.Database = name
	w.postgres = nil
	if name == "postgres" {
		if w.postgres, err = testkit.StartPostgres(testkit.PostgresOptions{Durable: true, Dir: w.dir, Settings: map[string]string{"max_wal_size": "2GB", "shared_buffers": "512MB"}}); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, w.postgres.Stop()) }()
	}
	if o.wants("lines") {
		levels := []int{0}
		for _, n := range []int{1000, 3000, 5000, 10_000} {
			if n < o.lines {
				levels = append(levels, n)
			}
		}
		if r.Lines, err = w.lines(ctx, append(levels, o.lines)); err != nil {
			return r, err
		}
		fmt.Fprintf(out, "%s: lines %+v\n", name, r.Lines)
	}
	if !o.wants("cost") && !o.wants("pages") {
		return r, nil
	}
	err = w.grow(ctx, o, &r, out)
	return r, err
}

// grow fills a site step by step, and measures at each.
func (w *works) grow(ctx context.Context, o options, r *results, out io.Writer) (err error) {
	var steps []int
	for _, n := range []int{o.messages / 10, o.messages * 3 / 10} {
		if n >= 3*10*pairs { // fewer are measured below
			steps = append(steps, n)
		}
	}
	steps = append(steps, o.messages)
	if o.wants("cost") {
		// Smaller ones are filled anew, so that nothing of what was measured before is in them.
		for _, n := range []int{10 * pairs, 10_000, 100_000} {
			if n >= steps[0] {
				continue
			}
			g, err := w.fresh(ctx, n)
			if err != nil {
				return err
			}
			if err := w.cost(ctx, o, r, g, out); err != nil {
				return err
			}
			if err := g.site.remove(ctx); err != nil {
				return err
			}
		}
	}
	pageSizes, listSizes := sizesTo(1000, o.page), sizesTo(o.conversations/100, o.conversations)
	g, err := w.ground(ctx, o.messages, 2*len(pageSizes)+len(listSizes))
	if err != nil {
		return err
	}
	defer func() {
		if o.hold {
			fmt.Fprintf(out, "%s: swapnest serve %s\n%v\n", r.Database, strings.Join(g.site.flags, " "), err)
			<-ctx.Done()
		}
		err = errors.Join(err, g.site.remove(context.WithoutCancel(ctx)))
	}()
	var subjects []subject
	var readers []reader
	if o.wants("pages") {
		subjects = g.subjects(pageSizes)
		readers = g.readers(2*pairs+2*len(pageSizes), listSizes)
	}
	for _, step := range steps {
		f, err := g.town.fill(ctx, g.site.filler, step-g.town.made)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: filled to %d, %d in %s\n", r.Database, step, f.messages, f.took.Round(time.Millisecond))
		if o.wants("cost") {
			if err := w.cost(ctx, o, r, g, out); err != nil {
				return err
			}
		}
	}
	size, messages, err := g.site.filler.size(ctx)
	if err != nil {
		return err
	}
	r.Kept = float64(size) / float64(messages)
	fmt.Fprintf(out, "%s: %.0f bytes a message\n", r.Database, r.Kept)
	if !o.wants("pages") {
		return nil
	}
	if r.Pages, err = g.pages(ctx, o, pageSizes, subjects); err != nil {
		return err
	}
	printTimed(out, "messages in the conversation", r.Pages)
	if r.Lists, err = g.listing(ctx, o, listSizes, readers); err != nil {
		return err
	}
	printTimed(out, "conversations", r.Lists)
	return nil
}

func (w *works) cost(ctx context.Context, o options, r *results, g grown, out io.Writer) error {
	c, err := w.beside(ctx, o, g.site, g.town.nextID-1)
	if err == nil {
		r.Costs = append(r.Costs, c)
		fmt.Fprintf(out, "%s: %d stored: %.4f CPU-s per 1,000 and %.0f/s, beside none %.4f and %.0f: %.2f, of %.2f\n", r.Database, c.Stored, c.CPU, c.PerSecond, c.NoneCPU, c.NonePerSecond, c.ratio(), c.ratios)
	}
	return err
}
