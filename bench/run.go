package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"swapnest/internal/testkit"
)

func run(ctx context.Context, o options) (err error) {
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(root, ".bench-") // beside the code: the folder for temporary files may be in memory, where a commit costs nothing
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL runs as another user
		return err
	}
	o.write, o.json = below(root, o.write), below(root, o.json)
	w := &works{root: root, dir: dir}
	all := w.peers()
	if err := known(o, all); err != nil {
		return err
	}
	r := &results{Machine: machineOf(ctx, root), Missing: map[string]string{}}
	began := time.Now()
	fmt.Printf("This takes about %s.\n", estimate(o, all))
	stop, err := w.open(ctx)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	var here []*peer
	for _, p := range all {
		if !o.wants(p.name) {
			r.Missing[p.name] = "left out"
			continue
		}
		if err := p.prepare(ctx); err != nil {
			return err
		}
		if p.missing != "" {
			fmt.Printf("%s is not measured. %s\n", p.name, p.missing)
			r.Missing[p.name] = p.missing
			continue
		}
		here = append(here, p)
	}
	bare, err := w.newBareLoops(ctx, o)
	defer func() { err = errors.Join(err, bare.close()) }()
	if err != nil {
		return err
	}
	if err := w.idle(ctx, o, here, r); err != nil {
		return err
	}
	// Before the short form says that something has collapsed, it looks twice more.
	for round := 1; round <= o.rounds || o.short && round <= 3 && len(fallen(r.goals(o))) > 0; round++ {
		fmt.Printf("round %d of %d, after %s\n", round, max(round, o.rounds), time.Since(began).Round(time.Second))
		if err := w.round(ctx, o, round, here, bare, r); err != nil {
			o.write = "" // the page is of whole runs, but what took so long is not thrown away
			return errors.Join(err, r.save(o))
		}
		r.Rounds = round
	}
	r.Goals = r.goals(o)
	if err := r.save(o); err != nil {
		return err
	}
	return report(o, r)
}

// below is a path that is meant to be one of the repository, where make was called.
func below(root, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, path)
}

// save writes the files that are asked for.
func (r *results) save(o options) error {
	if o.json != "" {
		data, err := json.MarshalIndent(r, "", " ")
		if err == nil {
			err = os.WriteFile(o.json, append(data, '\n'), 0o600)
		}
		if err != nil {
			return fmt.Errorf("write the numbers: %w", err)
		}
	}
	if o.write != "" {
		return r.publish(o)
	}
	return nil
}

// known refuses names that nothing has.
func known(o options, all []*peer) error {
	names := append([]string(nil), bareNames...)
	for _, p := range all {
		names = append(names, p.name)
	}
	for _, name := range o.only {
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
			return fmt.Errorf("-only %s: there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// estimate is how long all will take.
func estimate(o options, all []*peer) time.Duration {
	const around = 2500 * time.Millisecond // conversations to begin, lines to open, to drain and to end
	each, round, once := o.duration+o.duration/6+around, o.duration/4, 45*time.Second
	for _, p := range all {
		if !o.wants(p.name) {
			continue
		}
		inFlight, rates := o.loads(p)
		round += time.Duration(len(inFlight)+len(rates))*each + 2*time.Second
		if p.idles {
			once += time.Duration(o.idle) * 3 * time.Millisecond
		}
	}
	for _, name := range bareNames {
		if o.wants(name) {
			round += time.Duration(len(o.inFlight)) * o.duration / 2
		}
	}
	return (once + time.Duration(o.rounds)*round).Round(10 * time.Second)
}

// repository is the folder of the project.
func repository(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "swapnest").Output()
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// open builds the programs, and starts what the peers have beside themselves.
func (w *works) open(ctx context.Context) (stop func() error, err error) {
	var beside processes
	stop = func() error {
		err := beside.close()
		if w.postgres != nil {
			err = errors.Join(err, w.postgres.Stop())
		}
		return err
	}
	if err := w.build(ctx); err != nil {
		return stop, err
	}
	if w.postgres, err = testkit.StartPostgres(testkit.PostgresOptions{Durable: true, Dir: w.dir}); err != nil {
		return stop, err
	}
	if w.redis, err = beside.redisServer(); err != nil {
		return stop, err
	}
	w.redisPID = beside.pids[0]
	return stop, nil
}
